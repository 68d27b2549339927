#pragma once
// Modifying and anonymizing patients, studies, series and instances: from what
// a client asks for to the Edit of each instance. Who is whose parent, what is stored and what
// becomes of the source is the business of others.
//
// Identifiers (PatientID, StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID): those of the modified
// level and below become new ones, above it they stay. Replacing or keeping one needs `force`,
// because it can make two things of one name, or one of two.
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
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
Result<EditRequest> read_edit_request(std::string_view json);

class Modification {
 public:
  // `members`: the UIDs of all studies, series and instances below what is modified, of which those
  // that become new ones are followed wherever they are referred to. Without them references stay.
  // Errors: invalid_argument, if identifiers are replaced or kept that may not be.
  static Result<Modification> modify(EditLevel, EditRequest, UidMap,
                                     std::set<std::string, std::less<>> members = {});

  // As `modify`, de-identified. `patient_id`, `patient_name`: where the request does not say.
  struct Anonymous {
    std::string patient_id, patient_name, method;
    DeidentificationOptions options;
  };
  static Result<Modification> anonymize(EditLevel, EditRequest, UidMap, Anonymous);

  // What is done to this instance, which is one of the level. Refers to this Modification.
  // Any thread may ask.
  Edit edit_of(const Dataset& instance) const;

 private:
  Modification(EditLevel level, EditRequest request, UidMap uids)
      : level_(level), request_(std::move(request)), uids_(std::move(uids)) {}

  EditLevel level_;
  EditRequest request_;
  UidMap uids_;
  std::set<std::string, std::less<>> members_;
  std::optional<Deidentification> deidentification_;
};

// "6f1d…-…" as RFC 9562 writes a random UUID: a PatientID that nobody has.
std::string random_uuid();

}  // namespace dcmfs
