#include "store/dicom/text.h"

#include <random>

#include <gtest/gtest.h>

namespace dcmfs {
namespace {

// Bytes in which valid, composed, broken and plain text is all likely.
std::string random_text(std::mt19937& random) {
  static constexpr std::string_view kPieces[] = {"a",
                                                 "B",
                                                 " ",
                                                 "^",
                                                 "=",
                                                 "é",
                                                 "e\u0301",
                                                 "Ł",
                                                 "ß",
                                                 "İ",
                                                 "ǅ",
                                                 "ﬁ",
                                                 "\u0301",
                                                 "\u0345",
                                                 "ᾳ",
                                                 "が",
                                                 "か\u3099",
                                                 "각",
                                                 "각",
                                                 "มี",
                                                 "\xC3",
                                                 "\xFF",
                                                 "\xED\xA0\x80",
                                                 "\xF0\x9F",
                                                 "👩‍👩‍👧",
                                                 "🇨🇭",
                                                 "\u0323",
                                                 "ơ",
                                                 "\u212B",
                                                 "\0"};
  std::string text;
  for (auto n = random() % 12; n > 0; --n) text += kPieces[random() % std::size(kPieces)];
  return text;
}

TEST(Text, ValidUtf8IsToldFromBytesThatOnlyLookLikeIt) {
  EXPECT_TRUE(is_valid_utf8(""));
  EXPECT_TRUE(is_valid_utf8("Müller 山田 𠮷"));
  EXPECT_FALSE(is_valid_utf8("M\xFCller"));
  EXPECT_FALSE(is_valid_utf8("\xC0\xAF")) << "overlong";
  EXPECT_FALSE(is_valid_utf8("\xED\xA0\x80")) << "a surrogate";
  EXPECT_FALSE(is_valid_utf8("\xF4\x90\x80\x80")) << "above U+10FFFF";
  EXPECT_FALSE(is_valid_utf8("\xE5\xB1")) << "cut short";
}

TEST(Text, RepairReplacesWhatIsInvalidAndNothingElse) {
  EXPECT_EQ(repair_utf8("Müller"), "Müller");
  EXPECT_EQ(repair_utf8("M\xFCller\xE5"), "M\uFFFDller\uFFFD");
}

TEST(Text, NfcComposes) {
  EXPECT_EQ(to_nfc("e\u0301"), "é");
  EXPECT_EQ(to_nfc("\u1112\u1161\u11AB"), "한");
  EXPECT_EQ(to_nfc("\u212B"), "Å");
}

TEST(Text, FoldForgetsCaseAndAccents) {
  const char* const kSame[][2] = {
      {"MÜLLER", "muller"}, {"Jérôme", "JEROME"},       {"STRASSE", "Straße"}, {"Łukasz", "lukasz"},
      {"Søren", "soren"},   {"Yılmaz", "YILMAZ"},       {"İpek", "ipek"},      {"Dvořák", "DVORAK"},
      {"ΕΛΈΝΗ", "ελενη"},   {"Διονυσιος", "ΔΙΟΝΥΣΙΟΣ"}, {"чехов", "ЧЕХОВ"},    {"e\u0301", "É"},
      {"Nguyễn", "nguyen"}, {"أحمد", "احمد"},
  };
  for (const auto& [one, other] : kSame) EXPECT_EQ(fold(one), fold(other)) << one << " " << other;
}

TEST(Text, FoldKeepsMarksThatAreLetters) {
  EXPECT_NE(fold("มาลี"), fold("มาล"));
  EXPECT_NE(fold("が"), fold("か"));
  EXPECT_EQ(fold("홍길동"), "홍길동");
}

TEST(Text, FoldOfAFoldedTextChangesNothing) {
  std::mt19937 random(20260101);
  for (int i = 0; i < 20000; ++i) {
    const auto text = random_text(random);
    const auto folded = fold(text);
    ASSERT_EQ(fold(folded), folded) << testing::PrintToString(text);
    ASSERT_EQ(fold(to_nfc(text)), folded) << testing::PrintToString(text);
    ASSERT_TRUE(is_valid_utf8(folded));
  }
}

TEST(Text, CutEndsBetweenGraphemes) {
  EXPECT_EQ(cut_utf8("Müller", 2), "M");
  EXPECT_EQ(cut_utf8("Müller", 3), "Mü");
  EXPECT_EQ(cut_utf8("Müller", 7), "Müller");
  EXPECT_EQ(cut_utf8("ae\u0301", 3), "a") << "the accent would be lost";
  EXPECT_EQ(cut_utf8("👩‍👩‍👧", 10), "");
  EXPECT_EQ(cut_utf8("", 0), "");
  EXPECT_EQ(cut_utf8("abc", 0), "");
}

TEST(Text, CutIsAPrefixWithinItsLimitThatStaysValid) {
  std::mt19937 random(7);
  for (int i = 0; i < 20000; ++i) {
    const auto text = random_text(random);
    const auto limit = random() % 20;
    const auto cut = cut_utf8(text, limit);
    ASSERT_LE(cut.size(), limit);
    ASSERT_TRUE(text.starts_with(cut));
    ASSERT_TRUE(!is_valid_utf8(text) || is_valid_utf8(cut)) << testing::PrintToString(text);
  }
}

TEST(Text, TrimRemovesSpacesAndThePaddingNul) {
  using namespace std::string_view_literals;
  EXPECT_EQ(trim("  a b \0"sv), "a b");
  EXPECT_EQ(trim_right("  a b \0"sv), "  a b");
  EXPECT_EQ(trim(" \0 "sv), "");
}

TEST(Text, SplitKeepsEmptyParts) {
  using Parts = std::vector<std::string_view>;
  EXPECT_EQ(split("", '\\'), Parts({""}));
  EXPECT_EQ(split("a\\\\b\\", '\\'), Parts({"a", "", "b", ""}));
}

}  // namespace
}  // namespace dcmfs
