#include "store/dicom/character_set.h"

#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "store/dicom/byte_source.h"
#include "store/dicom/reader.h"
#include "store/dicom/text.h"
#include "tests/store/dicom/character_set_examples.h"
#include "tests/support/manifest.h"
#include "tests/support/ok.h"

namespace dcmfs {
namespace {

using namespace std::string_view_literals;

std::string decode(std::string_view term, std::string_view bytes, Vr vr = Vr::PN) {
  return CharacterSet::parse(term).to_utf8(bytes, vr);
}

TEST(CharacterSet, NamesOfTheStandardAndOfSampleFilesAreDecoded) {
  for (const auto& [term, bytes, text, as_we_write] : kEncodedNames)
    EXPECT_EQ(decode(term, bytes), text) << term;
}

TEST(CharacterSet, UsualMisspellingsMeanWhatTheyMean) {
  const char* const kSame[][2] = {
      {"ISO-IR 100", "ISO_IR 100"},
      {"ISO IR 100", "ISO_IR 100"},
      {"ISO_IR_100", "ISO_IR 100"},
      {"iso_ir 100", "ISO_IR 100"},
      {" ISO_IR 100 ", "ISO_IR 100"},
      {"ISO 2022 IR 100", "ISO_IR 100"},
      {"ISO2022IR100", "ISO_IR 100"},
      {"ISO_IR_192", "ISO_IR 192"},
      {"UTF-8", "ISO_IR 192"},
      {"utf8", "ISO_IR 192"},
      {"\\ISO_IR 192", "ISO_IR 192"},
      {"ISO_IR 192\\ISO 2022 IR 87", "ISO_IR 192"},
      {"LATIN1", "ISO_IR 100"},
      {"ISO-8859-1", "ISO_IR 100"},
      {"ISO 8859-15", "ISO_IR 203"},
      {"ISO 2022 GBK", "GBK"},
      {"ISO 2022 GB18030", "GB18030"},
      {"ISO 2022-IR 149\\ISO 2022 IR 87", "ISO 2022 IR 149\\ISO 2022 IR 87"},
  };
  for (const auto& [wrong, right] : kSame) {
    EXPECT_EQ(CharacterSet::parse(wrong), CharacterSet::parse(right)) << wrong;
    EXPECT_FALSE(CharacterSet::parse(wrong) == CharacterSet()) << wrong;
  }
}

TEST(CharacterSet, NothingAndTheUnknownAreTheDefaultRepertoire) {
  for (const char* term :
       {"", "ISO_IR 6", "ISO 2022 IR 6", "\\", "FOO_123", "ISO_IR 999", "ISO_IR"})
    EXPECT_EQ(CharacterSet::parse(term), CharacterSet()) << term;
}

TEST(CharacterSet, BytesAbove127UnderTheDefaultRepertoireAreUtf8OrElseLatin1) {
  EXPECT_EQ(decode("", "M\xfcller^Uwe"), "Müller^Uwe");
  EXPECT_EQ(decode("", "M\xc3\xbcller^Uwe"), "Müller^Uwe");
  EXPECT_EQ(decode("FOO_123", "\xc4\xd6\xdc^X "), "ÄÖÜ^X ");
}

TEST(CharacterSet, ASecondByteThatLooksLikeASeparatorIsNone) {
  EXPECT_EQ(decode("GBK", "\x81\x5c\\\x81\x5e"), "乗\\乛");  // 0x5C and 0x5E as second bytes
  EXPECT_EQ(decode("GB18030", "\x81\x5c^\x81\x5e"), "乗^乛");
  EXPECT_EQ(decode("\\ISO 2022 IR 87", "\x1b$B!@%\\\x1b(B\\b", Vr::LO), "＼ボ\\b");
}

TEST(CharacterSet, YenSignOfJisX0201StillSeparatesValues) {
  EXPECT_EQ(decode("ISO_IR 13", "\xb1\\\xb2", Vr::LO), "ｱ\\ｲ");
  EXPECT_EQ(decode("ISO_IR 13", "100\\ ~", Vr::LT), "100¥ ‾");
  EXPECT_EQ(decode("ISO_IR 13", "http://h/~u", Vr::UR), "http://h/~u") << "not of the set's VRs";
}

// PS3.5 6.1.2.5.3
TEST(CharacterSet, DelimitersEndACodeExtension) {
  constexpr auto kTerm = "ISO 2022 IR 100\\ISO 2022 IR 144"sv;

  EXPECT_EQ(decode(kTerm, "\x1b-L\xbb^\xe9=\x1b-L\xbb=\xe9", Vr::PN), "Л^é=Л=é");
  EXPECT_EQ(decode(kTerm, "\x1b-L\xbb\\\xe9", Vr::LO), "Л\\é");
  EXPECT_EQ(decode(kTerm, "\x1b-L\xbb^\xbb", Vr::LO), "Л^Л") << "'^' is one only in names";
  EXPECT_EQ(decode(kTerm, "\x1b-L\xbb\\\xbb\r\n\xe9", Vr::LT), "Л\\Л\r\né") << "one value only";
}

TEST(CharacterSet, KoreanWithoutItsEscapeSequenceIsStillKorean) {
  EXPECT_EQ(decode("\\ISO 2022 IR 149", "\xb1\xe8\xc8\xf1\xc1\xdf"), "김희중");
  EXPECT_EQ(decode("ISO 2022 IR 149", "\xb1\xe8^\xc8\xf1"), "김^희");
}

TEST(CharacterSet, UndeclaredEscapeSequencesOfTheStandardAreFollowed) {
  EXPECT_EQ(decode("\\ISO 2022 IR 87", "A\x1b$)C\xfb\xf3^"), "A洪^");
  EXPECT_EQ(decode("ISO_IR 100", "\x1b$B;3ED\x1b(B"), "山田");
}

TEST(CharacterSet, BytesThatTheSetDoesNotKnowBecomeReplacementCharacters) {
  EXPECT_EQ(decode("ISO_IR 192",
                   "a\xff"
                   "b"),
            "a\uFFFD"
            "b");
  EXPECT_EQ(decode("ISO_IR 126",
                   "a\xff"
                   "b"),
            "a\uFFFD"
            "b");
  EXPECT_EQ(decode("ISO_IR 13",
                   "a\xff"
                   "b"),
            "a\uFFFD"
            "b");
  EXPECT_EQ(decode("ISO_IR 100", "a\x1b[31mb"), "a\uFFFD[31mb") << "no escape sequence of DICOM";
  EXPECT_EQ(decode("\\ISO 2022 IR 87", "\x1b$B;3E"), "山\uFFFD") << "half a character";
  EXPECT_EQ(decode("\\ISO 2022 IR 149", "\x1b$)C\xb1"), "\uFFFD");
  EXPECT_EQ(decode("GBK", "\xd0"), "\uFFFD");
  EXPECT_EQ(decode("GB18030", "ok\xff"), "ok\uFFFD");
}

TEST(CharacterSet, OtherVrsAreReadByTheSetTooBecauseDevicesWriteThemSo) {
  EXPECT_EQ(decode("GB18030", "\xd0\xd8", Vr::CS), "胸");
}

TEST(CharacterSet, AnyBytesUnderAnyTermsGiveValidUtf8) {
  constexpr std::string_view kTerms[] = {"",
                                         "ISO_IR 100",
                                         "ISO_IR 126",
                                         "ISO_IR 13",
                                         "ISO_IR 166",
                                         "ISO_IR 192",
                                         "GB18030",
                                         "GBK",
                                         "\\ISO 2022 IR 87\\ISO 2022 IR 159",
                                         "ISO 2022 IR 13\\ISO 2022 IR 87",
                                         "\\ISO 2022 IR 149\\ISO 2022 IR 58",
                                         "ISO 2022 IR 127\\\\\\\\\\\\\\\\\\\\ISO 2022 IR 58"};
  constexpr std::string_view kPieces[] = {"\x1b",   "\x1b$B", "\x1b$(D", "\x1b$)C",
                                          "\x1b(B", "\x1b(J", "\x1b)I",  "\\",
                                          "^",      "=",      "\n",      "~"};
  constexpr Vr kVrs[] = {Vr::PN, Vr::LO, Vr::LT, Vr::CS, Vr::UN};
  std::mt19937 random(42);
  for (int i = 0; i < 20000; ++i) {
    std::string bytes;
    for (auto n = random() % 20; n > 0; --n) {
      if (random() % 3 == 0) {
        bytes += kPieces[random() % std::size(kPieces)];
      } else {
        bytes += static_cast<char>(random());
      }
    }
    const auto term = kTerms[random() % std::size(kTerms)];

    const auto text = decode(term, bytes, kVrs[random() % std::size(kVrs)]);

    ASSERT_TRUE(is_valid_utf8(text)) << term << " " << testing::PrintToString(bytes);
    ASSERT_LE(text.size(), 3 * bytes.size()) << term << " " << testing::PrintToString(bytes);
  }
}

TEST(CharacterSet, LongTextIsConvertedWhole) {
  std::string bytes, text;
  for (int i = 0; i < 5000; ++i) {
    bytes += "\xcd\xf5";
    text += "王";
  }

  EXPECT_EQ(decode("GB18030", bytes, Vr::LT), text);
  EXPECT_EQ(decode("\\ISO 2022 IR 58", bytes, Vr::LT), text);
}

TEST(CharacterSet, ThreadsDecodeAtTheSameTime) {
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 200; ++i)
        for (const auto& [term, bytes, text, as_we_write] : kEncodedNames)
          EXPECT_EQ(decode(term, bytes), text);
    });
  }
}

