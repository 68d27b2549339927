#include "store/dicom/encoder.h"

#include <cstring>

#include "store/dicom/binary.h"
#include "store/dicom/element_header.h"

namespace dcmfs {
namespace {

constexpr std::int64_t kLengthMax = 0xfffffffe;   // PS3.5 7.1: 32 bit, even
constexpr std::int64_t kShortLengthMax = 0xfffe;  // PS3.5 7.1.2: 16 bit, even

Error too_long(Tag tag) {
  return {Errc::too_large, to_string(tag) + ": longer than a 32 bit length can tell"};
}

}  // namespace

Result<> DatasetEncoder::append(const Dataset& dataset) {
  for (const Element& element : dataset) {
    // Group lengths are retired (PS3.5 7.2); groups 0000 and 0002 are no part of a data set.
    if (element.tag.is_group_length() || element.tag.group <= 0x0002) continue;
    DCMFS_CHECK(append(element, dataset));
  }
  return {};
}

Result<> DatasetEncoder::append(const Element& element, const Dataset& of) {
  if (element.vr == Vr::SQ) return append_sequence(element);
  const bool on_disk = element.on_disk();
  if (on_disk && on_disk_ == OnDisk::refused) {
    return Error{Errc::invalid_argument, to_string(element.tag) + ": the value is not in memory"};
  }
  if (is_encapsulated(element)) {
    append_encapsulated(element);
    return {};
  }
  const std::int64_t size = on_disk ? element.length : std::ssize(element.value);
  const std::int64_t padded = size + size % 2;
  if (padded > kLengthMax) return too_long(element.tag);
  // PS3.5 6.2.2 note 2: what is too long for its VR is written as UN.
  const bool fits = info(element.vr).long_length || padded <= kShortLengthMax;
  const Vr vr = fits || syntax_.implicit_vr ? element.vr : Vr::UN;
  append_header(element.tag, vr, static_cast<std::uint32_t>(padded));
  if (on_disk) {
    append_range(element.offset, size);
  } else {
    const std::size_t value = out_.size();
    out_ += element.value;
    if (syntax_.big_endian && vr != Vr::UN) {
      swap_bytes(out_.data() + value, element.value.size(), byte_order_unit(element, of));
    }
  }
  if (padded != size) out_.push_back(info(element.vr).padding);
  return {};
}

Result<> DatasetEncoder::append_sequence(const Element& element) {
  append_header(element.tag, Vr::SQ, 0);
  const Content sequence = content_from_here();
  for (const Dataset& dataset : element.items) {
    append_tag(kItem);
    append32(0);
    const Content item = content_from_here();
    DCMFS_CHECK(append(dataset));
    close(item, kItemDelimitation);
  }
  close(sequence, kSequenceDelimitation);
  return {};
}

// PS3.5 A.4: items that are encoded already, then the delimiter.
void DatasetEncoder::append_encapsulated(const Element& element) {
  append_header(element.tag, Vr::OB, kUndefined);
  if (element.on_disk()) {
    append_range(element.offset, element.item_bytes);
  } else {
    out_ += element.value;
  }
  append_tag(kSequenceDelimitation);
  append32(0);
}

void DatasetEncoder::append_range(std::int64_t offset, std::int64_t length) {
  ranges_.push_back({out_.size(), offset, length});
  in_ranges_ += length;
}

// An icon's PixelData may be native in an encapsulated syntax (PS3.5 A.4), so the value is asked
// too.
bool DatasetEncoder::is_encapsulated(const Element& element) const {
  constexpr std::string_view kItemBytes("\xfe\xff\x00\xe0", 4);
  return element.length == Element::kUndefinedLength ||
         (element.tag == tags::PixelData && syntax_.encapsulated &&
          element.value.starts_with(kItemBytes));
}

void DatasetEncoder::append_header(Tag tag, Vr vr, std::uint32_t length) {
  append_tag(tag);
  if (syntax_.implicit_vr) return append32(length);
  const VrInfo& row = info(vr);
  out_.append(row.name, 2);
  if (!row.long_length) return append16(static_cast<std::uint16_t>(length));
  append16(0);
  append32(length);
}

void DatasetEncoder::append_tag(Tag tag) {
  append16(tag.group);
  append16(tag.element);
}
void DatasetEncoder::append16(std::uint16_t number) {
  append_little_endian(out_, syntax_.big_endian ? __builtin_bswap16(number) : number);
}
void DatasetEncoder::append32(std::uint32_t number) {
  append_little_endian(out_, syntax_.big_endian ? __builtin_bswap32(number) : number);
}

// Says how long the content is or, where 32 bits cannot, that a delimiter ends it (PS3.5 7.5).
void DatasetEncoder::close(const Content& content, Tag delimiter) {
  const std::int64_t length = position() - content.position;
  std::uint32_t number = length > kLengthMax ? kUndefined : static_cast<std::uint32_t>(length);
  if (number == kUndefined) {
    append_tag(delimiter);
    append32(0);
  }
  if (syntax_.big_endian) number = __builtin_bswap32(number);
  std::memcpy(out_.data() + content.after - sizeof number, &number, sizeof number);
}

}  // namespace dcmfs
