#include <gmock/gmock.h>

#include "store/image/values.h"
#include "tests/store/image/open_dicom.h"
#include "tests/support/make_dicom.h"
#include "tests/support/ok.h"

namespace dcmfs {
namespace {

using testing::ElementsAre;

Result<PixelDescription> described(const DicomBuilder& dicom) {
  const OpenDicom file(dicom.bytes());
  return describe_pixels(*file);
}

std::vector<int> decoded(const DicomBuilder& dicom, int frame = 0) {
  const OpenDicom file(dicom.bytes());
  const auto pixels = describe_pixels(*file);
  if (!pixels) {
    ADD_FAILURE() << pixels.error().message;
    return {};
  }
  const auto values = decode_frame(*file, *pixels, frame);
  if (!values) {
    ADD_FAILURE() << values.error().message;
    return {};
  }
  return with_values(*values, [](auto span) { return std::vector<int>(span.begin(), span.end()); });
}

TEST(Describe, TellsWhatTheAttributesSay) {
  const auto pixels = described(make_dicom().pixels(2, 3, 12, 5));

  ASSERT_OK(pixels);
  EXPECT_EQ(pixels->rows, 2);
  EXPECT_EQ(pixels->columns, 3);
  EXPECT_EQ(pixels->frames, 5);
  EXPECT_EQ(pixels->bits_allocated, 16);
  EXPECT_EQ(pixels->bits_stored, 12);
  EXPECT_EQ(pixels->high_bit, 11);
  EXPECT_EQ(pixels->channels(), 1);
}

TEST(Describe, AnInstanceWithoutPixelsIsNoError) {
  EXPECT_EQ(described(make_dicom()).error().code, Errc::not_found);
}

// ACR-NEMA files are met that have no more than this.
TEST(Describe, FillsInWhatAcrNemaDidNotKnow) {
  const auto pixels = described(make_dicom()
                                    .pixels(2, 3, 16)
                                    .erase(tags::SamplesPerPixel)
                                    .erase(tags::PhotometricInterpretation)
                                    .erase(tags::HighBit)
                                    .set(tags::NumberOfFrames, ""));

  ASSERT_OK(pixels);
  EXPECT_EQ(pixels->frames, 1);
  EXPECT_EQ(pixels->photometric_interpretation, "MONOCHROME2");
  EXPECT_EQ(pixels->high_bit, 15);
}

TEST(Describe, PixelDataShorterThanItsFramesIsCorrupt) {
  auto dicom = make_dicom().pixels(2, 3, 16, 2).set(tags::NumberOfFrames, "3");

  EXPECT_EQ(described(dicom).error().code, Errc::corrupt);
}

TEST(Describe, AFileCutInsideItsPixelsIsNotShown) {
  std::string bytes = make_dicom().pixels(512, 512, 16).bytes();
  bytes.resize(bytes.size() - 1);
  const OpenDicom file(std::move(bytes));

  EXPECT_FALSE(describe_pixels(*file).ok());
}

struct Contradiction {
  Tag tag;
  const char* value;
  Errc code;
};

TEST(Describe, AttributesThatContradictEachOtherHaveNoPicture) {
  const Contradiction cases[] = {
      {tags::Rows, "0", Errc::corrupt},
      {tags::BitsAllocated, "24", Errc::corrupt},  // the pixels are too short for it
      {tags::BitsAllocated, "40", Errc::not_supported},
      {tags::BitsStored, "17", Errc::corrupt},
      {tags::HighBit, "3", Errc::corrupt},
      {tags::HighBit, "16", Errc::corrupt},
      {tags::PixelRepresentation, "2", Errc::corrupt},
      {tags::SamplesPerPixel, "3", Errc::corrupt},
      {tags::PhotometricInterpretation, "HSV", Errc::corrupt},  // of one sample
      {tags::PhotometricInterpretation, "YBR_PARTIAL_420", Errc::not_supported},
      {tags::NumberOfFrames, "-1", Errc::corrupt},
  };
  for (const Contradiction& wrong : cases) {
    const auto pixels = described(make_dicom().pixels(4, 4, 12).set(wrong.tag, wrong.value));

    ASSERT_FALSE(pixels.ok()) << keyword_of(wrong.tag);
    EXPECT_EQ(pixels.error().code, wrong.code) << keyword_of(wrong.tag);
  }
}

TEST(Describe, SharedChrominanceNeedsAnEvenNumberOfColumns) {
  auto dicom = make_dicom()
                   .pixels(2, 3, 8)
                   .set(tags::SamplesPerPixel, "3")
                   .set(tags::PlanarConfiguration, "0")
                   .set(tags::PhotometricInterpretation, "YBR_FULL_422")
                   .set_bytes(tags::PixelData, Vr::OB, std::string(12, '\x80'));

  EXPECT_EQ(described(dicom).error().code, Errc::corrupt);
}

DicomBuilder bits(int columns, int frames, std::string bytes) {
  return make_dicom()
      .pixels(1, columns, 8, frames)
      .set(tags::BitsAllocated, "1")
      .set(tags::BitsStored, "1")
      .set(tags::HighBit, "0")
      .set_bytes(tags::PixelData, Vr::OB, std::move(bytes));
}

// PS3.5 8.1.1: frames follow each other without padding, the lowest bit first.
TEST(Native, AFrameOfBitsBeginsInTheMiddleOfAByte) {
  auto dicom = bits(5, 3, std::string("\x5b\x35", 2));  // 11011 010 10 10110 0

  EXPECT_THAT(decoded(dicom, 0), ElementsAre(1, 1, 0, 1, 1));
  EXPECT_THAT(decoded(dicom, 1), ElementsAre(0, 1, 0, 1, 0));
  EXPECT_THAT(decoded(dicom, 2), ElementsAre(1, 0, 1, 1, 0));
}

TEST(Native, EveryFrameIsItsOwn) {
  auto dicom = make_dicom().pixels(1, 2, 8, 3);

  EXPECT_THAT(decoded(dicom, 0), ElementsAre(0, 1));
  EXPECT_THAT(decoded(dicom, 2), ElementsAre(4, 5));
}

TEST(Native, SignedValuesAreExtended) {
  auto dicom = make_dicom()
                   .pixels(1, 2, 12)
                   .set(tags::PixelRepresentation, "1")
                   .set_bytes(tags::PixelData, Vr::OW, std::string("\xff\xff\xff\xa7", 4));

  EXPECT_THAT(decoded(dicom), ElementsAre(-1, 0x7ff));
}

TEST(Native, WhatIsAboveTheHighestBitIsCleared) {
  auto dicom = make_dicom().pixels(1, 2, 12).set_bytes(tags::PixelData, Vr::OW,
                                                       std::string("\xff\xff\x01\xf0", 4));

  EXPECT_THAT(decoded(dicom), ElementsAre(0xfff, 1));
}

TEST(Native, BigEndianIsTheSame) {
  for (const int width : {8, 12, 16}) {
    auto dicom = make_dicom().pixels(3, 3, width, 2);
    const auto little = decoded(dicom, 1);

    EXPECT_EQ(decoded(dicom.in(uids::ExplicitVRBigEndian), 1), little) << width;
  }
}

TEST(Native, EightBitsInWordsOfBigEndianAreTurned) {
  auto dicom = make_dicom()
                   .pixels(1, 3, 8, 2)
                   .set_bytes(tags::PixelData, Vr::OW, std::string("\0\1\2\3\4\5", 6))
                   .in(uids::ExplicitVRBigEndian);

  EXPECT_THAT(decoded(dicom, 0), ElementsAre(0, 1, 2));
  EXPECT_THAT(decoded(dicom, 1), ElementsAre(3, 4, 5));
}

TEST(Native, ADeflatedDataSetIsTheSame) {
  auto dicom = make_dicom().pixels(64, 64, 16, 2);
  const auto plain = decoded(dicom, 1);

  EXPECT_EQ(decoded(dicom.in(uids::DeflatedExplicitVRLittleEndian), 1), plain);
}

TEST(Native, FramesMayStandInFragments) {
  const std::string item("\xfe\xff\x00\xe0", 4);
  const std::string length("\x02\0\0\0", 4), none("\0\0\0\0", 4);
  auto dicom = make_dicom()
                   .pixels(1, 2, 8, 2)
                   .in("1.2.840.10008.1.2.1.98")
                   .set_bytes(tags::PixelData, Vr::OB,
                              item + none + item + length + "ab" + item + length + "cd");

  EXPECT_THAT(decoded(dicom, 0), ElementsAre('a', 'b'));
  EXPECT_THAT(decoded(dicom, 1), ElementsAre('c', 'd'));
}

}  // namespace
}  // namespace dcmfs
