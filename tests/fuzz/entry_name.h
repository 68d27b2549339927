#pragma once
// What every name in the tree keeps to, so that `ls` shows it and every program can open it.
#include <cctype>
#include <string>
#include <string_view>

#include "store/dicom/text.h"
#include "store/entry_names.h"

namespace dcmfs::fuzz {

inline bool has_control_character(std::string_view utf8) {
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto byte = static_cast<unsigned char>(utf8[i]);
    // C0, DEL, and C1, which is C2 80 to C2 9F in UTF-8.
    if (byte < 0x20 || byte == 0x7f) return true;
    if (byte == 0xc2 && i + 1 < utf8.size() && static_cast<unsigned char>(utf8[i + 1]) < 0xa0) {
      return true;
    }
  }
  return false;
}

// "" if it is one. `name` may be empty where the tree has another word for that.
inline std::string fault_of_name(std::string_view name) {
  if (name.size() > kEntryNameBytesMax) return "a name that is too long";
  if (!is_valid_utf8(name)) return "a name that is not UTF-8";
  if (to_nfc(name) != name) return "a name that is not composed";
  if (has_control_character(name)) return "a name with a control character";
  if (name.find_first_of("/\\:*?\"<>|") != name.npos) return "a name with a separator";
  if (name.starts_with('.') || name.starts_with('-')) return "a name that begins with . or -";
  if (name.ends_with('.') || name.ends_with(' ')) return "a name that ends with . or a space";
  return "";
}

}  // namespace dcmfs::fuzz
