#pragma once
// De-identification by the Basic Application Level Confidentiality Profile,
// PS3.15 Annex E, and its options. The rules are a table (confidentiality_profile.h):
// this applies it to a data set and all that is nested in it.
//
// Actions that leave a choice (X/Z, Z/D, X/Z/D ...) depend there on the Type of the attribute in the
// IOD. Where it is not known, the strongest that keeps any IOD valid is taken: D, else Z, of what is
// offered; a Z or D of what is absent adds nothing.
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/dicom/dataset.h"
#include "store/dicom/uid_map.h"
#include "store/result.h"

namespace dcmfs {

// The editions of the standard whose table is known. 2008 is that of the original profile.
enum class ProfileEdition : std::uint8_t { e2008, e2017c, e2021b, e2023b, current };
// "2008", "2017c", "2021b", "2023b", "current". Errors: invalid_argument, which names the known.
Result<ProfileEdition> parse_profile_edition(std::string_view name);
std::string_view name_of(ProfileEdition);

// PS3.15 E.3, those that a program can follow by itself.
struct DeidentificationOptions {
  bool retain_uids = false;                     // E.3.9
  bool retain_device = false;                   // E.3.8
  bool retain_institution = false;              // E.3.11
  bool retain_patient_characteristics = false;  // E.3.7
  bool retain_full_dates = false;               // E.3.6
  // E.3.6, modified: all dates of one job move by as many days. Excludes the one before.
  std::optional<int> shift_dates_days;
  bool retain_private = false;                  // more than E.3.10: all of them, as they are
};

struct Deidentification {
  ProfileEdition edition = ProfileEdition::e2023b;
  DeidentificationOptions options;
  // Of the job, not of the instance; must stay as long.
  const UidMap* uids = nullptr;
  std::string patient_id, patient_name;  // the new ones; UTF-8
  std::string method;                    // DeidentificationMethod; "": one that names the edition
};

// The attributes that the caller wants as they are: asked before anything is done to one.
using IsKept = std::function<bool(const Dataset& at, Tag)>;

// Warnings for a person: BurnedInAnnotation, RecognizableVisualFeatures, encapsulated documents,
// graphics: what a table cannot clean. The values of the attributes that say what was done
// (PatientIdentityRemoved ...) are set.
std::vector<std::string> deidentify(Dataset&, const Deidentification&, const IsKept& = {});

}  // namespace dcmfs
