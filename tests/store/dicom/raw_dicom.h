#pragma once
// Encoded elements byte by byte, also wrong ones, which no writer of ours would make.
#include <cstdint>
#include <string>
#include <string_view>

#include "store/dicom/tag.h"
#include "store/dicom/writer.h"

namespace dcmfs::raw {

inline constexpr std::uint32_t kUndefined = 0xffffffff;

inline std::string le16(std::uint32_t n) {
  return {static_cast<char>(n & 0xff), static_cast<char>(n >> 8 & 0xff)};
}
inline std::string le32(std::uint32_t n) {
  return le16(n & 0xffff) + le16(n >> 16);
}
inline std::string tag(Tag t) {
  return le16(t.group) + le16(t.element);
}

// Explicit VR with the 16 bit length, then with the 32 bit length.
inline std::string short_element(Tag t, std::string_view vr, std::string_view value) {
  return tag(t).append(vr) + le16(static_cast<std::uint32_t>(value.size())).append(value);
}
inline std::string long_header(Tag t, std::string_view vr, std::uint32_t length) {
  return tag(t).append(vr) + le16(0) + le32(length);
}
inline std::string long_element(Tag t, std::string_view vr, std::string_view value) {
  return long_header(t, vr, static_cast<std::uint32_t>(value.size())).append(value);
}
inline std::string implicit_header(Tag t, std::uint32_t length) {
  return tag(t) + le32(length);
}
inline std::string implicit_element(Tag t, std::string_view value) {
  return implicit_header(t, static_cast<std::uint32_t>(value.size())).append(value);
}

inline std::string item(std::string_view content) {
  return implicit_element({0xfffe, 0xe000}, content);
}
inline std::string open_item() {
  return implicit_header({0xfffe, 0xe000}, kUndefined);
}
inline std::string end_item() {
  return implicit_header({0xfffe, 0xe00d}, 0);
}
inline std::string end_sequence() {
  return implicit_header({0xfffe, 0xe0dd}, 0);
}

// The UIDs that a data set begins with.
inline std::string explicit_start() {
  return short_element(tags::SOPClassUID, "UI", "1.2.840.10008.5.1.4.1.1.2") +
         short_element(tags::SOPInstanceUID, "UI", "1.2.3.40");
}
inline std::string implicit_start() {
  return implicit_element(tags::SOPClassUID, "1.2.840.10008.5.1.4.1.1.2") +
         implicit_element(tags::SOPInstanceUID, "1.2.3.40");
}

inline std::string part10(std::string_view transfer_syntax, std::string_view dataset) {
  return encode_meta("1.2.840.10008.5.1.4.1.1.2", "1.2.3.40", transfer_syntax, "").append(dataset);
}
inline std::string explicit_file(std::string_view rest) {
  return part10("1.2.840.10008.1.2.1", explicit_start().append(rest));
}
inline std::string implicit_file(std::string_view rest) {
  return part10("1.2.840.10008.1.2", implicit_start().append(rest));
}

}  // namespace dcmfs::raw
