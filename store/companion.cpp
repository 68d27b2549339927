#include "store/companion.h"

#include <algorithm>
#include <array>
#include <string>

#include "store/dicom/text.h"
#include "store/dicom/transfer_syntax.h"

namespace dcmfs {
namespace {

enum class Part : std::uint8_t { whole, beginning, end };

struct NameRule {
  Part part;
  std::string_view text;  // lower case
};

// clang-format off
constexpr NameRule kNames[] = {
    {Part::whole,     "dicomdir"},    {Part::whole,     "dirfile"},
    {Part::whole,     "thumbs.db"},   {Part::whole,     "desktop.ini"},
    {Part::whole,     ".ds_store"},   {Part::whole,     ".directory"},
    {Part::whole,     ".hidden"},     {Part::whole,     "autorun"},
    {Part::whole,     "lockfile"},    {Part::whole,     "version"},
    {Part::beginning, "._"},          {Part::beginning, "readme"},
    {Part::beginning, "license"},     {Part::beginning, "licence"},
    {Part::end,       ".inf"},        {Part::end,       ".ini"},
    {Part::end,       ".txt"},        {Part::end,       ".htm"},
    {Part::end,       ".html"},       {Part::end,       ".css"},
    {Part::end,       ".js"},         {Part::end,       ".xml"},
    {Part::end,       ".json"},       {Part::end,       ".md"},
    {Part::end,       ".csv"},        {Part::end,       ".tsv"},
    {Part::end,       ".log"},        {Part::end,       ".bat"},
    {Part::end,       ".cmd"},        {Part::end,       ".sh"},
    {Part::end,       ".exe"},        {Part::end,       ".dll"},
    {Part::end,       ".ocx"},        {Part::end,       ".sys"},
    {Part::end,       ".so"},         {Part::end,       ".jar"},
    {Part::end,       ".class"},      {Part::end,       ".msi"},
    {Part::end,       ".cab"},        {Part::end,       ".ico"},
    {Part::end,       ".jpg"},        {Part::end,       ".jpeg"},
    {Part::end,       ".png"},        {Part::end,       ".gif"},
    {Part::end,       ".bmp"},        {Part::end,       ".pdf"},
    {Part::end,       ".chm"},        {Part::end,       ".hlp"},
    {Part::end,       ".lnk"},        {Part::end,       ".db"},
    {Part::end,       ".ttf"},        {Part::end,       ".manifest"},
};

// Such a name claims to be DICOM: other content is an error worth telling.
constexpr std::string_view kDicomEndings[] = {".dcm", ".dicom", ".dic", ".ima"};

struct Magic {
  std::string_view bytes;
};
using namespace std::string_view_literals;
constexpr Magic kPrograms[] = {
    {"MZ"sv},                 // Windows programs and libraries
    {"\x7f" "ELF"sv},
    {"\xfe\xed\xfa"sv},       // Mach-O, big endian
    {"\xce\xfa\xed\xfe"sv},   // Mach-O, 32 bit
    {"\xcf\xfa\xed\xfe"sv},   // Mach-O, 64 bit
    {"\xca\xfe\xba\xbe"sv},   // Java classes
    {"\x00\x05\x16\x07"sv},   // AppleDouble: ._NAME
    {"\xd0\xcf\x11\xe0"sv},   // compound documents: Thumbs.db
    {"%PDF"sv},
    {"\x89PNG"sv},
    {"GIF8"sv},
    {"\xff\xd8\xff"sv},       // JPEG
};
// clang-format on

std::string_view head_text(std::span<const std::byte> head) {
  return {reinterpret_cast<const char*>(head.data()), head.size()};
}

std::string lower_case(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return lower;
}

bool applies(const NameRule& rule, std::string_view name) {
  switch (rule.part) {
    case Part::whole:
      return name == rule.text;
    case Part::beginning:
      return name.starts_with(rule.text);
    case Part::end:
      return name.ends_with(rule.text);
  }
  return false;
}

// Text holds no control characters but these; a data set begins with a group number, which does.
bool is_text(std::string_view head) {
  constexpr std::string_view kAllowed = "\t\n\r\f";
  const auto strange = [&](char c) {
    return static_cast<unsigned char>(c) < 0x20 && kAllowed.find(c) == std::string_view::npos;
  };
  if (head.empty() || std::any_of(head.begin(), head.end(), strange)) return false;
  // The cut may have gone through a character of up to four bytes.
  for (std::size_t cut = 0; cut < 4 && cut < head.size(); ++cut)
    if (is_valid_utf8(head.substr(0, head.size() - cut))) return true;
  return false;
}

// The MediaStorageSOPClassUID (0002,0002), PS3.10 7.1, is that of a DICOMDIR; the UID may stand elsewhere in
// an instance, too. Its length is little endian, in 16 bits.
bool names_directory_class(std::string_view head) {
  constexpr std::string_view kElement("\x02\x00\x02\x00UI", 6);
  const auto at = head.find(kElement);
  if (at == std::string_view::npos || head.size() < at + kElement.size() + 2) return false;
  head.remove_prefix(at + kElement.size());
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(head[i]); };
  const std::size_t length = byte(0) + 256u * byte(1);
  return trim(head.substr(2, length)) == uids::MediaStorageDirectoryStorage;
}

}  // namespace

bool claims_to_be_dicom(std::span<const std::byte> head) {
  constexpr std::size_t kPreambleBytes = 128;
  constexpr std::string_view kPrefix = "DICM";
  return head.size() >= kPreambleBytes + kPrefix.size() &&
         head_text(head.subspan(kPreambleBytes, kPrefix.size())) == kPrefix;
}

bool is_companion(std::string_view name, std::span<const std::byte> bytes) {
  const auto head = head_text(bytes);
  if (claims_to_be_dicom(bytes)) return names_directory_class(head);
  const std::string lower = lower_case(name);
  if (std::any_of(std::begin(kDicomEndings), std::end(kDicomEndings),
                  [&](std::string_view ending) { return lower.ends_with(ending); }))
    return false;
  const auto is_program = [&](const Magic& magic) { return head.starts_with(magic.bytes); };
  if (std::any_of(std::begin(kPrograms), std::end(kPrograms), is_program)) return true;
  if (is_text(head)) return true;
  return std::any_of(std::begin(kNames), std::end(kNames),
                     [&](const NameRule& rule) { return applies(rule, lower); });
}

}  // namespace dcmfs
