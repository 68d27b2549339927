#include "fs/incoming_names.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>

#include <unistd.h>

#include "store/companion.h"
#include "store/dicom/text.h"

namespace dcmfs::fs {
namespace {

struct Pattern {
  std::string_view prefix, suffix;
};

// rsync's .NAME.XXXXXX, gio's .goutputstream-* and vim's .NAME.swp begin with a dot, like all
// hidden files. NAME~ is the old state of NAME, kept by an editor.
constexpr Pattern kTemporary[] = {
    {".", ""},           {"~$", ""},        {"", ".part"}, {"", ".partial"},
    {"", ".crdownload"}, {"", ".filepart"}, {"", ".tmp"},  {"", "~"},
};

constexpr Pattern kNeverImages[] = {
    {"._", ""},        {"autorun.", ""},    {"readme", ""},   {"dicomdir", ""},
    {"thumbs.db", ""}, {"desktop.ini", ""}, {"", ".exe"},     {"", ".dll"},
    {"", ".ico"},      {"", ".ds_store"},   {"lockfile", ""},
};

// Of viewers on a CD and what they bring, which nobody drops on purpose; so they are ignored, too, where no
// folder shows that they came with images. Text, documents and pictures may be meant: they are refused.
constexpr Pattern kOfViewers[] = {
    {"", ".htm"}, {"", ".html"},   {"", ".css"},    {"", ".js"},     {"", ".jar"}, {"", ".class"},
    {"", ".cab"}, {"", ".msi"},    {"", ".chm"},    {"", ".hlp"},    {"", ".lnk"}, {"", ".ini"},
    {"", ".inf"}, {"", ".bat"},    {"", ".cmd"},    {"", ".sh"},     {"", ".sys"}, {"", ".ocx"},
    {"", ".xml"}, {"license", ""}, {"licence", ""}, {"version", ""},
};

template <std::size_t N>
bool any(const Pattern (&patterns)[N], std::string_view name) {
  return std::any_of(std::begin(patterns), std::end(patterns), [name](const Pattern& p) {
    return name.starts_with(p.prefix) && name.ends_with(p.suffix);
  });
}

// sed -i writes to sedXXXXXX beside the file.
bool is_sed(std::string_view name) {
  constexpr std::size_t kLetters = 6;
  return name.size() == 3 + kLetters && name.starts_with("sed") &&
         std::all_of(name.begin() + 3, name.end(), [](unsigned char c) { return std::isalnum(c); });
}

}  // namespace

bool is_temporary(std::string_view path) {
  const auto parts = split(path, '/');
  return std::any_of(parts.begin(), parts.end(),
                     [](std::string_view part) {
                       // AppleDouble files have a dot but are final; they are company, not images.
                       return any(kTemporary, part) && !part.starts_with("._");
                     }) ||
         is_sed(parts.back());
}

bool is_never_image(std::string_view name) {
  return any(kNeverImages, fold(name));
}

bool is_company(int fd, std::string_view path) {
  const auto name = path.substr(path.rfind('/') + 1);
  std::array<std::byte, kCompanionHeadBytes> buffer;
  const auto bytes = ::pread(fd, buffer.data(), buffer.size(), 0);
  const auto head = std::span(buffer).first(static_cast<std::size_t>(std::max<ssize_t>(bytes, 0)));
  if (claims_to_be_dicom(head)) return is_companion(name, head);
  if (is_never_image(name)) return true;
  const bool came_with_folder = path.find('/') != std::string_view::npos;
  if (!came_with_folder && !any(kOfViewers, fold(name))) return false;
  return bytes >= 0 && is_companion(name, head);
}

}  // namespace dcmfs::fs