// What pydicom 2.3 reads in the sample files (of ISO_IR 203, which it does not know: what the
// manifest says).
// clang-format off
const std::pair<const char*, const char*> kFiles[] = {
    {"charset/chrArab.dcm", "قباني^لنزار"},
    {"charset/chrFren.dcm", "Buc^Jérôme"},
    {"charset/chrGB2312.dcm", "Zhang^XiaoDong=张^小东="},
    {"charset/chrGerm.dcm", "Äneas^Rüdiger"},
    {"charset/chrGreek.dcm", "Διονυσιος"},
    {"charset/chrH31.dcm", "Yamada^Tarou=山田^太郎=やまだ^たろう"},
    {"charset/chrH32.dcm", "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"},
    {"charset/chrHbrw.dcm", "שרון^דבורה"},
    {"charset/chrI2.dcm", "Hong^Gildong=洪^吉洞=홍^길동"},
    {"charset/chrJapMulti.dcm", "やまだ^たろう"},
    {"charset/chrJapMultiExplicitIR6.dcm", "やまだ^たろう"},
    {"charset/chrKoreanMulti.dcm", "김희중"},
    {"charset/chrRuss.dcm", "Люк" "ce" "мб" "yp" "г"},
    {"charset/chrX1.dcm", "Wang^XiaoDong=王^小東="},
    {"charset/chrX2.dcm", "Wang^XiaoDong=王^小东="},
    {"charset/mr_utf8_specific_charset.dcm", "PARIDADE^São"},
    {"synthetic/charset/gb18030.dcm", "司马^𠮷"},
    {"synthetic/charset/gbk.dcm", "李^小华"},
    {"synthetic/charset/ir101.dcm", "Dvořák^Jiří"},
    {"synthetic/charset/ir109.dcm", "Ĉapelo^Ŭ"},
    {"synthetic/charset/ir110.dcm", "Ķēniņš^Ā"},
    {"synthetic/charset/ir126.dcm", "Ελένη^Μ"},
    {"synthetic/charset/ir127.dcm", "سلمى^هند"},
    {"synthetic/charset/ir13.dcm", "ﾀﾅｶ^ﾊﾅｺ"},
    {"synthetic/charset/ir138.dcm", "לוי^דן"},
    {"synthetic/charset/ir144.dcm", "Чехов^Антон"},
    {"synthetic/charset/ir148.dcm", "Yılmaz^Gül"},
    {"synthetic/charset/ir166.dcm", "มาลี^ดี"},
    {"synthetic/charset/ir203.dcm", "€uro^Šárka"},
    {"synthetic/charset/iso2022_ir149.dcm", "Yi^SunShin=이^순신"},
    {"synthetic/charset/iso2022_ir58.dcm", "Test^Cn=陈^刚"},
    {"synthetic/charset/iso2022_ir87.dcm", "Tanaka^Hanako=田中^花子=たなか^はなこ"},
    {"synthetic/charset/utf8.dcm", "Ж^한글^日本"},
};
// clang-format on

