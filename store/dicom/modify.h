#pragma once
// Modifying and anonymizing patients, studies, series and instances: from what
// a client asks for to the Edit of each instance. Who is whose parent, what is stored and what
// becomes of the source is the business of others.
//
// Identifiers (PatientID, StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID): those of the modified
// level and below become new ones, above it they stay. Replacing one above it is modifying at that
// level: what is below becomes new, too. Replacing or keeping one needs `force`, because it can make
// two things of one name, or one of two. Anonymizing is modifying a patient, whatever the level.
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/dicom/edit.h"
#include "store/dicom/uid_map.h"
#include "store/result.h"

namespace dcmfs {

enum class EditLevel : std::uint8_t { patient, study, series, instance };

// {"Replace": {}, "Remove": [], "Keep": [], "Clear": [], "Force", "RemovePrivateTags",
// "PrivateCreator"} and for anonymization {"Replace", "Remove", "Keep", "KeepPrivateTags",
// "DicomVersion", "PrivateCreator", "Force"}. Other keys are not looked at.
struct EditRequest {
  std::vector<Edit::Replacement> replace;
  std::vector<TagPath> remove, clear, keep;
  bool force = false;
  bool remove_private_tags = false;  // modification
  bool keep_private_tags = false;    // anonymization
  ProfileEdition edition = ProfileEdition::e2023b;
};
// Errors: invalid_argument (names a key, never a value), too_large. "" is an empty request.
// `private_creator`: where the request names none.
Result<EditRequest> read_edit_request(std::string_view json, std::string_view private_creator = {});

// All that one job modifies.
struct EditScope {
  EditLevel level = EditLevel::instance;
  std::int64_t instances = 1;
  // The UIDs of the studies, series and instances in it: those that change are followed wherever
  // the instances refer to them. What is not told here is not followed by `modify`.
  std::map<std::string, EditLevel, std::less<>> members = {};
};

// A request to move series into the study of this instance (merging): what is of patient and study
// becomes that of the target, or goes where the target has none of it. For EditLevel::series.
EditRequest request_into_study_of(const Dataset& target);

// The client's request, to move series or instances into a new study of that UID (splitting): its
// Replace and Remove may name what is of patient and study only (invalid_argument). For EditLevel::series.
Result<EditRequest> request_into_new_study(EditRequest, std::string_view study_uid);

class Modification {
 public:
  // Errors: invalid_argument, if identifiers are replaced, kept or removed that may not be.
  static Result<Modification> modify(EditScope, EditRequest, UidMap);

  struct Anonymous {
    std::string patient_id, patient_name;  // where the request does not say
    std::string method;                    // DeidentificationMethod; "": one that names the edition
    DeidentificationOptions options;
  };
  static Result<Modification> anonymize(EditScope, EditRequest, UidMap, Anonymous);

  // What is done to this instance. Refers to this Modification. Any thread may ask.
  Edit edit_of(const Dataset& instance) const;

 private:
  Modification(EditScope scope, EditRequest request, UidMap uids)
      : scope_(std::move(scope)), request_(std::move(request)), uids_(std::move(uids)) {}

  Result<> check_identifiers() const;
  void choose_uids();
  bool is_new(EditLevel) const;
  const Edit::Replacement* replaced(Tag) const;
  bool is_kept(Tag) const;

  EditScope scope_;
  EditRequest request_;
  UidMap uids_;
  EditLevel top_ = EditLevel::instance;  // from here on identifiers are new
  std::optional<std::pair<DeidentificationOptions, ProfileEdition>> profile_;
};

}  // namespace dcmfs
