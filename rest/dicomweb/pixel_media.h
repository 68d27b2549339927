#pragma once
// Media types of compressed pixel data and their transfer syntaxes, PS3.18 8.7.3.3.
#include <span>
#include <string_view>

#include "rest/http/media_type.h"
#include "store/dicom/transfer_syntax.h"

namespace dcmfs::rest {

// What a media type means where no transfer syntax is said: tables 8.7.3-4 and 8.7.3-5.
struct PixelMedia {
  std::string_view type, transfer_syntax;
};
std::span<const PixelMedia> pixel_media();

// The media type of a frame that is compressed in this transfer syntax, or of a whole video; "" : it has none.
std::string_view frame_type(const TransferSyntax&);

// The name by which a client takes what has this media type, which may be an older one; "" : he does not.
std::string_view taken_as(const MediaType& wanted, std::string_view media_type);

}  // namespace dcmfs::rest