class CharacterSetFiles : public testing::Test {
 protected:
  void SetUp() override {
    if (!shared_data()) GTEST_SKIP() << "the shared test data is missing";
  }

  static Dataset dataset(const char* file) {
    const auto bytes = read_whole_file(*shared_data() / file);
    const auto source = memory_source(bytes);
    auto read = read_dicom(*source);
    EXPECT_OK(read) << file;
    return read ? read->dataset : Dataset();
  }
};

TEST_F(CharacterSetFiles, PatientNamesAreThoseOfTheManifestAndOfPydicom) {
  for (const auto& [file, name] : kFiles)
    EXPECT_EQ(dataset(file).text_or(tags::PatientName, "(absent)"), name) << file;
}

TEST_F(CharacterSetFiles, ItemsHaveTheirOwnCharacterSetOrInheritIt) {
  constexpr Tag kRequestedProcedureCodeSequence{0x0032, 0x1064};
  for (const char* file : {"charset/chrSQEncoding.dcm", "charset/chrSQEncoding1.dcm"}) {
    const auto read = dataset(file);
    const auto* item = read.item(kRequestedProcedureCodeSequence);
    ASSERT_NE(item, nullptr) << file;
    EXPECT_EQ(item->text_or(tags::PatientName, ""), "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう") << file;
  }
}

TEST_F(CharacterSetFiles, LatinAndUtf8SpellTheSame) {
  constexpr Tag kManufacturerModelName{0x0008, 0x1090};
  for (const char* file : {"charset/encoding_iso8859-1.dcm", "charset/encoding_utf8.dcm"})
    EXPECT_EQ(dataset(file).text_or(kManufacturerModelName, ""), "Õncêntrå MæstørPlàñ") << file;
}

}  // namespace
}  // namespace dcmfs
