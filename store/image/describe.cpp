#include <algorithm>
#include <optional>
#include <string>

#include "store/image/codec.h"
#include "store/image/colour.h"
#include "store/image/fragments.h"
#include "store/image/image.h"
#include "store/image/lut.h"
#include "store/image/native.h"

namespace dcmfs {
namespace {

constexpr std::int64_t kPixelsMax = std::int64_t{1} << 28;      // of a frame
constexpr std::int64_t kFrameBytesMax = std::int64_t{1} << 30;  // decoded
constexpr std::int64_t kHeaderBytesUsual = 64 << 10;            // of a codestream
constexpr std::int64_t kHeaderBytesMax = 4 << 20;
constexpr std::int64_t kTrailerBytes = 4 << 10;  // padding behind a codestream
constexpr int kDimensionMax = 65535;

Error contradiction(std::string what) {
  return {Errc::corrupt, std::move(what)};
}

// What PS3.3 C.7.6.3.1.2 says goes with a photometric interpretation.
enum class UsedWith : std::uint8_t {
  any,
  jpeg_2000,  // it only describes the codestream (PS3.5 8.2.4)
  no_loss,    // retired since 2001, before there was more than native data, RLE and JPEG
};
struct Photometric {
  std::string_view name;
  int samples;
  int bits_allocated_max;
  UsedWith used_with;
};

// clang-format off
constexpr Photometric kPhotometrics[] = {
    {"MONOCHROME1",     1, 32, UsedWith::any},
    {"MONOCHROME2",     1, 32, UsedWith::any},
    {"PALETTE COLOR",   1, 16, UsedWith::any},
    {"RGB",             3, 32, UsedWith::any},
    {"YBR_FULL",        3, 16, UsedWith::any},
    {"YBR_FULL_422",    3, 16, UsedWith::any},
    {"YBR_PARTIAL_422", 3, 16, UsedWith::any},
    {"YBR_ICT",         3, 16, UsedWith::jpeg_2000},
    {"YBR_RCT",         3, 16, UsedWith::jpeg_2000},
    {"HSV",             3, 16, UsedWith::no_loss},
    {"ARGB",            4, 16, UsedWith::no_loss},
    {"CMYK",            4, 16, UsedWith::no_loss},
};
// clang-format on

// A required number within bounds; `otherwise` where the attribute has no value.
Result<int> number_within(const Dataset& dataset, Tag tag, int low, int high,
                          std::optional<int> otherwise = std::nullopt) {
  const auto value = dataset.integer(tag);
  if (!value && otherwise && dataset.text_or(tag, "").empty()) return *otherwise;
  if (!value || *value < low || *value > high) {
    return contradiction(keyword_of(tag) + " is missing or impossible");
  }
  return static_cast<int>(*value);
}

Result<> read_bits(const Dataset& dataset, const TransferSyntax& syntax, PixelDescription& out) {
  if (out.type != PixelType::integer) {  // PS3.3 C.7.6.24 and C.7.6.25: no BitsStored
    out.bits_allocated = out.type == PixelType::float32 ? 32 : 64;
    out.bits_stored = out.bits_allocated;
    out.high_bit = out.bits_allocated - 1;
    out.is_signed = true;
    return {};
  }
  DCMFS_TRY(out.bits_allocated, number_within(dataset, tags::BitsAllocated, 1, 64));
  // PS3.5 8.1.1 knows 1 and multiples of 8; ACR-NEMA and DICOM before 2004 knew any number, and
  // images of 12 bits in a row were written so. Integers of more than 32 bits no IOD has.
  const int allocated = out.bits_allocated;
  const bool is_whole = allocated == 1 || allocated == 8 || allocated == 16 || allocated == 32;
  if (allocated > 32 || (syntax.encapsulated && !is_whole)) {
    return Error{Errc::not_supported, "BitsAllocated " + std::to_string(allocated)};
  }
  DCMFS_TRY(out.bits_stored, number_within(dataset, tags::BitsStored, 1, allocated, allocated));
  DCMFS_TRY(out.high_bit, number_within(dataset, tags::HighBit, out.bits_stored - 1, allocated - 1,
                                        out.bits_stored - 1));
  DCMFS_TRY(const int representation, number_within(dataset, tags::PixelRepresentation, 0, 1, 0));
  out.is_signed = representation == 1;
  return {};
}

Result<PixelDescription> read_attributes(const DicomFile& file, PixelType type) {
  const Dataset& dataset = file.dataset;
  PixelDescription out;
  out.type = type;
  DCMFS_TRY(out.rows, number_within(dataset, tags::Rows, 1, kDimensionMax));
  DCMFS_TRY(out.columns, number_within(dataset, tags::Columns, 1, kDimensionMax));
  DCMFS_TRY(out.frames, number_within(dataset, tags::NumberOfFrames, 1, INT32_MAX, 1));
  DCMFS_CHECK(read_bits(dataset, *file.syntax, out));
  DCMFS_TRY(out.samples_per_pixel,
            number_within(dataset, tags::SamplesPerPixel, 1, kDimensionMax, 1));
  DCMFS_TRY(const int planar, number_within(dataset, tags::PlanarConfiguration, 0, 1, 0));
  out.planar = planar == 1 && out.samples_per_pixel > 1;
  // ACR-NEMA had no such attribute and nothing but grey.
  out.photometric_interpretation = dataset.text_or(tags::PhotometricInterpretation, "MONOCHROME2");
  return out;
}

bool is_used_with(UsedWith what, Codec codec) {
  switch (what) {
    case UsedWith::any:
      return true;
    case UsedWith::jpeg_2000:
      return codec == Codec::jpeg_2000 || codec == Codec::htj2k;
    case UsedWith::no_loss:
      return codec == Codec::native || codec == Codec::rle;
  }
  return false;
}

Result<> check_photometric(const DicomFile& file, const PixelDescription& pixels) {
  const auto* row =
      std::ranges::find(kPhotometrics, pixels.photometric_interpretation, &Photometric::name);
  if (row == std::end(kPhotometrics)) {
    return Error{Errc::not_supported, "an unknown PhotometricInterpretation"};
  }
  if (row->samples != pixels.samples_per_pixel) {
    return contradiction("PhotometricInterpretation and SamplesPerPixel contradict each other");
  }
  const bool is_colour = row->samples >= 3;
  if ((is_colour && (pixels.is_signed || pixels.bits_allocated == 1)) ||
      (pixels.type == PixelType::integer && pixels.bits_allocated > row->bits_allocated_max) ||
      (pixels.type != PixelType::integer && !row->name.starts_with("MONOCHROME")) ||
      !is_used_with(row->used_with, file.syntax->codec)) {
    return Error{Errc::not_supported, "a PhotometricInterpretation in an unusual encoding"};
  }
  if (row->name == "PALETTE COLOR") DCMFS_CHECK(read_palette(file, pixels));
  return {};
}

Result<> check_size(const PixelDescription& pixels) {
  const std::int64_t count = std::int64_t{pixels.rows} * pixels.columns;
  const std::int64_t bytes = count * pixels.samples_per_pixel * ((pixels.bits_allocated + 7) / 8);
  if (count > kPixelsMax || bytes > kFrameBytesMax) {
    return Error{Errc::not_supported, "a frame is too large"};
  }
  return {};
}

// DCMTK's JPEG decoder wants to see the end marker, so a frame without is known to fail.
Result<> check_end(const DicomFile& file, const std::vector<ByteRange>& fragments) {
  using namespace std::string_view_literals;
  std::string trailer;
  for (auto range = fragments.rbegin(); range != fragments.rend(); ++range) {
    const std::int64_t length = std::min(range->length, kTrailerBytes - std::ssize(trailer));
    DCMFS_TRY(const std::string end,
              read_range(*file.content, {range->offset + range->length - length, length}));
    trailer.insert(0, end);
  }
  if (trailer.find("\xff\xd9"sv) == std::string::npos) {
    return contradiction("the codestream has no end");
  }
  return {};
}

Result<> check_encapsulated(const DicomFile& file, const Element& element,
                            const PixelDescription& pixels) {
  const Decoder* decoder = find_decoder(*file.syntax);
  if (!decoder) return Error{Errc::not_supported, "no decoder for the transfer syntax"};
  FrameStarts starts;
  if (pixels.frames > 1) {
    for (const int frame : {pixels.frames / 2, pixels.frames - 1}) {
      DCMFS_CHECK(find_frame(file, element, pixels.frames, frame, &starts));
    }
  }
  DCMFS_TRY(const auto fragments, find_frame(file, element, pixels.frames, 0, &starts));
  auto header = [&](std::int64_t bytes_max) -> Result<CodestreamHeader> {
    DCMFS_TRY(const std::string bytes, read_ranges(*file.content, fragments, bytes_max));
    return decoder->parse(bytes, total_length(fragments), pixels);
  };
  auto first = header(kHeaderBytesUsual);
  if (!first && total_length(fragments) > kHeaderBytesUsual) first = header(kHeaderBytesMax);
  if (!first) return std::move(first).error();
  if (decoder->codec == Codec::jpeg) DCMFS_CHECK(check_end(file, fragments));
  return check_agreement(*first, pixels, total_length(fragments));
}

}  // namespace

Result<PixelDescription> describe_pixels(const DicomFile& file) {
  DCMFS_TRY(const PixelElement element, find_pixels(file));
  if (!file.syntax) return Error{Errc::not_supported, "an unknown transfer syntax"};
  DCMFS_TRY(const PixelDescription pixels, read_attributes(file, element.type));
  DCMFS_CHECK(check_photometric(file, pixels));
  if (file.syntax->encapsulated) {
    DCMFS_CHECK(check_size(pixels));
    DCMFS_CHECK(check_encapsulated(file, *element.element, pixels));
  } else {
    if (file.syntax->codec != Codec::native) {
      return Error{Errc::not_supported, "the pixel data is not in the file"};
    }
    DCMFS_CHECK(check_native(file, *element.element, pixels));
    DCMFS_CHECK(check_size(pixels));
  }
  return pixels;
}

}  // namespace dcmfs
