#include "store/image/icc.h"

#include <gmock/gmock.h>

#include "store/image/encode.h"
#include "store/image/picture_tags.h"
#include "tests/store/image/open_dicom.h"
#include "tests/support/make_dicom.h"
#include "tests/support/ok.h"

namespace dcmfs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Picture red() {
  return {1, 1, 3, {255, 0, 0}};
}
std::string profile_named(const char* space, Picture& picture, IccProfile wanted) {
  const OpenDicom file(make_dicom().set(picture_tags::ColorSpace, space).bytes());
  auto made = apply_profile(picture, {&*file}, wanted);
  EXPECT_OK(made);
  return made ? *made : "";
}

TEST(IccProfile, OfANamedSpaceIsConvertedToAnother) {
  Picture picture = red();
  const auto profile = profile_named("SRGB", picture, IccProfile::adobe_rgb);

  EXPECT_THAT(profile, HasSubstr("acsp"));
  // Adobe RGB (1998), annex C: sRGB's red.
  EXPECT_NEAR(picture.pixels[0], 219, 1);
  EXPECT_NEAR(picture.pixels[1], 0, 1);
}

TEST(IccProfile, OfItsOwnLeavesTheColours) {
  Picture picture = red();
  EXPECT_FALSE(profile_named("ROMMRGB", picture, IccProfile::own).empty());
  EXPECT_THAT(picture.pixels, ElementsAre(255, 0, 0));
}

TEST(IccProfile, IsTheSameWheneverItIsMade) {
  Picture picture = red();
  const auto profile = profile_named("DISPLAYP3", picture, IccProfile::own);
  EXPECT_EQ(profile, profile_named("DISPLAYP3", picture, IccProfile::own));
  EXPECT_NE(profile, profile_named("SRGB", picture, IccProfile::own));
}

TEST(IccProfile, OfTheFileIsReadAlsoFromTheOpticalPath) {
  Picture picture = red();
  const auto profile = profile_named("ADOBERGB", picture, IccProfile::own);
  DicomBuilder slide = make_dicom();
  slide.dataset()
      .add_item(picture_tags::OpticalPathSequence)
      .set_bytes(picture_tags::ICCProfile, Vr::OB, profile);
  const OpenDicom file(slide.bytes());

  const auto own = apply_profile(picture, {nullptr, &*file}, IccProfile::own);

  ASSERT_OK(own);
  EXPECT_THAT(*own, HasSubstr("acsp"));
  EXPECT_THAT(picture.pixels, ElementsAre(255, 0, 0));
  ASSERT_OK(apply_profile(picture, {&*file}, IccProfile::srgb));
  EXPECT_EQ(picture.pixels[0], 255);  // clipped: it was redder
}

TEST(IccProfile, ThatIsNoneOrDamagedIsNotPassedOn) {
  Picture grey{1, 1, 1, {9}}, picture = red();
  const auto profile = profile_named("SRGB", picture, IccProfile::own);
  const auto refused = [&](const std::string& bytes) {
    const OpenDicom file(make_dicom().set_bytes(picture_tags::ICCProfile, Vr::OB, bytes).bytes());
    const auto made = apply_profile(picture, {&*file}, IccProfile::own);
    return !made && made.error().code == Errc::not_supported;
  };

  EXPECT_FALSE(refused(profile));
  EXPECT_TRUE(refused("no profile"));
  EXPECT_TRUE(refused(profile.substr(0, 140)));
  EXPECT_TRUE(refused(std::string(5000, '\xff')));
  std::string of_cmyk = profile;
  of_cmyk.replace(16, 4, "CMYK");
  EXPECT_TRUE(refused(of_cmyk));
  const OpenDicom without(make_dicom().bytes());
  EXPECT_FALSE(apply_profile(picture, {&*without}, IccProfile::srgb));
  EXPECT_FALSE(apply_profile(grey, {&*without}, IccProfile::srgb));
  EXPECT_THAT(picture.pixels, ElementsAre(255, 0, 0));
}

TEST(IccProfile, WithRandomDamageHarmsNothing) {
  Picture picture = red();
  const auto profile = profile_named("SRGB", picture, IccProfile::own);
  std::uint32_t random = 1;
  const auto next = [&random] { return random = random * 1664525 + 1013904223; };
  for (int i = 0; i < 50; ++i) {
    std::string damaged = profile;
    for (int n = 0; n < 4; ++n)
      damaged[(next() >> 8) % damaged.size()] = static_cast<char>(next() >> 16);
    const OpenDicom file(make_dicom().set_bytes(picture_tags::ICCProfile, Vr::OB, damaged).bytes());
    Picture shown = red();
    for (const auto wanted : {IccProfile::own, IccProfile::romm_rgb}) {
      const auto made = apply_profile(shown, {&*file}, wanted);
      // Whether libpng likes it is its own business.
      if (made) {
        (void)encode_png(raster_of(shown), kFastPng, *made);
        EXPECT_OK(encode_jpeg(raster_of(shown), 90, *made));
      }
    }
  }
}

TEST(Encoders, PutTheProfileIntoTheFile) {
  Picture picture = red();
  const auto profile = profile_named("SRGB", picture, IccProfile::own);

  const auto png = encode_png(raster_of(picture), kFastPng, profile);
  const auto jpeg = encode_jpeg(raster_of(picture), 90, profile);

  ASSERT_OK(png);
  EXPECT_THAT(*png, HasSubstr("iCCP"));
  ASSERT_OK(jpeg);
  EXPECT_THAT(*jpeg, HasSubstr(std::string("ICC_PROFILE\0\x01\x01", 14) + profile.substr(0, 64)));
  EXPECT_FALSE(encode_jpeg(raster_of(picture), 90, std::string(20 << 20, 'x')));
}

}  // namespace
}  // namespace dcmfs
