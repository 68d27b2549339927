#pragma once
// Media types of compressed pixel data and their transfer syntaxes, PS3.18 8.7.3.3.
#include <span>
#include <string_view>

#include "store/dicom/transfer_syntax.h"

namespace dcmfs::rest {

// What a media type means where no transfer syntax is said: tables 8.7.3-4 and 8.7.3-5.
struct PixelMedia {
  std::string_view type, transfer_syntax;
};
std::span<const PixelMedia> pixel_media();

// The media type of a frame that is compressed in this transfer syntax; "" : it has none.
std::string_view frame_type(const TransferSyntax&);

}  // namespace dcmfs::rest
