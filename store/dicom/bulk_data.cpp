#include "store/dicom/bulk_data.h"

#include <algorithm>
#include <array>

#include "store/dicom/text.h"
#include "store/number.h"

namespace dcmfs {
namespace {

constexpr std::size_t kTagPathDigits = 8;

bool holds_pixels(Tag tag) {
  return tag == tags::PixelData || tag == tags::FloatPixelData || tag == tags::DoubleFloatPixelData;
}

std::optional<Tag> tag_of_path(std::string_view text) {
  const auto number = parse_whole<std::uint32_t>(text, 16);
  if (text.size() != kTagPathDigits || !number) return std::nullopt;
  return Tag{static_cast<std::uint16_t>(*number >> 16),
             static_cast<std::uint16_t>(*number & 0xffff)};
}

}  // namespace

bool is_binary_bytes(Vr vr) {
  return !info(vr).text && !info(vr).multi_valued && vr != Vr::SQ;
}

bool is_bulk_data(const Element& element) {
  return element.on_disk() || element.length == Element::kUndefinedLength ||
         (is_binary_bytes(element.vr) &&
          (holds_pixels(element.tag) || element.value.size() > kInlineBytesMax));
}

bool may_be_bulk_data(Vr vr) {
  constexpr std::array kVrs{Vr::DS, Vr::FD, Vr::FL, Vr::IS, Vr::LT, Vr::OB, Vr::OD,
                            Vr::OF, Vr::OL, Vr::OV, Vr::OW, Vr::SL, Vr::SS, Vr::ST,
                            Vr::SV, Vr::UC, Vr::UL, Vr::UN, Vr::US, Vr::UT, Vr::UV};
  return std::ranges::find(kVrs, vr) != kVrs.end();
}

std::optional<BulkDataPlace> find_bulk_data(const Dataset& whole, std::string_view path) {
  const auto parts = split(path, '/');
  const Dataset* dataset = &whole;
  for (std::size_t i = 0; i < parts.size(); i += 2) {
    const auto tag = tag_of_path(parts[i]);
    const Element* element = tag ? dataset->find(*tag) : nullptr;
    if (element == nullptr) return std::nullopt;
    if (i + 1 == parts.size())
      return element->vr == Vr::SQ ? std::nullopt : std::optional(BulkDataPlace{element, dataset});
    const auto item = parse_whole<std::size_t>(parts[i + 1]);
    if (!item || *item >= element->items.size()) return std::nullopt;
    dataset = &element->items[*item];
  }
  return std::nullopt;
}

}  // namespace dcmfs
