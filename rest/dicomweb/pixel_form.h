#pragma once
// In which form a client gets pixel data: PS3.18 8.7.3.3 and 8.7.8, of what it takes and what can be made.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rest/http/message.h"
#include "rest/instance_file.h"
#include "store/image/compress.h"

namespace dcmfs::rest {

inline constexpr std::string_view kPixelForms =
    "multipart/related; type=\"application/octet-stream\", with transfer-syntax=* as it is stored; "
    "of pictures "
    "also image/jpeg, image/jls, image/jp2 and image/dicom-rle, without loss; of video its own "
    "type";

struct PixelForm {
  enum class Made : std::uint8_t {
    stored,      // the codestream that is in the file
    decoded,     // little endian, as native pixel data
    compressed,  // by `encoder`
  };
  Made made = Made::stored;
  const Encoder* encoder = nullptr;
  bool single = false;         // alone, not in parts
  bool may_be_stored = false;  // where it cannot be decoded: no transfer syntax was insisted on
  std::string media_type;      // without parameters
  std::string transfer_syntax;

  std::string content_type() const;  // with its transfer syntax
};

enum class Streams : std::uint8_t { one, many };  // as which it can be sent alone, or not

// Of an instance that has pixel data and a transfer syntax that is known. `compressed`: how many codestreams are
// asked for; `decoded`: how many values. nullopt: 406.
struct PixelsAsked {
  Streams compressed = Streams::one, decoded = Streams::one;
};
std::optional<PixelForm> pixel_form(const Request&, const OpenInstance&, PixelsAsked);

// The codestreams as they are stored, where one of them turns out to be damaged. nullopt: there are none.
std::optional<PixelForm> stored_form(const OpenInstance&, const PixelForm& instead_of);
// Of what does not become what was asked for: not the disk.
bool is_about_pixels(const Error&);

}  // namespace dcmfs::rest
