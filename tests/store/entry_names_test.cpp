#include "store/entry_names.h"

#include <algorithm>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "store/dicom/byte_source.h"
#include "store/dicom/reader.h"
#include "store/dicom/text.h"
#include "tests/support/make_dicom.h"
#include "tests/support/manifest.h"
#include "tests/support/ok.h"

namespace dcmfs {
namespace {

using namespace std::string_view_literals;

struct Example {
  std::string_view text, name;
};

TEST(SafeName, FollowsTheRulesOfTheTree) {
  const Example kCases[] = {
      {"DOE^JOHN", "DOE^JOHN"},
      {"Mu\u0308ller", "Müller"},  // NFC
      {"a/b", "ab"},
      {"/etc/passwd", "etcpasswd"},
      {"LINE1\nLINE2\t\a\x7F", "LINE1LINE2"},
      {"a\0b"sv, "ab"},
      {"a\u0085b\u202Ec\uFEFF", "abc"},
      {"C:\\x*?\"<y>|", "C__x____y__"},
      {"name.", "name"},
      {"name. . ", "name"},
      {"  spaced  ", "spaced"},
      {".hidden", "_.hidden"},
      {"-rf", "_-rf"},
      {"~root", "~root"},
      {"..", ""},
      {"../..", ""},
      {" ./.. ", ""},
      {"", ""},
      {"/", ""},
      {"CON", "CON_"},
      {"con.txt", "con_.txt"},
      {"aux .x", "aux_ .x"},
      {"Com1", "Com1_"},
      {"LPT\u00B2", "LPT\u00B2_"},
      {"COM", "COM"},
      {"CONE", "CONE"},
      {"nul.", "nul_"},
      {"a\xFFz", "a\uFFFDz"},
      {"e/\u0301", "é"},  // composed after the '/' is gone
  };
  for (const auto& [text, name] : kCases)
    EXPECT_EQ(safe_name(text), name) << testing::PrintToString(text);
}

TEST(SafeName, IsCutBetweenCharacters) {
  EXPECT_EQ(safe_name(std::string(300, 'L')), std::string(120, 'L'));
  EXPECT_EQ(safe_name(std::string(119, 'L') + "é"), std::string(119, 'L'));
  EXPECT_EQ(safe_name(std::string(118, 'L') + ". x"), std::string(118, 'L'));
  EXPECT_EQ(safe_name("CON." + std::string(300, 'x')), "CON_." + std::string(115, 'x'));
}

bool is_safe(std::string_view name) {
  if (name.empty()) return true;
  const bool has_control =
      std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < ' ' || c == 0x7F; });
  return !has_control && name.find_first_of("/\\:*?\"<>|") == std::string_view::npos &&
         name.front() != '.' && name.front() != '-' && name.front() != ' ' && name.back() != '.' &&
         name.back() != ' ' && name.size() <= kEntryNameBytesMax;
}

std::string random_bytes(std::mt19937& random) {
  static constexpr std::string_view kPieces[] = {"/",
                                                 ".",
                                                 "-",
                                                 " ",
                                                 "CON",
                                                 "aux",
                                                 "LPT1",
                                                 "e\u0301",
                                                 "\u0301",
                                                 "é",
                                                 "各",
                                                 "\\",
                                                 "\u202E",
                                                 "\xFF",
                                                 "\n",
                                                 "\0"sv,
                                                 "*",
                                                 "が",
                                                 "か\u3099",
                                                 "\u1112\u1161",
                                                 "com\u00B9",
                                                 "ABCDEFGHIJ",
                                                 "👩‍👩‍👧",
                                                 "\u2126",
                                                 "\xC2"};
  std::string bytes;
  for (auto n = random() % 40; n > 0; --n) {
    if (random() % 4 == 0) {
      bytes += static_cast<char>(random());
    } else {
      bytes += kPieces[random() % std::size(kPieces)];
    }
  }
  return bytes;
}

TEST(SafeName, OfAnyBytesIsSafeComposedAndItsOwnSafeName) {
  std::mt19937 random(1895);
  for (int i = 0; i < 10000; ++i) {
    const auto bytes = random_bytes(random);
    const auto name = safe_name(bytes);
    SCOPED_TRACE(testing::PrintToString(bytes));
    ASSERT_TRUE(is_safe(name)) << name;
    ASSERT_TRUE(is_valid_utf8(name)) << testing::PrintToString(name);
    ASSERT_EQ(to_nfc(name), name);
    ASSERT_EQ(safe_name(name), name);
  }
}

Dataset example() {
  return make_dicom()
      .patient("12345678", "DOE^JOHN^^")
      .set(tags::StudyDate, "20040119")
      .set(tags::Modality, "CT")
      .set(tags::StudyDescription, "Brain")
      .set(tags::AccessionNumber, "A4711")
      .set(tags::SeriesNumber, "2")
      .set(tags::SeriesDescription, "Routine Brain")
      .set(tags::InstanceNumber, "1")
      .dataset();
}

Dataset with(Tag tag, std::string_view text) {
  auto dataset = example();
  dataset.set_text(tag, text);
  return dataset;
}

