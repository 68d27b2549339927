#include "store/image/text_overlay.h"

#include <algorithm>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "tests/support/ok.h"

namespace dcmfs {
namespace {

class Text : public testing::Test {
 protected:
  void SetUp() override {
    if (!text_can_be_drawn()) GTEST_SKIP() << "no font is installed";
  }
  static Mask mask(std::string_view text, int size = 20) {
    auto made = text_mask(text, size);
    EXPECT_OK(made);
    return made ? *std::move(made) : Mask{};
  }
};

bool operator==(const Mask& a, const Mask& b) {
  return a.width == b.width && a.height == b.height && a.coverage == b.coverage;
}

TEST_F(Text, IsAsHighAsItIsWantedAndAsWideAsItIsLong) {
  EXPECT_GT(mask("mm").width, mask("m").width);
  EXPECT_GT(mask("m", 40).width, mask("m", 20).width);
  EXPECT_EQ(mask("m").height, mask("Äj").height);
  EXPECT_GE(mask("m").height, 20);
  EXPECT_LE(mask("m").height, 30);
  EXPECT_GT(std::ranges::max(mask("m").coverage), 200);
}

TEST_F(Text, OtherScriptsHaveOtherLetters) {
  EXPECT_FALSE(mask("Ж") == mask("Ω"));
  EXPECT_FALSE(mask("é") == mask("e"));
}

// U+202D: what follows is from left to right, whatever it is.
TEST_F(Text, FromRightToLeftStandsAsItIsRead) {
  EXPECT_TRUE(mask("אב") == mask("\u202Dבא\u202C"));
  EXPECT_FALSE(mask("אב") == mask("בא"));
}

TEST_F(Text, OfAFileHarmsNothing) {
  EXPECT_TRUE(mask("a\x01\x1b[31m\nb") == mask("a[31mb"));
  EXPECT_GT(mask("\xff\xfe\xc3").width, 0);
  EXPECT_EQ(mask("").width, 1);
  const std::string long_text(1 << 20, 'm');
  EXPECT_TRUE(mask(long_text) == mask(long_text.substr(0, 512)));
  EXPECT_LE(mask(long_text, 1 << 30).width, 8'200);
}

TEST_F(Text, IsReadableOnBlackAndOnWhite) {
  for (const std::uint8_t background : {std::uint8_t{0}, std::uint8_t{255}}) {
    Picture picture{60, 30, 1, {}};
    picture.pixels.assign(60 * 30, background);
    Canvas canvas(picture);

    draw_text(canvas, mask("Hm"), 20, 5, 2);

    EXPECT_EQ(std::ranges::max(picture.pixels), 255);
    EXPECT_EQ(std::ranges::min(picture.pixels), 0);
  }
}

TEST_F(Text, IsMadeByManyThreads) {
  const Mask expected = mask("threads");
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 50; ++n) {
        EXPECT_TRUE(mask("threads") == expected);
        mask("other", 30 + n);
      }
    });
}

}  // namespace
}  // namespace dcmfs
