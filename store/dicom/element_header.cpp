#include "store/dicom/element_header.h"

#include <algorithm>
#include <array>

#include "store/dicom/binary.h"
#include "store/dicom/dataset.h"

namespace dcmfs {
namespace {

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_printable(char c) {
  return c >= ' ' && c <= '~';
}

Tag tag_at(std::string_view bytes, bool big_endian) {
  return {load16(bytes.data(), big_endian), load16(bytes.data() + 2, big_endian)};
}

// Data sets and meta headers begin with one of these groups.
bool may_be_first(Tag tag) {
  constexpr std::array<std::uint16_t, 4> kGroups{0x0000, 0x0002, 0x0004, 0x0008};
  return std::find(kGroups.begin(), kGroups.end(), tag.group) != kGroups.end();
}

bool is_known(Tag tag) {
  return tag.is_private() || vr_of(tag) != Vr::UN;
}

// Bytes that are no data set may look like one element by chance, hardly like several in order.
bool looks_like_elements(std::string_view head, std::int64_t available, Encoding encoding) {
  constexpr int kElementsToTrust = 4;
  std::int64_t at = 0;
  std::optional<Tag> last;
  for (int count = 0; count < kElementsToTrust; ++count) {
    if (at >= static_cast<std::int64_t>(head.size())) return count > 1 || at == available;
    const auto header = parse_header(head.substr(static_cast<std::size_t>(at)), encoding);
    if (!header) return count > 0;  // the file ends here
    if (last ? header->tag <= *last : !may_be_first(header->tag)) return false;
    if (!is_known(header->tag)) return false;
    if (!encoding.implicit_vr && !header->vr) return false;
    if (header->length == Element::kUndefinedLength) return vr_of(header->tag) == Vr::SQ;
    at += header->size + header->length;
    if (at > available && count == 0) return false;
    last = header->tag;
  }
  return true;
}

}  // namespace

std::optional<ElementHeader> parse_header(std::string_view bytes, Encoding encoding) {
  if (bytes.size() < kHeaderBytesMin) return std::nullopt;
  ElementHeader header;
  header.tag = tag_at(bytes, encoding.big_endian);
  header.size = 8;
  const auto length_at = [&](std::size_t at) -> std::int64_t {
    const std::uint32_t length = load32(bytes.data() + at, encoding.big_endian);
    return length == kUndefined ? Element::kUndefinedLength : std::int64_t{length};
  };
  // PS3.5 7.5: items and delimiters never have a VR.
  if (encoding.implicit_vr || header.tag.group == kItem.group) {
    header.length = length_at(4);
    return header;
  }
  header.vr = parse_vr(bytes[4], bytes[5]);
  // PS3.5 7.1.2: VRs to come have the long form, with two reserved bytes that are zero.
  const bool future_vr = !header.vr && is_upper(bytes[4]) && is_upper(bytes[5]) &&
                         load16(bytes.data() + 6, false) == 0;
  if (future_vr || (header.vr && info(*header.vr).long_length)) {
    if (bytes.size() < kHeaderBytesMax) return std::nullopt;
    header.length = length_at(8);
    header.size = 12;
  } else if (header.vr || (is_printable(bytes[4]) && is_printable(bytes[5]))) {
    // "??", "--" and two spaces are written by some devices where they know no VR.
    header.length = load16(bytes.data() + 6, encoding.big_endian);
  } else {
    // Implicit VR in the middle of an explicit data set: seen in items that were copied.
    header.length = length_at(4);
  }
  return header;
}

std::optional<Encoding> recognise_encoding(std::string_view head, std::int64_t available) {
  if (head.size() < kHeaderBytesMin) return std::nullopt;
  const bool implicit_vr = !parse_vr(head[4], head[5]);
  for (bool big_endian : {false, true}) {
    const Encoding encoding{implicit_vr, big_endian};
    if (looks_like_elements(head, available, encoding)) return encoding;
  }
  return std::nullopt;
}

Encoding correct_encoding(std::string_view head, Encoding declared) {
  if (head.size() < kHeaderBytesMin) return declared;
  Encoding found = declared;
  if (!may_be_first(tag_at(head, declared.big_endian)) &&
      may_be_first(tag_at(head, !declared.big_endian))) {
    found.big_endian = !declared.big_endian;
  }
  if (parse_vr(head[4], head[5])) {
    // As an implicit length these letters would be 16 KiB at least, which no first element has.
    found.implicit_vr = false;
  } else if (!is_printable(head[4]) || !is_printable(head[5])) {
    found.implicit_vr = true;
  }
  return found;
}

}  // namespace dcmfs
