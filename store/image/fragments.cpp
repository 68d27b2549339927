#include "store/image/fragments.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace dcmfs {
namespace {

constexpr int kFragmentsMax = 1 << 18;
constexpr std::int64_t kItemHeaderBytes = 8;
constexpr std::size_t kStartBytes = 12;  // enough to recognise the start of a codestream
constexpr std::int64_t kEndOfSequence = INT64_MAX / 2;  // a distance that no file reaches
constexpr std::uint32_t kItemTag = 0xe000fffe;
constexpr std::uint32_t kSequenceDelimiterTag = 0xe0ddfffe;

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

struct Item {
  ByteRange bytes;
  std::string start;  // up to kStartBytes of them
};

Error malformed() {
  return {Errc::corrupt, "the fragments of the pixel data are malformed"};
}

// The item whose header is at `offset`; nullopt at the end of the sequence.
// Some writers leave the delimiter out where the file ends.
Result<std::optional<Item>> read_item(ByteSource& source, std::int64_t offset) {
  std::byte buffer[kItemHeaderBytes + kStartBytes];
  DCMFS_TRY(const std::size_t got, source.read(offset, buffer));
  if (got == 0) return std::optional<Item>();
  const std::string_view head(reinterpret_cast<const char*>(buffer), got);
  if (got < kItemHeaderBytes) return malformed();
  const auto tag = static_cast<std::uint32_t>(little_endian(head.substr(0, 4)));
  const auto length = static_cast<std::uint32_t>(little_endian(head.substr(4, 4)));
  if (tag == kSequenceDelimiterTag) return std::optional<Item>();
  if (tag != kItemTag || length == 0xffffffff) return malformed();
  Item item{{offset + kItemHeaderBytes, length}, std::string(head.substr(kItemHeaderBytes))};
  item.start.resize(std::min<std::size_t>(item.start.size(), length));
  // The end is not asked of the source by its size: that of an inflated one is not known.
  if (std::byte last{}; length > 0) {
    DCMFS_TRY(const std::size_t reached,
              source.read(offset + kItemHeaderBytes + length - 1, {&last, 1}));
    if (reached != 1) return Error{Errc::corrupt, "the file ends inside a fragment"};
  }
  return std::optional(std::move(item));
}

std::int64_t after(const Item& item) {
  return item.bytes.offset + item.bytes.length;
}

// Whether a fragment begins a codestream, hence a frame. In none of these
// formats can the bytes occur inside compressed data, but for the JPEG 2000
// ones, which are therefore compared to the fourth byte.
bool begins_frame(Codec codec, std::string_view start) {
  using namespace std::string_view_literals;
  switch (codec) {
    case Codec::jpeg:
    case Codec::jpeg_ls:
      return start.starts_with("\xff\xd8"sv);
    case Codec::jpeg_2000:
    case Codec::htj2k:
      return start.starts_with("\xff\x4f\xff\x51"sv) || start.starts_with("\0\0\0\x0cjP  "sv);
    default:
      return true;  // PS3.5 A.4.2: RLE has one fragment a frame
  }
}

struct Fragments {
  const DicomFile& file;
  ByteSource& source;
  std::int64_t first;  // header of the item after the Basic Offset Table
  Codec codec;

  // The items from `offset` to `end`, which must be a boundary, or to the end of the sequence.
  Result<std::vector<ByteRange>> between(std::int64_t offset, std::int64_t end) const {
    std::vector<ByteRange> out;
    while (offset < end) {
      DCMFS_TRY(const auto item, read_item(source, offset));
      if (!item) break;
      if (out.empty() && !begins_frame(codec, item->start)) return malformed();
      if (out.size() == kFragmentsMax) return Error{Errc::not_supported, "too many fragments"};
      out.push_back(item->bytes);
      offset = after(*item);
    }
    const bool is_boundary = offset == end || end == first + kEndOfSequence;
    if (out.empty() || !is_boundary) return malformed();
    return out;
  }

