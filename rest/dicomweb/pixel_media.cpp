#include "rest/dicomweb/pixel_media.h"

namespace dcmfs::rest {
namespace {

constexpr PixelMedia kPixelMedia[] = {
    {"image/jpeg", "1.2.840.10008.1.2.4.70"},    {"image/dicom-rle", uids::RLELossless},
    {"image/jls", "1.2.840.10008.1.2.4.80"},     {"image/jp2", "1.2.840.10008.1.2.4.90"},
    {"image/jpx", "1.2.840.10008.1.2.4.92"},     {"image/jphc", "1.2.840.10008.1.2.4.201"},
    {"image/jxl", "1.2.840.10008.1.2.4.110"},    {"video/mpeg2", "1.2.840.10008.1.2.4.100"},
    {"video/mp4", "1.2.840.10008.1.2.4.102"},
};

}  // namespace

std::span<const PixelMedia> pixel_media() {
  return kPixelMedia;
}

std::string_view frame_type(const TransferSyntax& syntax) {
  switch (syntax.codec) {
    case Codec::jpeg:
      return "image/jpeg";
    case Codec::jpeg_ls:
      return "image/jls";
    case Codec::jpeg_2000:
      return "image/jp2";
    case Codec::htj2k:
      return "image/jphc";
    case Codec::jpeg_xl:
      return "image/jxl";
    case Codec::rle:
      return "image/dicom-rle";
    case Codec::native:
    case Codec::video:  // has no frames to be had alone
    case Codec::other:
      return {};
  }
  return {};
}

}  // namespace dcmfs::rest
