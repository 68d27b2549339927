#pragma once
// The table of the Basic Application Level Confidentiality Profile, PS3.15 table
// E.1-1, in its editions. Private to this folder; store/dicom/deidentify.h applies it.
#include <cstdint>
#include <span>
#include <string_view>

#include "store/dicom/deidentify.h"
#include "store/dicom/tag.h"

namespace dcmfs {

// PS3.15 E.1: X removed, Z empty, D a dummy value, U another UID, and where the Type in the IOD
// decides: removed (3), empty (2) or a dummy (1).
enum class ProfileAction : std::uint8_t {
  x,
  z,
  d,
  u,
  z_or_d,
  x_or_z,
  x_or_d,
  x_z_or_d,
  x_z_or_u,
};

struct ProfileRow {
  Tag tag;
  ProfileAction action;
  ProfileEdition since;
  ProfileEdition until;      // not included
  std::string_view options;  // letters, as the table explains them
  bool has_option(char letter) const { return options.find(letter) != std::string_view::npos; }
};

std::span<const ProfileRow> profile_rows();  // by tag
// nullptr: the profile says nothing of the attribute. Private attributes are a rule, not a row.
const ProfileRow* find_profile_row(Tag, ProfileEdition);

}  // namespace dcmfs
