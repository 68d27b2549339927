#include "store/dicom/private_block.h"

#include "store/dicom/text.h"

namespace dcmfs {
namespace {

constexpr std::uint16_t kFirstBlock = 0x10, kLastBlock = 0xff;

Tag in_block(Tag tag, std::uint16_t block) {
  return {tag.group, static_cast<std::uint16_t>(block << 8 | (tag.element & 0xff))};
}

bool is_by_number(Tag tag, std::string_view creator) {
  return creator.empty() || !tag.is_private() || tag.is_private_creator();
}

}  // namespace

std::string creator_of(const Dataset& dataset, Tag tag) {
  if (!tag.is_private() || tag.element < 0x1000) return "";
  return dataset.text_or({tag.group, static_cast<std::uint16_t>(tag.element >> 8)}, "");
}

std::optional<Tag> find_private(const Dataset& dataset, Tag tag, std::string_view creator) {
  if (is_by_number(tag, creator)) return tag;
  for (std::uint16_t block = kFirstBlock; block <= kLastBlock; ++block)
    if (dataset.text_or({tag.group, block}, "") == trim(creator)) return in_block(tag, block);
  return std::nullopt;
}

Result<Tag> reserve_private(Dataset& dataset, Tag tag, std::string_view creator) {
  if (is_by_number(tag, creator)) {
    const bool is_owned =
        !tag.is_private() || tag.is_private_creator() || !creator_of(dataset, tag).empty();
    if (is_owned) return tag;
    return Error{Errc::invalid_argument,
                 to_string(tag) + ": a private attribute needs a PrivateCreator"};
  }
  if (const auto found = find_private(dataset, tag, creator)) return *found;
  const auto wanted = static_cast<std::uint16_t>(tag.element >> 8);
  for (int i = -1; i <= kLastBlock - kFirstBlock; ++i) {
    const auto block = static_cast<std::uint16_t>(i < 0 ? wanted : kFirstBlock + i);
    if (dataset.contains({tag.group, block})) continue;
    dataset.set_text({tag.group, block}, Vr::LO, trim(creator));
    return in_block(tag, block);
  }
  return Error{Errc::too_large, to_string(tag) + ": the group has no private block left"};
}

}  // namespace dcmfs
