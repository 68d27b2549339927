// Every number of bits from 1 to 32, signed and unsigned, and pixels that are packed without gaps
// (PS3.5 before 2004, 8.1.1 and annex D).
#include <cmath>
#include <random>

#include <gmock/gmock.h>

#include "store/image/render.h"
#include "store/image/values.h"
#include "tests/store/image/open_dicom.h"
#include "tests/support/make_dicom.h"
#include "tests/support/ok.h"

namespace dcmfs {
namespace {

using testing::ElementsAre;

// `values` of `allocated` bits each, the lowest bit first.
std::string packed(const std::vector<std::int64_t>& values, int allocated) {
  std::string out((values.size() * static_cast<std::size_t>(allocated) + 7) / 8, '\0');
  std::size_t bit = 0;
  for (const std::int64_t value : values) {
    for (int i = 0; i < allocated; ++i, ++bit) {
      if ((value >> i & 1) != 0) out[bit / 8] = static_cast<char>(out[bit / 8] | 1 << bit % 8);
    }
  }
  out.resize(out.size() + out.size() % 2);
  return out;
}

struct Depth {
  int allocated, stored;
  bool is_signed;
};

DicomBuilder image(const std::vector<std::int64_t>& values, Depth depth, int frames = 1) {
  return make_dicom()
      .pixels(1, static_cast<int>(values.size()) / frames, 8, frames)
      .set(tags::BitsAllocated, std::to_string(depth.allocated))
      .set(tags::BitsStored, std::to_string(depth.stored))
      .set(tags::HighBit, std::to_string(depth.stored - 1))
      .set(tags::PixelRepresentation, depth.is_signed ? "1" : "0")
      .set_bytes(tags::PixelData, depth.allocated <= 8 ? Vr::OB : Vr::OW,
                 packed(values, depth.allocated));
}

std::vector<std::int64_t> unpacked(const DicomBuilder& dicom, int frame = 0) {
  const OpenDicom file(dicom.bytes());
  const auto pixels = describe_pixels(*file);
  const auto got = pixels ? decode_frame(*file, *pixels, frame) : Result<Frame>(pixels.error());
  if (!got) {
    ADD_FAILURE() << got.error().message;
    return {};
  }
  return with_values(*got, [](auto values) {
    std::vector<std::int64_t> out;
    for (const auto value : values) out.push_back(static_cast<std::int64_t>(value));
    return out;
  });
}

// 0xABC and 0x123 stand as BC 3A 12 in a row of bytes.
TEST(PackedPixels, TwelveBitsInARow) {
  auto dicom = image({0, 0}, {12, 12, false});
  dicom.set_bytes(tags::PixelData, Vr::OW, std::string("\xbc\x3a\x12\x00", 4));

  EXPECT_THAT(unpacked(dicom), ElementsAre(0xabc, 0x123));
}

TEST(PackedPixels, OfAFrameThatBeginsInsideAByte) {
  const auto dicom = image({1, 2, 3, 4, 5, 6, 7, 8, 9}, {12, 12, false}, 3);

  EXPECT_THAT(unpacked(dicom, 0), ElementsAre(1, 2, 3));
  EXPECT_THAT(unpacked(dicom, 1), ElementsAre(4, 5, 6));
  EXPECT_THAT(unpacked(dicom, 2), ElementsAre(7, 8, 9));
}

TEST(PackedPixels, InBigEndianAreTheSameWords) {
  auto dicom = image({0xabc, 0x123, 0x456, 0x789}, {12, 12, false}).in(uids::ExplicitVRBigEndian);

  EXPECT_THAT(unpacked(dicom), ElementsAre(0xabc, 0x123, 0x456, 0x789));
}

TEST(PackedPixels, AreOnlyTakenForItIfTheirLengthSaysSo) {
  const OpenDicom file(make_dicom()
                           .pixels(4, 4, 12)  // in words of 16
                           .set(tags::BitsAllocated, "12")
                           .bytes());

  EXPECT_EQ(describe_pixels(*file).error().code, Errc::corrupt);
}

TEST(PackedPixels, OfMoreThan32BitsAreRefused) {
  const OpenDicom file(image({1, 2}, {40, 40, false}).bytes());

  EXPECT_EQ(describe_pixels(*file).error().code, Errc::not_supported);
}

TEST(PixelDepth, EveryNumberOfBitsKeepsItsValues) {
  std::mt19937_64 random(20240119);
  for (int allocated = 1; allocated <= 32; ++allocated) {
    for (const int stored : {allocated, (allocated + 1) / 2}) {
      for (const bool is_signed : {false, true}) {
        if (is_signed && stored == 1) continue;
        SCOPED_TRACE(std::to_string(allocated) + "/" + std::to_string(stored));
        const std::int64_t range = std::int64_t{1} << stored;
        const std::int64_t low = is_signed ? -range / 2 : 0;
        std::vector<std::int64_t> values{low, low + range - 1, 0};
        while (values.size() < 17) {
          values.push_back(low +
                           static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(range)));
        }
        std::vector<std::int64_t> written = values;
        for (auto& value : written) value &= range - 1;  // without the sign above BitsStored

        EXPECT_EQ(unpacked(image(written, {allocated, stored, is_signed})), values);
      }
    }
  }
}

// Lowest and highest are black and white, whatever the number of bits.
TEST(PixelDepth, EveryNumberOfBitsIsShownFromBlackToWhite) {
  for (int bits = 2; bits <= 32; ++bits) {
    const std::int64_t highest = (std::int64_t{1} << bits) - 1;
    const OpenDicom file(image({0, highest, highest / 3, highest}, {bits, bits, false}).bytes());

    const auto picture = render(*file, {});

    ASSERT_OK(picture);
    EXPECT_THAT(picture->pixels,
                ElementsAre(0, 255, std::lround(double(highest / 3) / double(highest) * 255), 255))
        << bits;
  }
}

}  // namespace
}  // namespace dcmfs
