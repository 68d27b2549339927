#include "store/image/overlay.h"

#include <algorithm>

#include "store/image/picture_tags.h"

namespace dcmfs {
namespace {

constexpr std::int64_t kOverlayPixelsMax = std::int64_t{1} << 28;

constexpr Tag kOverlayFrames{0x6000, 0x0015}, kOverlayFirstFrame{0x6000, 0x0051};

std::optional<Overlay> overlay_of(const DicomFile& file, std::uint16_t group, int frame) {
  const auto in_group = [group](Tag tag) { return Tag{group, tag.element}; };
  const Dataset& dataset = file.dataset;
  const Element* data = dataset.find(in_group(picture_tags::OverlayData));
  const auto rows = dataset.integer(in_group(picture_tags::OverlayRows));
  const auto columns = dataset.integer(in_group(picture_tags::OverlayColumns));
  if (data == nullptr || !rows || !columns || *rows < 1 || *columns < 1 || *rows > 65535 ||
      *columns > 65535 ||
      dataset.integer(in_group(picture_tags::OverlayBitPosition)).value_or(0) != 0 ||
      *rows * *columns > kOverlayPixelsMax)
    return std::nullopt;
  // PS3.3 C.9.3.1.1: one plane for each frame, beginning with one of them; a single plane is for all.
  const auto planes = dataset.integer(in_group(kOverlayFrames)).value_or(1);
  const auto plane =
      planes <= 1 ? 0 : frame + 1 - dataset.integer(in_group(kOverlayFirstFrame)).value_or(1);
  if (plane < 0 || plane >= std::max<std::int64_t>(planes, 1)) return std::nullopt;
  const std::int64_t count = *rows * *columns, first = plane * count;
  const auto bytes = read_value(file, *data, (kOverlayPixelsMax + 7) / 8);
  if (!bytes || std::ssize(*bytes) * 8 < first + count) return std::nullopt;
  Overlay out;
  out.width = static_cast<int>(*columns);
  out.height = static_cast<int>(*rows);
  const Tag origin = in_group(picture_tags::OverlayOrigin);
  const auto place = [&](std::size_t i) {  // Implicit VR does not tell US from SS
    return static_cast<int>(static_cast<std::int16_t>(dataset.integer(origin, i).value_or(1))) - 1;
  };
  out.top = place(0);
  out.left = place(1);
  out.bits.resize(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t bit = first + i;
    out.bits[static_cast<std::size_t>(i)] =
        (static_cast<unsigned char>((*bytes)[static_cast<std::size_t>(bit / 8)]) >> (bit % 8) &
         1) != 0;
  }
  return out;
}

}  // namespace

bool is_overlay_group(std::int64_t group) {
  return group >= 0x6000 && group <= 0x601e && group % 2 == 0;
}

std::optional<Overlay> find_overlay(std::initializer_list<const DicomFile*> files,
                                    std::uint16_t group, int frame) {
  for (const DicomFile* file : files)
    if (auto found = overlay_of(*file, group, frame)) return found;
  return std::nullopt;
}

}  // namespace dcmfs
