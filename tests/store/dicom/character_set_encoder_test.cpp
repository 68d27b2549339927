// CharacterSet::from_utf8()
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "store/dicom/character_set.h"
#include "store/dicom/text.h"
#include "tests/store/dicom/character_set_examples.h"

namespace dcmfs {
namespace {

std::optional<std::string> encode(std::string_view term, std::string_view text, Vr vr = Vr::PN) {
  return CharacterSet::parse(term).from_utf8(text, vr);
}

TEST(CharacterSetEncoder, NamesOfTheStandardAreEncodedAsThere) {
  for (const auto& [term, bytes, text, as_we_write] : kEncodedNames) {
    const auto encoded = encode(term, text);
    ASSERT_TRUE(encoded) << term << " " << text;
    if (as_we_write) {
      EXPECT_EQ(*encoded, bytes) << term << " " << text;
    }
    EXPECT_EQ(CharacterSet::parse(term).to_utf8(*encoded, Vr::PN), text) << term;
  }
}

TEST(CharacterSetEncoder, WhatASetLacksIsNotEncoded) {
  EXPECT_EQ(encode("", "Jérôme"), std::nullopt);
  EXPECT_EQ(encode("ISO_IR 100", "山田"), std::nullopt);
  EXPECT_EQ(encode("ISO_IR 100", "Dvořák"), std::nullopt);
  EXPECT_EQ(encode("ISO_IR 144", "Jérôme"), std::nullopt);
  EXPECT_EQ(encode("\\ISO 2022 IR 87", "김희중"), std::nullopt);
  EXPECT_EQ(encode("\\ISO 2022 IR 149", "Jérôme"), std::nullopt);
  EXPECT_EQ(encode("GBK", "𠮷"), std::nullopt);
  EXPECT_EQ(encode("ISO_IR 100", "e\u0301"), std::nullopt) << "a combining accent";
}

TEST(CharacterSetEncoder, AsciiIsTheSameEverywhere) {
  for (const auto* term :
       {"", "ISO_IR 100", "ISO_IR 192", "GB18030", "\\ISO 2022 IR 87", "ISO_IR 13"})
    EXPECT_EQ(encode(term, "DOE^JOHN "), "DOE^JOHN ") << term;
}

TEST(CharacterSetEncoder, JisX0201HasTwoOtherSigns) {
  EXPECT_EQ(encode("ISO_IR 13", "a~b", Vr::LO), std::nullopt);
  EXPECT_EQ(encode("ISO_IR 13", "a\u203Eb", Vr::LO), "a~b");
  EXPECT_EQ(encode("ISO_IR 13", "\u00A5 100", Vr::LT), "\\ 100");
  EXPECT_EQ(encode("ISO_IR 13", "\u00A5 100", Vr::LO), std::nullopt) << "the delimiter of values";
  EXPECT_EQ(encode("ISO 2022 IR 13\\ISO 2022 IR 6", "~ｱ", Vr::LO), "\x1b(B~\xb1\x1b(J");
}

// PS3.5 6.1.2.5.3
TEST(CharacterSetEncoder, TheFirstSetIsActiveAtEachDelimiter) {
  constexpr auto* kTerm = "ISO 2022 IR 100\\ISO 2022 IR 144";
  EXPECT_EQ(encode(kTerm, "Л^é"), "\x1b-L\xbb\x1b-A^\xe9");
  EXPECT_EQ(encode(kTerm, "Л\\é", Vr::LO), "\x1b-L\xbb\x1b-A\\\xe9");
  EXPECT_EQ(encode(kTerm, "Л\r\né", Vr::LT), "\x1b-L\xbb\x1b-A\r\n\xe9");
  EXPECT_EQ(encode("\\ISO 2022 IR 87", "山a田", Vr::LO), "\x1b$B;3\x1b(Ba\x1b$BED\x1b(B");
}

TEST(CharacterSetEncoder, VrsWithoutCharacterSetAreAscii) {
  EXPECT_EQ(encode("ISO_IR 192", "é", Vr::CS), std::nullopt);
  EXPECT_EQ(encode("ISO_IR 13", "a~b", Vr::UI), "a~b");
}

TEST(CharacterSetEncoder, InvalidUtf8IsNotEncoded) {
  EXPECT_EQ(encode("ISO_IR 192", "\xff"), std::nullopt);
  EXPECT_EQ(encode("ISO_IR 100", "\xc3"), std::nullopt);
}

TEST(CharacterSetEncoder, WhatIsEncodedIsDecodedAsItWas) {
  constexpr std::string_view kTerms[] = {"ISO_IR 100",
                                         "ISO_IR 166",
                                         "ISO_IR 13",
                                         "ISO_IR 192",
                                         "GB18030",
                                         "\\ISO 2022 IR 87\\ISO 2022 IR 159",
                                         "\\ISO 2022 IR 149",
                                         "ISO 2022 IR 13\\ISO 2022 IR 87",
                                         "ISO 2022 IR 100\\ISO 2022 IR 144\\ISO 2022 IR 58"};
  constexpr std::string_view kPieces[] = {"a", "~",  "^",  "=",  "\\", " ", "\n", "é",      "Л",
                                          "ｱ", "山", "丂", "김", "张", "ด", "€",  "\u203E", "𠮷"};
  constexpr Vr kVrs[] = {Vr::PN, Vr::LO, Vr::LT};
  constexpr int kSeed = 7;
  std::mt19937 random(kSeed);
  int encoded_count = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (auto n = random() % 6; n > 0; --n) text += kPieces[random() % std::size(kPieces)];
    const auto set = CharacterSet::parse(kTerms[random() % std::size(kTerms)]);
    const Vr vr = kVrs[random() % std::size(kVrs)];
    const auto bytes = set.from_utf8(text, vr);
    if (!bytes) continue;
    ++encoded_count;
    ASSERT_EQ(set.to_utf8(*bytes, vr), text) << "seed " << kSeed << ", round " << i;
  }
  EXPECT_GT(encoded_count, 1000);
}

}  // namespace
}  // namespace dcmfs