TEST(EntryNames, AreThoseOfTheContract) {
  const auto dataset = example();

  EXPECT_EQ(patient_name(dataset), "DOE^JOHN [12345678]");
  EXPECT_EQ(study_name(dataset), "2004-01-19 CT Brain [A4711]");
  EXPECT_EQ(series_name(dataset), "002 CT Routine Brain");
  EXPECT_EQ(instance_name(dataset), "0001");
  EXPECT_EQ(study_link_name(dataset), "DOE^JOHN CT Brain [A4711]");
  EXPECT_EQ(series_link_name(dataset), "DOE^JOHN CT Brain 002 Routine Brain");
  EXPECT_EQ(modality_folder_name(dataset), "CT");
  EXPECT_EQ(study_date(dataset), 20040119);
}

TEST(EntryNames, OfNothingSayWhatIsMissing) {
  const Dataset nothing;

  EXPECT_EQ(patient_name(nothing), "NoName");
  EXPECT_EQ(study_name(nothing), "NoDate");
  EXPECT_EQ(series_name(nothing), "Series");
  EXPECT_EQ(instance_name(nothing), "");
  EXPECT_EQ(study_link_name(nothing), "NoName");
  EXPECT_EQ(series_link_name(nothing), "NoName");
  EXPECT_EQ(modality_folder_name(nothing), "NoModality");
  EXPECT_EQ(study_date(nothing), 0);
  EXPECT_EQ(series_date(nothing), 0);
}

TEST(EntryNames, EmptyPartsAreLeftOut) {
  EXPECT_EQ(patient_name(with(tags::PatientName, "^^")), "[12345678]");
  EXPECT_EQ(patient_name(with(tags::PatientID, "")), "DOE^JOHN");
  EXPECT_EQ(patient_name(with(tags::PatientID, "/")), "DOE^JOHN");
  EXPECT_EQ(study_name(with(tags::StudyDate, "")), "CT Brain [A4711]");
  EXPECT_EQ(study_name(with(tags::StudyDescription, " ")), "2004-01-19 CT [A4711]");
  EXPECT_EQ(study_name(with(tags::AccessionNumber, "")), "2004-01-19 CT Brain");
  EXPECT_EQ(series_name(with(tags::SeriesNumber, "")), "CT Routine Brain");
}

TEST(EntryNames, ShowTheFirstComponentGroupThatIsThere) {
  EXPECT_EQ(patient_name(with(tags::PatientName, "Yamada^Tarou=山田^太郎")),
            "Yamada^Tarou [12345678]");
  EXPECT_EQ(patient_name(with(tags::PatientName, "=山田^太郎=やまだ")), "山田^太郎 [12345678]");
  EXPECT_EQ(patient_name(with(tags::PatientName, "==やまだ^たろう")), "やまだ^たろう [12345678]");
  EXPECT_EQ(patient_name(with(tags::PatientName, "A^B\\C^D")), "A^B [12345678]");
}

TEST(EntryNames, OnlyADateThatExistsIsShown) {
  EXPECT_EQ(study_name(with(tags::StudyDate, "2004.01.19")), "2004-01-19 CT Brain [A4711]");
  for (const char* date : {"20040231", "20041301", "2004", "unknown", "00000000"}) {
    EXPECT_EQ(study_name(with(tags::StudyDate, date)), "CT Brain [A4711]") << date;
    EXPECT_EQ(study_date(with(tags::StudyDate, date)), 0) << date;
  }
}

TEST(EntryNames, SeriesWithoutADateHaveThatOfTheirStudy) {
  EXPECT_EQ(series_date(example()), 20040119);
  EXPECT_EQ(series_date(with(tags::SeriesDate, "20040120")), 20040120);
  EXPECT_EQ(series_date(with(tags::SeriesDate, "unknown")), 20040119);
}

TEST(EntryNames, NumbersArePaddedWithZeros) {
  const std::pair<const char*, const char*> kCases[] = {
      {"0", "0000"},      {"42", "0042"},   {"00042", "0042"},
      {"12345", "12345"}, {"-7", "_-0007"}, {"999999999999", "999999999999"},
      {"x", ""},          {"1.5", ""},      {"", ""},
  };
  for (const auto& [number, name] : kCases)
    EXPECT_EQ(instance_name(with(tags::InstanceNumber, number)), name) << number;
  EXPECT_EQ(series_name(with(tags::SeriesNumber, "1234")), "1234 CT Routine Brain");
}

TEST(EntryNames, TooLongOnesLoseTheirDescriptionFirst) {
  const std::string long_text(300, 'D');

  const auto patient = patient_name(with(tags::PatientName, long_text));
  const auto study = study_name(with(tags::StudyDescription, long_text));
  const auto identifier = patient_name(with(tags::PatientID, long_text));

  EXPECT_TRUE(patient.ends_with("DDD [12345678]")) << patient;
  EXPECT_TRUE(study.starts_with("2004-01-19 CT DDD") && study.ends_with("DDD [A4711]")) << study;
  EXPECT_EQ(identifier, "DOE^JOHN [" + std::string(64, 'D') + "]");
  for (const auto& name : {patient, study, identifier}) EXPECT_LE(name.size(), kEntryNameBytesMax);
}

