#pragma once
// De-identification by the Basic Application Level Confidentiality Profile,
// PS3.15 Annex E, and its options. The rules are a table
// (store/dicom/confidentiality_profile.inc): this applies it to a data set and all that is nested in it.
//
// Actions that leave a choice (X/Z, Z/D, X/Z/D ...) depend there on the Type of the attribute in the
// IOD. It is known for the images of the usual modalities; elsewhere what keeps any IOD valid is
// taken: D if it is offered, else Z. X/Z/U* becomes U: the references stay, to the new UIDs. A
// sequence as D keeps its items, of which all but codes of the standard (CS, UIDs of SOP classes)
// become dummies. What is absent stays absent.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/dicom/dataset.h"
#include "store/dicom/tag_path.h"
#include "store/dicom/uid_map.h"
#include "store/result.h"

namespace dcmfs {

// The editions of the standard whose table is known. 2008 is the first, of Supplement 55; 2024b is
// the newest here.
enum class ProfileEdition : std::uint8_t { e2008, e2017c, e2021b, e2023b, e2024b };
// "2008", "2017c", "2021b", "2023b", "2024b" or "current". Errors: invalid_argument, which names them.
Result<ProfileEdition> parse_profile_edition(std::string_view name);
std::string_view name_of(ProfileEdition);

// PS3.15 E.3, those that a program can follow by itself.
struct DeidentificationOptions {
  bool retain_uids = false;                     // E.3.9
  bool retain_device = false;                   // E.3.8
  bool retain_institution = false;              // E.3.11
  bool retain_patient_characteristics = false;  // E.3.7
  bool retain_full_dates = false;               // E.3.6
  // E.3.6, modified: dates move by so many days, the same for all of a patient. Not together with
  // the one before. What is no date as PS3.5 6.2 has it becomes a dummy.
  std::optional<int> shift_dates_days = {};
  bool retain_private = false;  // more than E.3.10: all of them, as they are
};

struct Deidentification {
  ProfileEdition edition = ProfileEdition::e2023b;
  DeidentificationOptions options;
  const UidMap* uids = nullptr;  // of the job; must stay as long
};

// PatientID and PatientName become empty, as the profile says: new ones are for the caller to give.
// The attributes that say what was done (PatientIdentityRemoved, DeidentificationMethod and its
// codes, LongitudinalTemporalInformationModified) are set; what is kept against the profile is no
// Basic Profile, and they say so.
// The answer is what a person should look at, because no table can clean it: BurnedInAnnotation,
// RecognizableVisualFeatures, documents, private attributes that stay.
std::vector<std::string> deidentify(Dataset&, const Deidentification&, const IsKept& = {});

}  // namespace dcmfs
