#pragma once
// Specific Character Set (0008,0005), PS3.3 C.12.1.1.2 and PS3.5 6.1: from the
// bytes of a data set to UTF-8, and back. A small value; copy it freely.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/dicom/tag.h"

namespace dcmfs {

class CharacterSet {
 public:
  CharacterSet() = default;  // the default repertoire, ISO_IR 6
  // `value` is that of the attribute: "ISO_IR 100", "\ISO 2022 IR 87" ... Terms
  // that are misspelt in the usual ways are understood, unknown ones count as
  // the default repertoire.
  static CharacterSet parse(std::string_view value);
  static CharacterSet utf8();
  // Whether parse() understands all of its terms. Without any it is the default repertoire.
  static bool knows(std::string_view value);

  // Never fails: bytes that the character set does not know become U+FFFD.
  // Under the default repertoire bytes above 127 are read as UTF-8 if they are
  // valid UTF-8, else as Latin-1, because that is what such files mean.
  // Code extensions are reset at the delimiters of the VR (PS3.5 6.1.2.5.3).
  std::string to_utf8(std::string_view bytes, Vr) const;

  // The other way, with the escape sequences that the terms allow. nullopt: the text has characters
  // that are in none of the sets, so that its bytes would mean something else. The default
  // repertoire is ASCII here, whatever to_utf8() makes of more.
  std::optional<std::string> from_utf8(std::string_view utf8, Vr) const;

  friend bool operator==(const CharacterSet&, const CharacterSet&) = default;

 private:
  static constexpr int kTermsMax = 8;
  std::array<std::uint8_t, kTermsMax> terms_{};  // rows of the table of defined terms
  std::uint8_t count_ = 0;
};

}  // namespace dcmfs