TEST(EntryNames, DoNotTakeThoseOfTheTreesOwnFiles) {
  Dataset dataset;
  dataset.set_text(tags::StudyDescription, "Patient.json");
  dataset.set_text(tags::SeriesDescription, "study.zip");

  EXPECT_EQ(study_name(dataset), "Patient.json_");
  EXPECT_EQ(series_name(dataset), "study.zip_");
}

TEST(EntryNames, OfAnyTextAreSafeAndNotEmpty) {
  std::mt19937 random(4);
  for (int i = 0; i < 2000; ++i) {
    Dataset dataset;
    dataset.character_set = CharacterSet::utf8();
    for (const Tag tag :
         {tags::PatientName, tags::PatientID, tags::StudyDescription, tags::Modality,
          tags::SeriesDescription, tags::AccessionNumber, tags::StudyDate})
      dataset.set_text(tag, random_bytes(random));
    for (const auto& name :
         {patient_name(dataset), study_name(dataset), series_name(dataset),
          study_link_name(dataset), series_link_name(dataset), modality_folder_name(dataset)}) {
      ASSERT_FALSE(name.empty());
      ASSERT_TRUE(is_safe(name)) << name;
      ASSERT_EQ(safe_name(name), name);
    }
  }
}

TEST(ToldApart, AddsFourLettersThatDependOnTheUidOnly) {
  const auto name = told_apart("002 CT Brain", "1.2.3", 0);

  EXPECT_EQ(name, told_apart("002 CT Brain", "1.2.3", 0));
  EXPECT_EQ(name.size(), "002 CT Brain ~abcd"sv.size());
  EXPECT_TRUE(name.starts_with("002 CT Brain ~"));
  EXPECT_NE(name, told_apart("002 CT Brain", "1.2.4", 0));
}

TEST(ToldApart, IsTheSameInEveryVersion) {
  // The first letters of SHA-1("1.2.3") in Crockford's base 32.
  EXPECT_EQ(told_apart("a", "1.2.3", 0), "a ~dyfk");
  EXPECT_EQ(instance_told_apart("0001", "1.2.3", 0), "0001~dyfk");
  EXPECT_EQ(instance_told_apart("", "1.2.3", 0), "x-dyfk");
}

TEST(ToldApart, AddsALetterWithEveryAttempt) {
  std::set<std::string> names;
  for (int attempt = 0; attempt < 28; ++attempt) {
    const auto name = told_apart("a", "1.2.3", attempt);
    EXPECT_EQ(name.size(), "a ~"sv.size() + 4 + static_cast<std::size_t>(attempt));
    EXPECT_TRUE(name.starts_with("a ~dyfk"));
    names.insert(name);
  }
  EXPECT_EQ(names.size(), 28u);
  EXPECT_EQ(told_apart("a", "1.2.3", 1000), told_apart("a", "1.2.3", 28)) << "the hash has no more";
}

TEST(ToldApart, StaysWithinTheLimitAndSafe) {
  for (const int attempt : {0, 5}) {
    const auto name = told_apart(std::string(119, 'a') + "b", "1.2.3", attempt);
    EXPECT_EQ(name.size(), kEntryNameBytesMax);
    EXPECT_EQ(safe_name(name), name);
  }
  const auto cut = told_apart(std::string(113, 'a') + "éééb", "1.2.3", 0);
  EXPECT_TRUE(cut.starts_with(std::string(113, 'a') + " ~")) << cut;
}

// Hostile identifiers of the sample files; what they must not become is a path.
TEST(EntryNames, OfHostileSampleFilesAreSafe) {
  if (!shared_data()) GTEST_SKIP() << "the shared test data is missing";
  const std::pair<const char*, const char*> kFiles[] = {
      {"pid_abs.dcm", "Bad^abs [etcpasswd]"},
      {"pid_colon.dcm", "Bad^colon [C__x_y]"},
      {"pid_dotdot.dcm", "Bad^dotdot [....etcpasswd]"},
      {"pid_dotdot_only.dcm", "Bad^dotdot_only [..]"},
      {"pid_newline.dcm", "Bad^newline [LINE1LINE2]"},
      {"pid_only_spaces.dcm", "Bad^only_spaces"},
      {"pid_slash.dcm", "Bad^slash"},
      {"pid_quotes.dcm", "Bad^quotes ['_;DROP TABLE patients;--]"},
      {"pid_nul_inside.dcm", "Bad^nul_inside [ABCD]"},
      {"collide_nfd.dcm", "Nfd [é1]"},
      {"utf8_ok.dcm", "Bad^Case [ID😀é]"},
  };
  for (const auto& [file, name] : kFiles) {
    const auto bytes = read_whole_file(*shared_data() / "bad/synthetic/strings" / file);
    const auto source = memory_source(bytes);
    const auto read = read_dicom(*source);
    ASSERT_OK(read);
    EXPECT_EQ(patient_name(read->dataset), name) << file;
  }
}

}  // namespace
}  // namespace dcmfs
