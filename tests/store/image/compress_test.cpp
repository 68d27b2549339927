#include "store/image/compress.h"

#include <cstring>
#include <map>

#include <gmock/gmock.h>

#include "store/dicom/writer.h"
#include "tests/store/image/every_encoder.h"
#include "tests/store/image/open_dicom.h"
#include "tests/support/make_dicom.h"
#include "tests/support/manifest.h"
#include "tests/support/ok.h"

namespace dcmfs {
namespace {

using testing::IsEmpty;

constexpr std::int64_t kSamplesMax =
    1 << 17;  // of a frame: larger ones say nothing new, and cost seconds

// A file of one frame, as this encoder makes it.
Result<std::string> file_of(const Encoder& encoder, const Frame& frame) {
  DCMFS_TRY(const auto codestream, compress_frame(encoder, frame));
  if (codestream.size() % 2 != 0) return Error{Errc::corrupt, "a codestream of odd length"};
  const auto length = static_cast<std::uint32_t>(codestream.size());
  std::string items("\xfe\xff\x00\xe0\0\0\0\0\xfe\xff\x00\xe0", 12);
  items.append(reinterpret_cast<const char*>(&length), sizeof length).append(codestream);
  DicomBuilder dicom = make_dicom();
  const auto name = encoder.photometric_interpretation(frame.pixels);
  const bool has_palette = name == "PALETTE COLOR";  // which is elsewhere
  dicom.set(tags::SamplesPerPixel, std::to_string(frame.pixels.samples_per_pixel))
      .set(tags::PhotometricInterpretation, has_palette ? "MONOCHROME2" : name)
      .set(tags::Rows, std::to_string(frame.pixels.rows))
      .set(tags::Columns, std::to_string(frame.pixels.columns))
      .set(tags::BitsAllocated,
           std::to_string(frame.pixels.bits_allocated == 1 ? 1 : 8 * frame.bytes_per_sample()))
      .set(tags::BitsStored, std::to_string(frame.pixels.bits_stored))
      .set(tags::HighBit, std::to_string(frame.pixels.bits_stored - 1))
      .set(tags::PixelRepresentation, frame.pixels.is_signed ? "1" : "0");
  if (frame.pixels.samples_per_pixel > 1) dicom.set(tags::PlanarConfiguration, "0");
  Element pixels;
  pixels.tag = tags::PixelData;
  pixels.vr = Vr::OB;
  pixels.value = std::move(items);
  pixels.length = Element::kUndefinedLength;
  dicom.dataset().set(std::move(pixels));
  return encode_file(dicom.dataset(), *find_transfer_syntax(encoder.uid));
}

// "" : the frame comes back bit for bit.
std::string loss(const Encoder& encoder, const Frame& frame) {
  const auto bytes = file_of(encoder, frame);
  if (!bytes) return bytes.error().message;
  const OpenDicom file(*bytes);
  const auto pixels = describe_pixels(*file);
  if (!pixels) return pixels.error().message;
  const auto back = decode_frame(*file, *pixels, 0);
  if (!back) return back.error().message;
  const bool has_palette = frame.pixels.photometric_interpretation == "PALETTE COLOR";
  if (!has_palette &&
      back->pixels.photometric_interpretation != frame.pixels.photometric_interpretation)
    return "other colours: " + back->pixels.photometric_interpretation;
  return back->data == frame.data ? "" : "other pixels";
}

TEST(Compress, FramesOfTheSharedDataComeBackBitForBit) {
  if (!shared_data()) GTEST_SKIP() << "the shared test data is missing";

  const auto result = try_every_encoder([](const std::string&, const DicomFile& file,
                                           const PixelDescription& pixels,
                                           const Encoder& encoder) -> std::optional<std::string> {
    if (samples_of_frame(pixels) > kSamplesMax) return std::nullopt;
    const auto frame = decode_frame(file, pixels, pixels.frames - 1);
    if (!frame) return std::nullopt;
    const auto made = compress_frame(encoder, *frame);
    if (made) return loss(encoder, *frame);
    if (made.error().code == Errc::not_supported && !encoder.takes(frame->pixels))
      return std::nullopt;
    return made.error().message;
  });

  EXPECT_THAT(result.wrong, IsEmpty());
  for (const Encoder& encoder : encoders())
    EXPECT_GT(result.tried.at(encoder.uid), 150) << encoder.uid;
}

// Every number of bits, signed and not, grey and colours, in pictures as small as one row.
TEST(Compress, AnyBitsComeBackBitForBit) {
  for (const Encoder& encoder : encoders()) {
    for (const int samples : {1, 3}) {
      for (int bits = 1; bits <= 32; ++bits) {
        for (const bool is_signed : {false, true}) {
          for (const int rows : {1, 5}) {
            Frame frame;
            frame.pixels = {.rows = rows,
                            .columns = 7,
                            .samples_per_pixel = samples,
                            .bits_allocated = bits == 1    ? 1
                                              : bits <= 8  ? 8
                                              : bits <= 16 ? 16
                                                           : 32,
                            .bits_stored = bits,
                            .high_bit = bits - 1,
                            .is_signed = is_signed,
                            .photometric_interpretation = samples == 1 ? "MONOCHROME2" : "RGB"};
            if (!encoder.takes(frame.pixels)) continue;
            const auto width = static_cast<std::size_t>(frame.bytes_per_sample());
            const auto count = static_cast<std::size_t>(rows * 7 * samples);
            frame.data.assign(count * width, {});
            for (std::size_t i = 0; i < count; ++i) {
              std::uint32_t value = static_cast<std::uint32_t>(i * i * 2654435761u) >> (32 - bits);
              if (i % 3 == 0) value = ~std::uint32_t{0} >> (32 - bits);
              if (is_signed && (value >> (bits - 1) & 1) != 0 && bits < 32)
                value |= ~std::uint32_t{0} << bits;
              std::memcpy(frame.data.data() + i * width, &value, width);
            }
            EXPECT_EQ(loss(encoder, frame), "")
                << encoder.uid << ", " << bits << " bits, " << samples << " samples, signed "
                << is_signed << ", rows " << rows;
          }
        }
      }
    }
  }
}

TEST(Compress, ColoursThatTheStandardDoesNotHaveAreRefused) {
  Frame frame;
  frame.pixels = {.rows = 1,
                  .columns = 1,
                  .samples_per_pixel = 3,
                  .bits_allocated = 8,
                  .bits_stored = 8,
                  .high_bit = 7,
                  .photometric_interpretation = "HSV"};
  frame.data.assign(3, {});
  for (const Encoder& encoder : encoders())
    EXPECT_EQ(compress_frame(encoder, frame).error().code, Errc::not_supported);
}

// PS3.5 G.3: rows are encoded each by itself, and three bytes alike are a run.
TEST(Rle, RunsEndWithTheirRow) {
  const auto dicom = make_dicom().pixels(2, 4, 8).set_bytes(tags::PixelData, Vr::OB, "aaaaabcc");
  const OpenDicom source(dicom.bytes());
  const auto frame = decode_frame(*source, *describe_pixels(*source), 0);
  ASSERT_OK(frame);

  const auto rle = encode_rle(*frame);

  ASSERT_OK(rle);
  EXPECT_EQ(rle->substr(64), std::string("\xfd\x61\x03\x61\x62\x63\x63\0", 8));
}

}  // namespace
}  // namespace dcmfs
