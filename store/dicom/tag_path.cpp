#include "store/dicom/tag_path.h"

#include <algorithm>

#include "store/dicom/private_block.h"
#include "store/dicom/text.h"
#include "store/number.h"

namespace dcmfs {
namespace {

constexpr std::size_t kPathBytesMax = 4096;
constexpr std::size_t kPathStepsMax = 128;  // as deep as a data set may be nested
constexpr std::size_t kItemsMax = 1'000'000;
constexpr std::size_t kShownBytesMax = 80;

Error no_path(std::string_view path, std::string_view why) {
  return {Errc::invalid_argument,
          repair_utf8(cut_utf8(path, kShownBytesMax)) + ": " + std::string(why)};
}

// PS3.5 7.1 and 7.8.1
bool may_be_edited(Tag tag) {
  if (tag.is_group_length() || tag.group <= 0x0002 || tag.group >= 0xfffe) return false;
  return !tag.is_private() || tag.is_private_creator() || tag.element >= 0x1000;
}

Result<Tag> parse_step_tag(std::string_view name, std::string_view path) {
  const auto tag = tag_of(name);
  if (!tag) return no_path(path, "no attribute is called that");
  if (!may_be_edited(*tag)) return no_path(path, "is no attribute of a data set");
  return *tag;
}

// "[3]" or "[*]"
Result<std::optional<std::size_t>> parse_item(std::string_view brackets, std::string_view path) {
  std::string_view digits = brackets;
  if (!digits.ends_with(']')) return no_path(path, "an item is written [0] or [*]");
  digits.remove_prefix(1);
  digits.remove_suffix(1);
  if (digits == "*") return std::optional<std::size_t>();
  const auto item = parse_whole<std::size_t>(digits);
  if (!item) return no_path(path, "an item is written [0] or [*]");
  if (*item >= kItemsMax) return no_path(path, "no sequence has so many items");
  return item;
}

std::string name_of_step(Tag tag) {
  std::string keyword = keyword_of(tag);
  // "OverlayRows" is that of 6000; 6002 has to be told from it.
  if (!keyword.empty() && tag_of(keyword) == tag) return keyword;
  return to_string(tag);
}

}  // namespace

Result<TagPath> parse_tag_path(std::string_view path, std::string_view private_creator) {
  if (path.size() > kPathBytesMax) return no_path(path, "too long");
  TagPath parsed;
  const auto parts = split(path, '.');
  if (parts.size() > kPathStepsMax) return no_path(path, "too deep");
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    const std::string_view part = parts[i];
    const std::size_t bracket = part.find('[');
    if (bracket == std::string_view::npos)
      return no_path(path, "which item of the sequence is meant? Write [0] or [*] behind it");
    TagPath::Step step;
    DCMFS_TRY(step.sequence, parse_step_tag(part.substr(0, bracket), path));
    DCMFS_TRY(step.item, parse_item(part.substr(bracket), path));
    const Vr vr = vr_of(step.sequence);
    if (vr != Vr::SQ && vr != Vr::UN) return no_path(path, "is below what is no sequence");
    parsed.steps.push_back(step);
  }
  if (parts.back().find('[') != std::string_view::npos)
    return no_path(path, "ends at an item and not at an attribute");
  DCMFS_TRY(parsed.tag, parse_step_tag(parts.back(), path));
  const bool has_private = std::ranges::any_of(
      parsed.steps, [](const TagPath::Step& step) { return step.sequence.is_private(); });
  if (has_private || parsed.tag.is_private()) parsed.private_creator = private_creator;
  return parsed;
}

std::string to_string(const TagPath& path) {
  std::string text;
  for (const auto& [sequence, item] : path.steps)
    text += name_of_step(sequence) + '[' + (item ? std::to_string(*item) : "*") + "].";
  return text + name_of_step(path.tag);
}

Keep kept_by(const TagPath& path, const AttributePlace& place) {
  if (place.above.size() > path.steps.size()) {
    return Keep::nothing;  // deeper than what a walk asks for: a kept sequence is not entered
  }
  for (std::size_t i = 0; i < place.above.size(); ++i) {
    const auto& [around, sequence, item] = place.above[i];
    const TagPath::Step& step = path.steps[i];
    if (find_private(*around, step.sequence, path.private_creator) != sequence)
      return Keep::nothing;
    if (step.item && *step.item != item) return Keep::nothing;
  }
  const bool is_last = place.above.size() == path.steps.size();
  const Tag wanted = is_last ? path.tag : path.steps[place.above.size()].sequence;
  const auto tag = find_private(place.dataset, wanted, path.private_creator);
  if (!tag) return Keep::nothing;
  if (*tag == place.tag) return is_last ? Keep::whole : Keep::below;
  if (!tag->is_private() || tag->group != place.tag.group) return Keep::nothing;
  const Tag creator{tag->group, static_cast<std::uint16_t>(tag->element >> 8)};
  const bool is_its_creator = place.tag == creator;
  const bool is_its_block =
      is_last && tag->is_private_creator() && place.tag.element >> 8 == tag->element;
  return is_its_creator || is_its_block ? Keep::whole : Keep::nothing;
}

}  // namespace dcmfs
