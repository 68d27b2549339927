#include "rest/dicomweb/pixel_media.h"

#include <algorithm>

namespace dcmfs::rest {
namespace {

constexpr PixelMedia kPixelMedia[] = {
    {"image/jpeg", "1.2.840.10008.1.2.4.70"}, {"image/dicom-rle", uids::RLELossless},
    {"image/jls", "1.2.840.10008.1.2.4.80"},  {"image/jp2", "1.2.840.10008.1.2.4.90"},
    {"image/jpx", "1.2.840.10008.1.2.4.92"},  {"image/jphc", "1.2.840.10008.1.2.4.201"},
    {"image/jxl", "1.2.840.10008.1.2.4.110"}, {"video/mpeg2", "1.2.840.10008.1.2.4.100"},
    {"video/mp4", "1.2.840.10008.1.2.4.102"}, {"video/h265", "1.2.840.10008.1.2.4.107"},
};

// The names of PS3.18 until 2018, which clients go on to ask for.
struct OlderName {
  std::string_view name, media_type;
};
constexpr OlderName kOlderNames[] = {
    {"image/x-dicom-rle", "image/dicom-rle"},
    {"image/x-jls", "image/jls"},
    {"video/mpeg", "video/mpeg2"},
};

std::string_view video_type(std::string_view transfer_syntax) {
  constexpr std::string_view kMpeg2[] = {"1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.101"};
  constexpr std::string_view kHevc[] = {"1.2.840.10008.1.2.4.107", "1.2.840.10008.1.2.4.108"};
  const auto is_one_of =
      [&](std::span<const std::string_view> all) {  // or its fragmentable variant, ".1" behind it
        return std::ranges::any_of(all, [&](auto uid) { return transfer_syntax.starts_with(uid); });
      };
  return is_one_of(kMpeg2) ? "video/mpeg2" : is_one_of(kHevc) ? "video/h265" : "video/mp4";
}

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
    case Codec::video:
      return syntax.encapsulated ? video_type(syntax.uid) : std::string_view();
    case Codec::native:
    case Codec::other:
      return {};
  }
  return {};
}

std::string_view taken_as(const MediaType& wanted, std::string_view media_type) {
  if (media_type.empty() || wanted.quality <= 0) return {};
  if (wanted.accepts(media_type)) return media_type;
  for (const auto& [name, newer] : kOlderNames)
    if (newer == media_type && wanted.name == name) return name;
  return {};
}

}  // namespace dcmfs::rest
