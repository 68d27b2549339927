#include "store/transcode.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "store/encapsulate.h"
#include "store/image/compress.h"
#include "store/image/encode.h"
#include "store/image/fragments.h"
#include "tests/store/image/every_encoder.h"
#include "tests/store/image/open_dicom.h"
#include "tests/support/manifest.h"
#include "tests/support/temp_store.h"

namespace dcmfs {
namespace {

using testing::IsEmpty;

// Larger ones say nothing new here: all are compressed in tests/store/image/compress_test.cpp.
constexpr std::int64_t kSamplesMax = 1 << 12;

std::string content_of(const SpoolFile& file) {
  return read_whole_file(file.path());
}

Result<std::string> transcoded(TempStore& store, std::string_view bytes, std::string_view syntax) {
  DCMFS_TRY(const auto source, spooled(*store, bytes));
  DCMFS_TRY(const auto size, source.size());
  const Blob blob(::dup(source.fd()), size);
  DCMFS_TRY(const auto made,
            transcode(*store, blob, *find_transfer_syntax(syntax), TranscodedAs::file));
  return content_of(made);
}

// The first frame that differs, or what is wrong; "" : all are alike.
std::string difference(const DicomFile& a, const DicomFile& b) {
  const auto first = describe_pixels(a), second = describe_pixels(b);
  if (!first || !second) return "not described: " + (first ? second : first).error().message;
  if (first->frames != second->frames) return "another number of frames";
  for (int n = 0; n < first->frames; ++n) {
    const auto x = decode_frame(a, *first, n), y = decode_frame(b, *second, n);
    if (!x || !y) return "frame " + std::to_string(n) + ": " + (x ? y : x).error().message;
    if (x->data != y->data) return "frame " + std::to_string(n) + " has other pixels";
    if (x->pixels.photometric_interpretation != y->pixels.photometric_interpretation)
      return "the pixels mean other colours: " + y->pixels.photometric_interpretation;
  }
  return "";
}

TEST(Transcode, WhatHasADecoderMayBecomeUncompressed) {
  for (const char* uid :
       {"1.2.840.10008.1.2", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99",
        "1.2.840.10008.1.2.1.98", "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.81",
        "1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.8.1"})
    EXPECT_TRUE(may_become_uncompressed(uid)) << uid;
  // Video, JPEG XL, pixels that are elsewhere, what is no file of PS3.10.
  for (const char* uid :
       {"1.2.840.10008.1.2.4.102", "1.2.840.10008.1.2.4.110", "1.2.840.10008.1.2.4.94",
        "1.2.840.10008.1.2.7.1", "1.2.840.10008.1.2.6.2", "1.2.3"})
    EXPECT_FALSE(may_become_uncompressed(uid)) << uid;
}

TEST(Transcode, SmallFilesOfTheSharedDataStayAsTheyAre) {
  if (!shared_data()) GTEST_SKIP() << "the shared test data is missing";
  TempStore store;

  const auto result = try_every_encoder([&](const std::string& bytes, const DicomFile& file,
                                            const PixelDescription& pixels,
                                            const Encoder& encoder) -> std::optional<std::string> {
    if (samples_of_frame(pixels) * pixels.frames > kSamplesMax) return std::nullopt;
    const auto packed = transcoded(store, bytes, encoder.uid);
    if (!packed) {
      // What a table refuses; damage that only decoding shows.
      const bool is_refused = packed.error().code == Errc::not_supported;
      if (is_refused || !decode_frame(file, pixels, pixels.frames - 1)) return std::nullopt;
      return packed.error().message;
    }
    const OpenDicom made(*packed);
    return made->syntax_uid == encoder.uid ? difference(file, *made) : "another transfer syntax";
  });

  EXPECT_THAT(result.wrong, IsEmpty());
  for (const Encoder& encoder : encoders())
    EXPECT_GT(result.tried.at(encoder.uid), 20) << encoder.uid;
}

TEST(Transcode, AttributesTellOfThePixelsThatAreWritten) {
  TempStore store;
  const auto colour = make_dicom()
                          .pixels(2, 2, 8)
                          .set(tags::SamplesPerPixel, "3")
                          .set(tags::PhotometricInterpretation, "RGB")
                          .set(tags::PlanarConfiguration, "1")
                          .set_bytes(tags::PixelData, Vr::OB, "rrrrggggbbbb");

  const auto rle = transcoded(store, colour.bytes(), uids::RLELossless);
  const auto jpeg_2000 = transcoded(store, colour.bytes(), "1.2.840.10008.1.2.4.90");

  ASSERT_OK(rle);
  ASSERT_OK(jpeg_2000);
  EXPECT_EQ(OpenDicom(*rle)->dataset.text(tags::PhotometricInterpretation), "RGB");
  EXPECT_EQ(OpenDicom(*rle)->dataset.integer(tags::PlanarConfiguration), 0);
  EXPECT_EQ(OpenDicom(*jpeg_2000)->dataset.text(tags::PhotometricInterpretation), "YBR_RCT");
  EXPECT_FALSE(OpenDicom(*rle)->dataset.contains(tags::LossyImageCompression));
}

TEST(Transcode, PixelsOfOneBitStayOneBit) {
  TempStore store;
  const auto bits = make_dicom()
                        .pixels(3, 3, 1, 2)
                        .set(tags::BitsAllocated, "1")
                        .set_bytes(tags::PixelData, Vr::OB, std::string("\xaa\xaa\x02\0", 4));

  const auto rle = transcoded(store, bits.bytes(), uids::RLELossless);
  ASSERT_OK(rle);
  const auto back = transcoded(store, *rle, uids::ExplicitVRLittleEndian);

  ASSERT_OK(back);
  EXPECT_EQ(OpenDicom(*back)->dataset.integer(tags::BitsAllocated), 1);
  EXPECT_EQ(OpenDicom(*back)->dataset.find(tags::PixelData)->value,
            std::string("\xaa\xaa\x02\0", 4));
  EXPECT_EQ(transcoded(store, bits.bytes(), "1.2.840.10008.1.2.4.80").error().code,
            Errc::not_supported);
}

TEST(Transcode, WhatACodecWouldLoseIsRefused) {
  TempStore store;
  const auto report = make_dicom();
  const auto overlay =
      make_dicom().pixels(2, 2, 12).set_bytes({0x6000, 0x0100}, Vr::US, std::string("\x10\0", 2));

  EXPECT_EQ(transcoded(store, report.bytes(), uids::RLELossless).error().code, Errc::not_supported);
  EXPECT_EQ(transcoded(store, overlay.bytes(), uids::RLELossless).error().code,
            Errc::not_supported);
  EXPECT_OK(transcoded(store, overlay.bytes(), uids::ImplicitVRLittleEndian));
}

// In the file, one value for another of the same length.
std::string patched(std::string bytes, std::string_view from, std::string_view to) {
  const auto at = bytes.find(from);
  EXPECT_NE(at, std::string::npos);
  return at == std::string::npos ? bytes : bytes.replace(at, from.size(), to);
}

// PS3.5 8.1.2: RLE keeps all bits of a word, so that an overlay in the upper ones can go on standing there.
TEST(Transcode, AnOverlayInTheBitsAboveTheSamplesStays) {
  TempStore store;
  const std::string words("\x23\xf1\x56\x04\x89\x07\xff\xff", 8);
  const auto plain = make_dicom()
                         .pixels(2, 2, 16)
                         .set_bytes({0x6000, 0x0100}, Vr::US, std::string("\1\0", 2))
                         .set_bytes(tags::PixelData, Vr::OW, words);
  auto rle = transcoded(store, plain.bytes(), uids::RLELossless);
  ASSERT_OK(rle);
  using namespace std::string_literals;
  *rle = patched(*rle, "\x28\0\x01\x01US\2\0\x10\0"s, "\x28\0\x01\x01US\2\0\x0c\0"s);
  *rle = patched(*rle, "\x28\0\x02\x01US\2\0\x0f\0"s, "\x28\0\x02\x01US\2\0\x0b\0"s);
  *rle = patched(*rle, "\0\x60\0\x01US\2\0\1\0"s, "\0\x60\0\x01US\2\0\x10\0"s);

  const auto native = transcoded(store, *rle, uids::ExplicitVRLittleEndian);

  ASSERT_OK(native);
  const OpenDicom made(*native);
  EXPECT_EQ(made->dataset.find(tags::PixelData)->value, words);
  EXPECT_EQ(made->dataset.integer(tags::BitsStored), 12);
  EXPECT_EQ(made->dataset.integer(tags::HighBit), 11);
}

// Samples of 32 bits are turned as a whole, whoever reads them.
TEST(Transcode, PixelsOfBigEndianFilesStayTheSame) {
  TempStore store;
  const std::string samples("\1\2\3\4\5\6\7\x08", 8);
  const auto big = make_dicom()
                       .pixels(1, 2, 32)
                       .set(tags::BitsAllocated, "32")
                       .set_bytes(tags::PixelData, Vr::OW, samples)
                       .in(uids::ExplicitVRBigEndian)
                       .bytes();
  ASSERT_NE(big.find("\4\3\2\1\x08\7\6\5"), std::string::npos);

  const auto little = transcoded(store, big, uids::ExplicitVRLittleEndian);

  ASSERT_OK(little);
  EXPECT_EQ(OpenDicom(*little)->dataset.find(tags::PixelData)->value, samples);
}

TEST(Transcode, BigEndianFilesOfTheSharedDataStayTheSame) {
  if (!shared_data()) GTEST_SKIP() << "the shared test data is missing";
  TempStore store;
  int tried = 0;
  for (const ManifestRow& row : manifest()) {
    if (row.is_bad() || row["path"].starts_with("series/")) continue;
    const std::string bytes = read_whole_file(row.file);
    const OpenDicom file(bytes);
    if (!file->big_endian || !describe_pixels(*file)) continue;
    const auto little = transcoded(store, bytes, uids::ExplicitVRLittleEndian);
    ASSERT_OK(little) << row["path"];
    EXPECT_EQ(difference(*file, *OpenDicom(*little)), "") << row["path"];
    ++tried;
  }
  EXPECT_GE(tried, 3);
}

// PS3.3 C.7.6.1.1.5
TEST(Transcode, WhatWasLossyOnceIsCalledSo) {
  if (!shared_data()) GTEST_SKIP() << "the shared test data is missing";
  TempStore store;
  int tried = 0;
  for (const ManifestRow& row : manifest()) {
    if (!row["path"].starts_with("transfer_syntaxes/ctimage/")) continue;
    const std::string bytes = read_whole_file(row.file);
    const OpenDicom file(bytes);
    const auto pixels = describe_pixels(*file);
    if (!file->syntax->encapsulated || !pixels || !decode_frame(*file, *pixels, 0)) continue;
    const bool lossy = decode_frame(*file, *pixels, 0)->lossy;
    const auto native = transcoded(store, bytes, uids::ExplicitVRLittleEndian);
    ASSERT_OK(native) << row["path"];
    const auto before = file->dataset.text_or(tags::LossyImageCompression, "");
    EXPECT_EQ(OpenDicom(*native)->dataset.text_or(tags::LossyImageCompression, ""),
              lossy ? "01" : before)
        << row["path"];
    tried += lossy;
  }
  EXPECT_GE(tried, 2);
}

// A frame of 8 x 8 in JPEG Baseline without the markers that would tell its colours.
std::string bare_jpeg() {
  const std::string rows(8 * 8 * 3, '\x80');
  const Raster raster{8, 8, 3, 1, bytes_of(rows)};
  auto jpeg = TempStore::require(encode_jpeg(raster, 90));
  const std::size_t app0 = 2;  // after the start of the image
  const auto length = static_cast<unsigned char>(jpeg[app0 + 2]) * 256u +
                      static_cast<unsigned char>(jpeg[app0 + 3]);
  EXPECT_EQ(static_cast<unsigned char>(jpeg[app0 + 1]), 0xe0);
  jpeg.erase(app0, 2 + length);
  if (jpeg.size() % 2 != 0) jpeg += '\0';
  return jpeg;
}

std::string item_of(const std::string& bytes) {
  std::string item("\xfe\xff\x00\xe0", 4);
  for (int i = 0; i < 4; ++i) item += static_cast<char>(bytes.size() >> 8 * i);
  return item + bytes;
}

DicomBuilder in_jpeg(std::string_view photometric) {
  return make_dicom()
      .pixels(8, 8, 8)
      .set(tags::SamplesPerPixel, "3")
      .set(tags::PhotometricInterpretation, photometric)
      .set(tags::PlanarConfiguration, "0")
      .in("1.2.840.10008.1.2.4.50")
      .set_bytes(tags::PixelData, Vr::OB, item_of("") + item_of(bare_jpeg()));
}

TEST(Transcode, LossOnceDeniedIsTold) {
  TempStore store;
  const auto native =
      transcoded(store, in_jpeg("YBR_FULL_422").set(tags::LossyImageCompression, "00").bytes(),
                 uids::ExplicitVRLittleEndian);

  ASSERT_OK(native);
  EXPECT_EQ(OpenDicom(*native)->dataset.text(tags::LossyImageCompression), "01");
}

// PS3.3 C.7.6.3.1.2: natively it would have two samples a pixel.
TEST(Transcode, PartialLuminanceBecomesRgb) {
  TempStore store;
  const auto native =
      transcoded(store, in_jpeg("YBR_PARTIAL_422").bytes(), uids::ExplicitVRLittleEndian);

  ASSERT_OK(native);
  const OpenDicom made(*native);
  EXPECT_EQ(made->dataset.text(tags::PhotometricInterpretation), "RGB");
  EXPECT_EQ(made->dataset.find(tags::PixelData)->length, 8 * 8 * 3);
  EXPECT_OK(describe_pixels(*made));
}

TEST(Transcode, WhatTellsOfFragmentsGoesWithThem) {
  TempStore store;
  constexpr Tag kTotalLength{0x7fe0, 0x0003};  // EncapsulatedPixelDataValueTotalLength
  auto dicom = in_jpeg("YBR_FULL_422");
  dicom.set_bytes(kTotalLength, Vr::UV, std::string("\x40\2\0\0\0\0\0\0", 8));

  const auto native = transcoded(store, dicom.bytes(), uids::ExplicitVRLittleEndian);

  ASSERT_OK(native);
  EXPECT_FALSE(OpenDicom(*native)->dataset.contains(kTotalLength));
}

// An icon in JPEG cannot stand in a native data set; what it is in can.
TEST(Transcode, AnIconInASequenceGoesAlone) {
  constexpr Tag kReferencedImages{0x0008, 0x1140}, kIcon{0x0088, 0x0200};
  TempStore store;
  auto dicom = in_jpeg("YBR_FULL_422");
  Dataset& reference = dicom.dataset().add_item(kReferencedImages);
  reference.set_text(tags::ReferencedSOPInstanceUID, "1.2.3");
  reference.add_item(kIcon).set(*dicom.dataset().find(tags::PixelData));

  const auto native = transcoded(store, dicom.bytes(), uids::ExplicitVRLittleEndian);

  ASSERT_OK(native);
  const OpenDicom made(*native);
  const Dataset* kept = made->dataset.item(kReferencedImages);
  ASSERT_NE(kept, nullptr);
  EXPECT_EQ(kept->text(tags::ReferencedSOPInstanceUID), "1.2.3");
  EXPECT_FALSE(kept->contains(kIcon));
}

class OffsetTables : public testing::TestWithParam<OffsetTable> {};

TEST_P(OffsetTables, LeadToEachFrame) {
  TempStore store;
  const auto dicom = make_dicom().pixels(2, 2, 16, 3);
  const TransferSyntax& rle = *find_transfer_syntax(uids::RLELossless);
  const OpenDicom source(dicom.bytes());
  const auto pixels = describe_pixels(*source);
  ASSERT_OK(pixels);
  auto made = store->spool();
  ASSERT_OK(made);
  auto without = make_dicom().pixels(2, 2, 16, 3).in(uids::RLELossless).erase(tags::PixelData);
  ASSERT_OK(made->append(bytes_of(without.bytes())));

  EncapsulatedPixels out(*made, GetParam());
  ASSERT_OK(out.begin(3, rle));
  for (int n = 0; n < 3; ++n)
    ASSERT_OK(out.append(*compress_frame(*find_encoder(rle), *decode_frame(*source, *pixels, n))));
  ASSERT_OK(out.end());

  const OpenDicom back(content_of(*made));
  EXPECT_EQ(back->dataset.contains(tags::ExtendedOffsetTable), GetParam() == OffsetTable::extended);
  EXPECT_EQ(difference(*source, *back), "");
  EXPECT_FALSE(back->truncated);
}
INSTANTIATE_TEST_SUITE_P(Both, OffsetTables,
                         testing::Values(OffsetTable::basic, OffsetTable::extended));

TEST(OffsetTable, IsExtendedWhere32BitsMightNotDo) {
  EXPECT_EQ(offset_table_for(1 << 20), OffsetTable::basic);
  EXPECT_EQ(offset_table_for(std::int64_t{3} << 30), OffsetTable::extended);
}

}  // namespace
}  // namespace dcmfs
