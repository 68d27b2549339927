#include "store/image/pixel_bytes.h"

#include <algorithm>
#include <cstddef>
#include <span>

namespace dcmfs {
namespace {

void swap_bytes(std::string& bytes, std::size_t unit) {
  if (unit < 2) return;
  for (std::size_t i = 0; i + unit <= bytes.size(); i += unit) {
    std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(i),
                 bytes.begin() + static_cast<std::ptrdiff_t>(i + unit));
  }
}

Result<> append_range(ByteSource& source, ByteRange range, std::string& out) {
  const std::size_t before = out.size();
  out.resize(before + static_cast<std::size_t>(range.length));
  const std::span<char> into(out.data() + before, out.size() - before);
  DCMFS_TRY(const std::size_t got, source.read(range.offset, std::as_writable_bytes(into)));
  if (got != into.size()) return Error{Errc::corrupt, "the file ends inside the pixel data"};
  return {};
}

}  // namespace

Result<PixelElement> find_pixels(const DicomFile& file) {
  struct Row {
    Tag tag;
    PixelType type;
  };
  static constexpr Row kRows[] = {
      {tags::PixelData, PixelType::integer},
      {tags::FloatPixelData, PixelType::float32},
      {tags::DoubleFloatPixelData, PixelType::float64},
  };
  for (const Row& row : kRows) {
    if (const Element* element = file.dataset.find(row.tag); element && element->length != 0) {
      return PixelElement{element, row.type};
    }
  }
  return Error{Errc::not_found, "no pixel data"};
}

Result<std::string> read_range(ByteSource& source, ByteRange range) {
  std::string out;
  DCMFS_CHECK(append_range(source, range, out));
  return out;
}

Result<std::string> read_ranges(ByteSource& source, const std::vector<ByteRange>& ranges,
                                std::int64_t bytes_max) {
  std::string out;
  out.reserve(static_cast<std::size_t>(std::min(total_length(ranges), bytes_max)));
  for (ByteRange range : ranges) {
    range.length = std::min(range.length, bytes_max - static_cast<std::int64_t>(out.size()));
    DCMFS_CHECK(append_range(source, range, out));
  }
  return out;
}

std::int64_t total_length(const std::vector<ByteRange>& ranges) {
  std::int64_t total = 0;
  for (const ByteRange& range : ranges) total += range.length;
  return total;
}

Result<Buffer<std::byte>> read_native_pixels(const DicomFile& file, const Element& element,
                                             ByteRange range) {
  Buffer<std::byte> out;
  if (element.offset >= 0 && !file.syntax->big_endian_pixels) {
    out.resize(static_cast<std::size_t>(range.length));
    DCMFS_TRY(const std::size_t got, file.content->read(element.offset + range.offset, out));
    if (got != out.size()) return Error{Errc::corrupt, "the file ends inside the pixel data"};
    return out;
  }
  DCMFS_TRY(const std::string bytes, read_native(file, element, range));
  const auto view = std::as_bytes(std::span(bytes));
  out.assign(view.begin(), view.end());
  return out;
}

Result<std::string> read_native(const DicomFile& file, const Element& element, ByteRange range) {
  if (element.offset < 0) {  // made in memory: little endian
    return element.value.substr(static_cast<std::size_t>(range.offset),
                                static_cast<std::size_t>(range.length));
  }
  if (!file.syntax->big_endian_pixels) {
    return read_range(*file.content, {element.offset + range.offset, range.length});
  }
  // Whole units are read, also where a frame begins or ends inside one.
  const auto unit =
      static_cast<std::int64_t>(std::max<std::size_t>(byte_order_unit(element, file.dataset), 1));
  const std::int64_t begin = range.offset / unit * unit;
  const std::int64_t end = std::min((range.offset + range.length + unit - 1) / unit * unit,
                                    std::max(element.length, range.offset + range.length));
  DCMFS_TRY(std::string bytes, read_range(*file.content, {element.offset + begin, end - begin}));
  swap_bytes(bytes, static_cast<std::size_t>(unit));
  bytes.erase(0, static_cast<std::size_t>(range.offset - begin));
  bytes.resize(static_cast<std::size_t>(range.length));
  return bytes;
}

bool reaches(const DicomFile& file, const Element& element, std::int64_t length) {
  if (element.offset < 0) return std::int64_t(element.value.size()) >= length;
  if (element.length < length) return false;
  std::byte last{};
  const auto got = file.content->read(element.offset + length - 1, {&last, 1});
  return got.ok() && *got == 1;
}

}  // namespace dcmfs
