#include "store/dicom/confidentiality_profile.h"

#include <algorithm>
#include <iterator>

namespace dcmfs {
namespace {

constexpr auto kEver = static_cast<ProfileEdition>(0xff);

constexpr ProfileRow kProfileRows[] = {
// clang-format off
#define DCMFS_PROFILE(group, element, action_, since_, until_, options_) \
  {{group, element}, ProfileAction::action_, since_, until_, options_},
// clang-format on
#define e2008 ProfileEdition::e2008
#define e2017c ProfileEdition::e2017c
#define e2021b ProfileEdition::e2021b
#define e2023b ProfileEdition::e2023b
#define e2024b ProfileEdition::e2024b
#define ever kEver
#include "store/dicom/confidentiality_profile.inc"
#undef DCMFS_PROFILE
#undef e2008
#undef e2017c
#undef e2021b
#undef e2023b
#undef e2024b
#undef ever
};

// (50xx,xxxx) and (60xx,3000) and (60xx,4000) of the table. Without its data an overlay would be no
// valid one, so all of it goes.
constexpr ProfileRow kCurves{{0x5000, 0}, ProfileAction::x, ProfileEdition::e2017c, kEver, "g"};
constexpr ProfileRow kOverlays{{0x6000, 0}, ProfileAction::x, ProfileEdition::e2017c, kEver, "g"};

constexpr bool is_sorted_by_tag() {
  for (std::size_t i = 1; i < std::size(kProfileRows); ++i) {
    const ProfileRow &before = kProfileRows[i - 1], &row = kProfileRows[i];
    if (row.tag < before.tag || (row.tag == before.tag && row.since < before.until)) return false;
  }
  return true;
}
static_assert(is_sorted_by_tag());

bool holds(const ProfileRow& row, ProfileEdition edition) {
  return row.since <= edition && edition < row.until;
}

}  // namespace

std::span<const ProfileRow> profile_rows() {
  return kProfileRows;
}

const ProfileRow* find_profile_row(Tag tag, ProfileEdition edition) {
  if (tag.is_private()) return nullptr;
  const int repeated = tag.group & 0xff00;
  if (repeated == kCurves.tag.group && tag.group <= 0x50ff)
    return holds(kCurves, edition) ? &kCurves : nullptr;
  if (repeated == kOverlays.tag.group) return holds(kOverlays, edition) ? &kOverlays : nullptr;
  for (const auto* row = std::ranges::lower_bound(kProfileRows, tag, {}, &ProfileRow::tag);
       row != std::end(kProfileRows) && row->tag == tag; ++row)
    if (holds(*row, edition)) return row;
  return nullptr;
}

}  // namespace dcmfs
