#include "store/encapsulate.h"

#include <cerrno>
#include <cstring>

#include <unistd.h>

#include "store/dicom/writer.h"

namespace dcmfs {
namespace {

constexpr std::int64_t kBasicTableBytesMax = std::int64_t{2} << 30;
constexpr std::int64_t kItemHeaderBytes = 8;
constexpr std::size_t kBasicEntryBytes = 4, kExtendedEntryBytes = 8;
constexpr std::uint32_t kUndefined = 0xffffffff;
constexpr Tag kItem{0xfffe, 0xe000}, kSequenceDelimiter{0xfffe, 0xe0dd};

void append_number(std::string& out, std::uint64_t number, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i) out += static_cast<char>(number >> (8 * i));
}

std::string item_header(Tag tag, std::uint32_t length) {
  std::string out;
  append_number(out, tag.group, sizeof tag.group);
  append_number(out, tag.element, sizeof tag.element);
  append_number(out, length, sizeof length);
  return out;
}

// With this length, whatever follows.
Result<std::string> element_header(Tag tag, Vr vr, std::uint32_t length,
                                   const TransferSyntax& target) {
  Dataset dataset;
  dataset.set_bytes(tag, vr, "");
  DCMFS_TRY(std::string header, encode_dataset(dataset, target));
  header.resize(header.size() - sizeof length);
  append_number(header, length, sizeof length);
  return header;
}

Result<> append_text(SpoolFile& out, std::string_view text) {
  return out.append(std::as_bytes(std::span(text)));
}

}  // namespace

OffsetTable offset_table_for(std::int64_t native_bytes) {
  return native_bytes > kBasicTableBytesMax ? OffsetTable::extended : OffsetTable::basic;
}

Result<> EncapsulatedPixels::begin(int frames, const TransferSyntax& target) {
  const auto count = static_cast<std::size_t>(frames);
  std::string out;
  DCMFS_TRY(const std::int64_t begin, out_.size());
  const auto place = [&] { return begin + std::ssize(out); };
  if (table_ == OffsetTable::extended) {
    const std::string room(kExtendedEntryBytes * count, '\0');
    for (const auto& [tag, at] : {std::pair(tags::ExtendedOffsetTable, &offsets_at_),
                                  std::pair(tags::ExtendedOffsetTableLengths, &lengths_at_)}) {
      DCMFS_TRY(const auto header,
                element_header(tag, Vr::OV, static_cast<std::uint32_t>(room.size()), target));
      out += header;
      *at = place();
      out += room;
    }
  }
  DCMFS_TRY(const auto header, element_header(tags::PixelData, Vr::OB, kUndefined, target));
  out += header;
  const std::string room(table_ == OffsetTable::basic ? kBasicEntryBytes * count : 0, '\0');
  out += item_header(kItem, static_cast<std::uint32_t>(room.size()));
  if (table_ == OffsetTable::basic) offsets_at_ = place();
  return append_text(out_, out + room);
}

Result<> EncapsulatedPixels::append(std::string_view codestream) {
  if (codestream.size() >= kUndefined)
    return Error{Errc::too_large, "a frame is longer than a 32 bit length can tell"};
  offsets_.push_back(next_);
  lengths_.push_back(std::ssize(codestream));
  next_ += kItemHeaderBytes + std::ssize(codestream);
  DCMFS_CHECK(append_text(out_, item_header(kItem, static_cast<std::uint32_t>(codestream.size()))));
  return append_text(out_, codestream);
}

Result<> EncapsulatedPixels::end() {
  DCMFS_CHECK(append_text(out_, item_header(kSequenceDelimiter, 0)));
  if (table_ == OffsetTable::basic) {
    if (!offsets_.empty() && offsets_.back() > std::int64_t{UINT32_MAX})
      return Error{Errc::too_large, "frames are further away than 32 bits can tell"};
    return fill_in(offsets_at_, offsets_, kBasicEntryBytes);
  }
  DCMFS_CHECK(fill_in(offsets_at_, offsets_, kExtendedEntryBytes));
  return fill_in(lengths_at_, lengths_, kExtendedEntryBytes);
}

Result<> EncapsulatedPixels::fill_in(std::int64_t at, const std::vector<std::int64_t>& values,
                                     std::size_t width) {
  std::string bytes;
  for (const std::int64_t value : values)
    append_number(bytes, static_cast<std::uint64_t>(value), width);
  for (std::size_t done = 0; done < bytes.size();) {
    const auto n = ::pwrite(out_.fd(), bytes.data() + done, bytes.size() - done,
                            at + static_cast<off_t>(done));
    if (n < 0) return system_error(errno, "a file in the spool");
    done += static_cast<std::size_t>(n);
  }
  out_.wrote(at);
  return {};
}

}  // namespace dcmfs