  // PS3.5 A.4: entry n is the distance of frame n's first item from `first`.
  Result<std::vector<ByteRange>> by_basic_table(ByteRange table, int frames, int frame) const {
    if (table.length != 4 * std::int64_t{frames}) return malformed();
    // The entry of the frame and those beside it, which must differ.
    const int low = std::max(frame - 1, 0), high = std::min(frame + 1, frames - 1);
    DCMFS_TRY(const std::string bytes, read_range(source, {table.offset + 4 * std::int64_t{low},
                                                           4 * std::int64_t{high - low + 1}}));
    auto entry = [&](int n) {
      return static_cast<std::int64_t>(
          little_endian(std::string_view(bytes).substr(4 * static_cast<std::size_t>(n - low), 4)));
    };
    const std::int64_t begin = entry(frame);
    const std::int64_t end = high > frame ? entry(high) : kEndOfSequence;
    if (end <= begin || (frame == 0 ? begin != 0 : begin <= entry(low))) return malformed();
    return between(first + begin, first + end);
  }

  // PS3.3 C.7.6.3.1.8: 64-bit entries, one fragment a frame, and its length without padding.
  Result<std::vector<ByteRange>> by_extended_table(int frames, int frame) const {
    const Element* offsets = file.dataset.find(tags::ExtendedOffsetTable);
    const Element* lengths = file.dataset.find(tags::ExtendedOffsetTableLengths);
    const std::int64_t bytes = 8 * std::int64_t{frames};
    if (!offsets || !lengths || offsets->length != bytes || lengths->length != bytes) {
      return malformed();
    }
    const ByteRange entry{8 * std::int64_t{frame}, 8};
    DCMFS_TRY(const std::string offset_bytes, read_native(file, *offsets, entry));
    DCMFS_TRY(const std::string length_bytes, read_native(file, *lengths, entry));
    const std::uint64_t distance = little_endian(offset_bytes);
    const std::uint64_t length = little_endian(length_bytes);
    if (distance > INT64_MAX / 2) return malformed();
    DCMFS_TRY(const auto item, read_item(source, first + static_cast<std::int64_t>(distance)));
    if (!item || !begins_frame(codec, item->start)) return malformed();
    if (length == 0 || length > static_cast<std::uint64_t>(item->bytes.length)) {
      return Error{Errc::corrupt,
                   "the extended offset table names a frame longer than its fragment"};
    }
    return std::vector{ByteRange{item->bytes.offset, static_cast<std::int64_t>(length)}};
  }

  // Without a table a frame begins where a codestream does.
  Result<std::vector<ByteRange>> by_codestream(int frame, std::vector<std::int64_t>& starts) const {
    std::vector<ByteRange> out;
    // From the last beginning that is known, which is seen once more.
    auto begun = std::min(starts.size(), static_cast<std::size_t>(frame) + 1);
    std::int64_t offset = begun > 0 ? starts[--begun] : first;
    for (int n = 0;; ++n) {
      if (n == kFragmentsMax) return Error{Errc::not_supported, "too many fragments"};
      DCMFS_TRY(const auto item, read_item(source, offset));
      if (!item) break;
      if (begins_frame(codec, item->start) && ++begun > starts.size()) starts.push_back(offset);
      const auto wanted = static_cast<std::size_t>(frame) + 1;
      if (begun > wanted) break;
      if (begun == wanted) out.push_back(item->bytes);
      offset = after(*item);
    }
    if (out.empty()) return Error{Errc::corrupt, "the pixel data has fewer frames than it should"};
    return out;
  }
};

}  // namespace

Result<std::vector<ByteRange>> find_frame(const DicomFile& file, const Element& pixel_data,
                                          int frames, int frame, FrameStarts* seen) {
  if (pixel_data.length != Element::kUndefinedLength || pixel_data.offset < 0) {
    return Error{Errc::corrupt, "the pixel data should be encapsulated and is not"};
  }
  DCMFS_TRY(const auto table, read_item(*file.content, pixel_data.offset));
  if (!table) return Error{Errc::corrupt, "the pixel data has no fragments"};
  const Fragments fragments{file, *file.content, after(*table), file.syntax->codec};

  if (frames == 1) {  // all fragments are its own, whatever a table says
    return fragments.between(fragments.first, fragments.first + kEndOfSequence);
  }
  if (file.dataset.contains(tags::ExtendedOffsetTable)) {
    return fragments.by_extended_table(frames, frame);
  }
  // A wrong table is not followed: the codestreams themselves say where frames begin.
  if (auto found = fragments.by_basic_table(table->bytes, frames, frame)) return found;
  FrameStarts unseen;
  return fragments.by_codestream(frame, (seen != nullptr ? *seen : unseen).offsets);
}

}  // namespace dcmfs
