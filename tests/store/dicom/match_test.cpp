#include "store/dicom/match.h"

#include <random>

#include <gtest/gtest.h>

#include "store/dicom/text.h"

namespace dcmfs {

void PrintTo(const Vr& vr, std::ostream* out) {
  *out << info(vr).name;
}

namespace {

constexpr MatchRules kIgnoreCase{.ignore_case = true};
constexpr MatchRules kFuzzy{.fuzzy_names = true};
constexpr MatchRules kExactNames{.exact_names = true};
constexpr MatchRules kNoLists{.lists = false};

struct Rule {
  const char* clause;  // of PS3.4, or what else says so
  Vr vr;
  const char* key;
  std::optional<std::string_view> stored;
  bool match;
  MatchRules rules = {};
};

// clang-format off
const Rule kRules[] = {
    // Single value
    {"C.2.2.2.1 exact", Vr::LO, "12345678", "12345678", true},
    {"C.2.2.2.1 exact", Vr::LO, "12345678", "123456789", false},
    {"C.2.2.2.1 exact", Vr::LO, "123456789", "12345678", false},
    {"C.2.2.2.1 case-sensitive", Vr::LO, "Chest", "CHEST", false},
    {"C.2.2.2.1 accent-sensitive", Vr::LO, "Schädel", "Schadel", false},
    {"Orthanc's CaseSensitive: false", Vr::LO, "Chest", "CHEST", true, kIgnoreCase},
    {"Orthanc's CaseSensitive: false", Vr::LO, "SCHÄDEL", "Schädel", true, kIgnoreCase},
    {"Orthanc's CaseSensitive: false", Vr::LO, "CHEST*", "chest pa", true, kIgnoreCase},
    {"PS3.5 6.2 padding", Vr::LO, "12345678 ", " 12345678", true},
    {"PS3.5 6.2 padding", Vr::UI, "1.2.3", std::string_view("1.2.3\0", 6), true},
    {"PS3.5 6.2 leading spaces of text", Vr::ST, "a", "  a", false},
    {"PS3.5 6.2 leading spaces of text", Vr::ST, "  a", "  a ", true},
    {"C.2.2.2.1 absent", Vr::LO, "A", std::nullopt, false},
    {"C.2.2.2.1 empty", Vr::LO, "A", "", false},
    {"NFC", Vr::LO, "e\u0301", "é", true},
    {"AS is text", Vr::AS, "045Y", "045Y", true},
    {"AT is text", Vr::AT, "00100010", "00100010", true},
    {"unknown VRs are text", Vr::UN, "A*", "ABC", true},

    // Several stored values
    {"C.2.2.3 any value", Vr::CS, "MR", "CT\\MR", true},
    {"C.2.2.3 any value", Vr::CS, "CT", "CT\\MR", true},
    {"C.2.2.3 any value", Vr::CS, "PT", "CT\\MR", false},
    {"C.2.2.3 any value", Vr::CS, "CT\\MR", "MR", true},
    {"C.2.2.3 any value", Vr::DA, "20040101-20041231", "20030101\\20040601", true},
    {"PS3.5 6.4 one value only", Vr::LT, "b", "a\\b", false},
    {"PS3.5 6.4 one value only", Vr::LT, "a\\b", "a\\b", true},

    // List
    {"C.2.2.2.2 list of UID", Vr::UI, "1.2.3\\1.2.4", "1.2.4", true},
    {"C.2.2.2.2 list of UID", Vr::UI, "1.2.3\\1.2.4", "1.2.5", false},
    {"C.2.2.2.2 list of UID", Vr::UI, "1.2.3\\1.2.4", "1.2.4", true, kNoLists},
    {"lists of other VRs", Vr::CS, "CT\\MR", "MR", true},
    {"lists of other VRs", Vr::CS, "CT\\M*", "MG", true},
    {"lists of other VRs", Vr::CS, "CT\\MR", "PT", false},
    {"lists of other VRs", Vr::PN, "DOE^*\\ROE^*", "Roe^Jane", true},
    {"lists of other VRs", Vr::DA, "20040101\\20050101-", "20060101", true},
    {"lists of other VRs", Vr::IS, "1\\2", "2", true},
    {"empty parts say nothing", Vr::CS, "CT\\", "", false},
    {"empty parts say nothing", Vr::CS, "CT\\", "CT", true},
    {"no lists", Vr::CS, "CT\\MR", "MR", false, kNoLists},

    // Universal
    {"C.2.2.2.3 zero length", Vr::LO, "", "x", true},
    {"C.2.2.2.3 zero length", Vr::LO, "", std::nullopt, true},
    {"C.2.2.2.3 zero length", Vr::DA, " ", "", true},
    {"C.2.2.2.3 zero length", Vr::SQ, "", std::nullopt, true},
    {"C.2.2.2.3 zero length", Vr::CS, "\\", "CT", true},
    {"C.2.2.2.4 note 1", Vr::PN, "*", std::nullopt, true},
    {"C.2.2.2.4 note 1", Vr::DA, "*", "", true},
    {"C.2.2.2.4 note 1", Vr::LO, "**", "", true},
    {"C.2.2.2.4 note 1", Vr::CS, "CT\\*", "MR", true},
    {"C.2.2.2.4 note 3", Vr::PN, "*=*", "a", true},

    // Wildcards
    {"C.2.2.2.4 * any run", Vr::LO, "A*C", "ABBC", true},
    {"C.2.2.2.4 * none", Vr::LO, "A*C", "AC", true},
    {"C.2.2.2.4 * whole value", Vr::LO, "A*C", "ACD", false},
    {"C.2.2.2.4 * again", Vr::LO, "*ab*ab", "abxabyab", true},
    {"C.2.2.2.4 * again", Vr::LO, "*aab", "aaab", true},
    {"C.2.2.2.4 ? one", Vr::LO, "A?C", "ABC", true},
    {"C.2.2.2.4 ? not none", Vr::LO, "A?C", "AC", false},
    {"C.2.2.2.4 ? not empty", Vr::LO, "?*", "", false},
    {"C.2.2.2.4 ? a character, not a byte", Vr::LO, "M?ller", "Müller", true},
    {"C.2.2.2.4 ? a character, not a byte", Vr::LO, "M??ller", "Müller", false},
    {"C.2.2.2.4 ? a character, not a byte", Vr::LO, "?", "𠮷", true},
    {"C.2.2.2.4 ? a character, not a byte", Vr::LO, "*?", "é", true},
    {"C.2.2.2.4 case-sensitive", Vr::LO, "ch*", "CHEST", false},
    {"C.2.2.2.4 case-sensitive", Vr::SH, "A*", "a1", false},
    {"C.2.2.2.4 these VRs", Vr::AE, "STORE*", "STORESCP", true},
    {"C.2.2.2.4 these VRs", Vr::CS, "M?", "MR", true},
    {"C.2.2.2.4 these VRs", Vr::UR, "http*", "https://x", true},
    {"C.2.2.2.4 these VRs", Vr::UT, "*fracture*", "a fracture of", true},
    {"C.2.2.2.4 these VRs", Vr::UC, "a*", "abc", true},
    {"C.2.2.2.4 not AS", Vr::AS, "045?", "045Y", false},
    {"C.2.2.2.4 no escape", Vr::LO, "\\*", "*", true},

    // Names
    {"C.2.2.2.1.1 case", Vr::PN, "doe^john", "DOE^JOHN", true},
    {"C.2.2.2.1.1 accents", Vr::PN, "Muller^Jorg", "Müller^Jörg", true},
    {"C.2.2.2.1.1 accents", Vr::PN, "MÜLLER*", "Mu\u0308ller^J", true},
    {"C.2.2.2.1.1 accents", Vr::PN, "Strasse", "Straße", true},
    {"C.2.2.2.1.1 exact", Vr::PN, "DOE", "DOE^JOHN", false},
    {"with case", Vr::PN, "Doe^*", "Doe^John", true, kExactNames},
    {"with case", Vr::PN, "Doe^*", "DOE^JOHN", false, kExactNames},
    {"with case", Vr::PN, "*an*", "PHANTOM^THORAX", false, kExactNames},
    {"with case", Vr::PN, "Doe", "Doe^^", true, kExactNames},
    {"with accents", Vr::PN, "Muller", "Müller", false, kExactNames},
    {"with accents", Vr::PN, "Müller", "Müller", true, kExactNames},
    {"C.2.2.2.1.1 exact", Vr::PN, "DOE^JOHN", "DOE^JOHNNY", false},
    {"PS3.5 6.2.1.1 trailing ^", Vr::PN, "DOE^JOHN^^", "DOE^JOHN", true},
    {"PS3.5 6.2.1.1 trailing ^", Vr::PN, "DOE^JOHN", "DOE^JOHN^^^", true},
    {"PS3.5 6.2.1.1 trailing ^", Vr::PN, "DOE^JOHN", "DOE^JOHN^^ =", true},
    {"PS3.5 6.2.1.1 trailing ^", Vr::PN, "^^", "DOE", true},
    {"PS3.5 6.2 spaces", Vr::PN, " DOE^JOHN ", "DOE^JOHN  ", true},
    {"PS3.5 6.2.1.1 with wildcards", Vr::PN, "DOE^*", "DOE", true},
    {"PS3.5 6.2.1.1 with wildcards", Vr::PN, "DOE^*^*", "DOE^JOHN", true},
    {"PS3.5 6.2.1.1 with wildcards", Vr::PN, "DOE^JOHN^^*", "DOE^JOHN", true},
    {"PS3.5 6.2.1.1 with wildcards", Vr::PN, "DOE^?*", "DOE", false},
    {"PS3.5 6.2.1.1 with wildcards", Vr::PN, "DOE^*", "DOEX", false},
    {"PS3.5 6.2.1.1 with wildcards", Vr::PN, "*^JOHN", "DOE^JOHN^^", true},
    {"C.2.2.2.4 in names", Vr::PN, "D?E*", "doe^john", true},
    {"C.2.2.2.4 in names", Vr::PN, "*ohn*", "DOE^JOHN", true},
    {"one group: alphabetic", Vr::PN, "yamada^tarou", "Yamada^Tarou=山田^太郎=やまだ^たろう", true},
    {"one group: alphabetic", Vr::PN, "Yamada*", "Yamada^Tarou=山田^太郎", true},
    {"one group: alphabetic", Vr::PN, "*ada", "Yamada^Tarou=x^ada", false},
    {"one group: ideographic", Vr::PN, "山田*", "Yamada^Tarou=山田^太郎=やまだ^たろう", true},
    {"one group: phonetic", Vr::PN, "やまだ^たろう", "Yamada^Tarou=山田^太郎=やまだ^たろう", true},
    {"one group: no other", Vr::PN, "山本*", "Yamada^Tarou=山田^太郎", false},
    {"groups", Vr::PN, "Yamada^Tarou=山田^太郎", "Yamada^Tarou=山田^太郎=やまだ^たろう", true},
    {"groups", Vr::PN, "=山田^太郎", "Yamada^Tarou=山田^太郎", true},
    {"groups", Vr::PN, "*=山田*", "Yamada^Tarou=山田^太郎", true},
    {"groups", Vr::PN, "Yamada*=山本*", "Yamada^Tarou=山田^太郎", false},
    {"groups", Vr::PN, "==やまだ*", "Yamada^Tarou=山田^太郎=やまだ^たろう", true},
    {"groups", Vr::PN, "=山田", "Yamada", false},
    {"PS3.18 8.3.4.2 fuzzy", Vr::PN, "joh doe", "DOE^JOHN", true, kFuzzy},
    {"PS3.18 8.3.4.2 fuzzy", Vr::PN, "DOE^J", "DOE^JOHN", true, kFuzzy},
    {"PS3.18 8.3.4.2 fuzzy", Vr::PN, "schmidt", "Müller-Schmidt^Jörg", true, kFuzzy},
    {"PS3.18 8.3.4.2 fuzzy", Vr::PN, "jorg*", "Müller^Jörg", true, kFuzzy},
    {"PS3.18 8.3.4.2 fuzzy", Vr::PN, "ohn", "DOE^JOHN", false, kFuzzy},
    {"PS3.18 8.3.4.2 fuzzy", Vr::PN, "doe jane", "DOE^JOHN", false, kFuzzy},
    {"PS3.18 8.3.4.2 fuzzy", Vr::PN, "doe jane\\roe", "ROE^X", true, kFuzzy},
    {"PS3.18 8.3.4.2 fuzzy", Vr::PN, "^", "ROE^X", true, kFuzzy},
    {"fuzzy for names only", Vr::LO, "joh", "john", false, kFuzzy},

    // Dates
    {"C.2.2.2.1.3 by meaning", Vr::DA, "19950903", "19950903", true},
    {"C.2.2.2.1.3 by meaning", Vr::DA, "19950903", "19950904", false},
    {"ACR-NEMA", Vr::DA, "19950903", "1995.09.03", true},
    {"ACR-NEMA", Vr::DA, "1995.09.03", "19950903", true},
    {"ACR-NEMA", Vr::DA, "1995.09.01-1995.09.30", "19950903", true},
    {"C.2.2.2.5.1 a", Vr::DA, "20040101-20040131", "20040101", true},
    {"C.2.2.2.5.1 a", Vr::DA, "20040101-20040131", "20040131", true},
    {"C.2.2.2.5.1 a", Vr::DA, "20040101-20040131", "20040201", false},
    {"C.2.2.2.5.1 a", Vr::DA, "20040101 - 20040131 ", "20040115", true},
    {"C.2.2.2.5.1 a", Vr::DA, "20040101-20040101", "20040101", true},
    {"C.2.2.2.5.1 b", Vr::DA, "-20040131", "19991231", true},
    {"C.2.2.2.5.1 b", Vr::DA, "-20040131", "20040201", false},
    {"C.2.2.2.5.1 c", Vr::DA, "20040101-", "20260101", true},
    {"C.2.2.2.5.1 c", Vr::DA, "20040101-", "20031231", false},
    {"what is no date is in no range", Vr::DA, "19000101-", "unknown", false},
    {"what is no date is in no range", Vr::DA, "19000101-", "", false},
    {"what is no date is in no range", Vr::DA, "19000101-", std::nullopt, false},
    {"what is no date is in no range", Vr::DA, "19000101-", "20041301", false},

    // Times
    {"C.2.2.2.1.3 note 1", Vr::TM, "2230", "223000", true},
    {"C.2.2.2.1.3 note 1", Vr::TM, "223000", "2230", true},
    {"precision", Vr::TM, "07", "075959.999999", true},
    {"precision", Vr::TM, "07", "080000", false},
    {"precision", Vr::TM, "0730", "073015", true},
    {"precision", Vr::TM, "073000", "073015", false},
    {"precision", Vr::TM, "073015", "073015.25", true},
    {"precision", Vr::TM, "073015.2", "073015.25", true},
    {"precision", Vr::TM, "073015.25", "073015.2", false},
    {"leap second", Vr::TM, "2359", "235960", true},
    {"C.2.2.2.5.2 a", Vr::TM, "07-08", "085959", true},
    {"C.2.2.2.5.2 a", Vr::TM, "0700-0800", "080030", true},
    {"C.2.2.2.5.2 a", Vr::TM, "070000-080000", "080001", false},
    {"C.2.2.2.5.2 b", Vr::TM, "-0700", "000000", true},
    {"C.2.2.2.5.2 c", Vr::TM, "0700-", "235959", true},
    {"C.2.2.2.5.2 c", Vr::TM, "0700-", "0659", false},
    {"ACR-NEMA", Vr::TM, "072730", "07:27:30", true},
    {"ACR-NEMA", Vr::TM, "07:27", "072745.5", true},

    // Dates with times
    {"C.2.2.2.1.3 note 1", Vr::DT, "19980128103000.0000", "19980128103000", true},
    {"C.2.2.2.1.3 note 1", Vr::DT, "19980128103000", "19980128073000-0300", true},
    {"C.2.2.2.1.3 offset", Vr::DT, "20260101120000+0100", "20260101110000+0000", true},
    {"C.2.2.2.1.3 offset", Vr::DT, "20260101120000+0100", "20260101120000+0000", false},
    {"an offset, no range", Vr::DT, "20260101-0500", "20260101060000", true},
    {"an offset, no range", Vr::DT, "20260101-0500", "20260102040000", true},
    {"an offset, no range", Vr::DT, "20260101-0500", "20260101040000", false},
    {"precision", Vr::DT, "2026", "20261231235959", true},
    {"precision", Vr::DT, "202602", "20260228", true},
    {"precision", Vr::DT, "202602", "20260301", false},
    {"precision", Vr::DT, "202612", "20261231", true},
    {"precision", Vr::DT, "2026010112", "202601011259", true},
    {"precision", Vr::DT, "20260101120000.5", "20260101120000.55", true},
    {"C.2.2.2.5.3 a", Vr::DT, "20260101-20260131", "20260131235959", true},
    {"C.2.2.2.5.3 a", Vr::DT, "20250101-2026", "20261231", true},
    {"C.2.2.2.5.3 a", Vr::DT, "20260101-0500-20260102-0500", "20260103040000", true},
    {"C.2.2.2.5.3 a", Vr::DT, "20260101-0500-20260102-0500", "20260103060000", false},
    {"C.2.2.2.5.3 a", Vr::DT, "20260101+0100-20260102+0100", "20251231233000", true},
    {"C.2.2.2.5.3 b", Vr::DT, "-20260101-0500", "20260102040000", true},
    {"C.2.2.2.5.3 b", Vr::DT, "-2025", "20260101", false},
    {"C.2.2.2.5.3 c", Vr::DT, "20260101-0500-", "20260101040000", false},
    {"C.2.2.2.5.3 c", Vr::DT, "20260101-0500-", "20300101", true},
    {"C.2.2.2.5.3 c", Vr::DT, "2026-", "20260101", true},

    // Numbers
    {"PS3.5 6.2 IS", Vr::IS, "1", "01", true},
    {"PS3.5 6.2 IS", Vr::IS, "1", "+1", true},
    {"PS3.5 6.2 IS", Vr::IS, "1", "10", false},
    {"PS3.5 6.2 IS", Vr::IS, "1", "x", false},
    {"PS3.5 6.2 DS", Vr::DS, "1", "1.0", true},
    {"PS3.5 6.2 DS", Vr::DS, "0.5", "5e-1", true},
    {"PS3.5 6.2 DS", Vr::DS, "0.5", "2\\.5", true},
    {"binary numbers", Vr::US, "512", "512", true},
    {"binary numbers", Vr::FD, "0.5", "0.50", true},

    // Empty values
    {"C.2.2.2.7", Vr::LO, "\"\"", "", true},
    {"C.2.2.2.7", Vr::LO, "\"\"", " ", true},
    {"C.2.2.2.7", Vr::LO, "\"\"", std::nullopt, true},
    {"C.2.2.2.7", Vr::LO, "\"\"", "x", false},
    {"C.2.2.2.7", Vr::DA, "\"\"", "", true},
    {"C.2.2.2.7", Vr::PN, "\"\"", "^^", true},
    {"C.2.2.2.7 the whole key only", Vr::LO, "\"\"x", "", false},
};

const struct { Vr vr; const char* key; } kRefused[] = {
    {Vr::DA, "yesterday"}, {Vr::DA, "2004"}, {Vr::DA, "2004*"}, {Vr::DA, "20041301"}, {Vr::DA, "20040132"},
    {Vr::DA, "-"}, {Vr::DA, "20040201-20040101"}, {Vr::DA, "20040101-20040201-20040301"},
    {Vr::DA, "20040101-x"}, {Vr::DA, "20040101\\x"}, {Vr::DA, "1995.0903"},
    {Vr::TM, "7"}, {Vr::TM, "2460"}, {Vr::TM, "0800-0700"}, {Vr::TM, "0730."}, {Vr::TM, "073000+0100"},
    {Vr::DT, "20260101+01"}, {Vr::DT, "2026-2025"}, {Vr::DT, "26"}, {Vr::DT, "2026010112000"},
    {Vr::UI, "1.2.*"}, {Vr::UI, "1.2.?"},
    {Vr::IS, "one"}, {Vr::IS, "1*"}, {Vr::DS, "1,5"}, {Vr::US, "x"}, {Vr::DS, "nan"},
    {Vr::SQ, "x"}, {Vr::OB, "x"}, {Vr::OW, "x"},
};
// clang-format on

Matcher parsed(Vr vr, std::string_view key, MatchRules rules = {}) {
  auto matcher = Matcher::parse(vr, key, rules);
  EXPECT_TRUE(matcher.ok()) << info(vr).name << " " << key;
  return matcher ? *matcher : Matcher();
}

TEST(Matcher, FollowsEveryRule) {
  for (const auto& rule : kRules) {
    EXPECT_EQ(parsed(rule.vr, rule.key, rule.rules).matches(rule.stored), rule.match)
        << rule.clause << ": " << info(rule.vr).name << " key " << rule.key << " stored "
        << rule.stored.value_or("(absent)");
  }
}

TEST(Matcher, RefusesWhatTheVrDoesNotAllowAndSaysWhatItExpects) {
  for (const auto& [vr, key] : kRefused) {
    const auto matcher = Matcher::parse(vr, key);
    ASSERT_FALSE(matcher.ok()) << info(vr).name << " " << key;
    EXPECT_EQ(matcher.error().code, Errc::invalid_argument);
    if (std::string_view(key).size() < 4) continue;
    EXPECT_EQ(matcher.error().message.find(key), std::string::npos) << "may be patient data";
  }
}

TEST(Matcher, NamesTheAttributeItRefused) {
  const auto matcher = Matcher::parse(tags::StudyDate, "yesterday");

  ASSERT_FALSE(matcher.ok());
  EXPECT_TRUE(matcher.error().message.starts_with("StudyDate: a date is YYYYMMDD"))
      << matcher.error().message;
}

TEST(Matcher, KnowsWhenItMatchesEverything) {
  EXPECT_TRUE(parsed(Vr::PN, "*").universal());
  EXPECT_TRUE(parsed(Vr::PN, "").universal());
  EXPECT_FALSE(parsed(Vr::PN, "\"\"").universal());
  EXPECT_FALSE(parsed(Vr::PN, "?*").universal());
}

TEST(Matcher, AWildcardThatTakesForeverByBacktrackingTakesNoTime) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "a*";

  EXPECT_FALSE(matches_wildcard(pattern + "b", std::string(20000, 'a')));
}

struct ExpectedBounds {
  Vr vr;
  const char *key, *low, *high;
  bool folded, exact;
  MatchRules rules = {};
};

TEST(MatcherBounds, AreAsNarrowAsTheKeyAllows) {
  const std::string just_after = std::string("4711") + '\0';
  const ExpectedBounds kCases[] = {
      {Vr::PN, "DOE^JOHN", "doe^john", "doe^joho", true, false},
      {Vr::PN, "Müll*", "mull", "mulm", true, false},
      {Vr::PN, "DOE^*", "doe", "dof", true, false},
      {Vr::PN, "DOE*\\ROE*", "doe", "rof", true, false},
      {Vr::PN, "Yamada*=山田*", "yamada", "yamadb", true, false},
      {Vr::PN, "DOE^J*", "doe^j", "doe^k", true, false, kExactNames},
      {Vr::LO, "A-1*7", "A-1", "A-2", false, false},
      {Vr::LO, "Head*", "head", "heae", true, false, kIgnoreCase},
      {Vr::DA, "20040119", "20040119", "20040120", false, true},
      {Vr::DA, "20040101-20040131", "20040101", "20040132", false, false},
      {Vr::DA, "20040101-", "20040101", "", false, false},
      {Vr::DA, "-20040131", "", "20040132", false, false},
      {Vr::TM, "0730", "0730", "073060.999999:", false, false},
      {Vr::TM, "07-", "07", "", false, false},
      {Vr::DT, "20260601", "2026", "2026:", false, false},
  };
  for (const auto& expected : kCases) {
    const auto bounds = parsed(expected.vr, expected.key, expected.rules).bounds();
    ASSERT_TRUE(bounds) << expected.key;
    EXPECT_EQ(bounds->low, expected.low) << expected.key;
    EXPECT_EQ(bounds->high, expected.high) << expected.key;
    EXPECT_EQ(bounds->folded, expected.folded) << expected.key;
    EXPECT_EQ(bounds->exact, expected.exact) << expected.key;
  }
  const auto exact = parsed(Vr::LO, "4711").bounds();
  EXPECT_EQ(exact->high, just_after);
  EXPECT_TRUE(exact->exact);
}

TEST(MatcherBounds, AreNoneWhereAMatchMayBeAnywhere) {
  const std::pair<Vr, const char*> kCases[] = {
      {Vr::PN, "*doe"}, {Vr::PN, "山田*"}, {Vr::PN, "=山田"}, {Vr::PN, "*"}, {Vr::PN, "\"\""},
      {Vr::IS, "1"},    {Vr::LO, "?A"},    {Vr::LO, "A\\*B"}, {Vr::LO, ""},
  };
  for (const auto& [vr, key] : kCases) EXPECT_FALSE(parsed(vr, key).bounds()) << key;
  EXPECT_FALSE(parsed(Vr::PN, "doe", kFuzzy).bounds());
  EXPECT_FALSE(parsed(Vr::PN, "Müll*", kExactNames).bounds()) << "may be of any group";
}

TEST(Matcher, ExactValuesAreThoseOfAListOfUids) {
  using Values = std::vector<std::string>;
  EXPECT_EQ(parsed(Vr::UI, "1.2\\1.3").exact_values(), Values({"1.2", "1.3"}));
  EXPECT_EQ(parsed(Vr::LO, "A").exact_values(), Values({"A"}));
  EXPECT_EQ(parsed(Vr::LO, "A*").exact_values(), Values());
  EXPECT_EQ(parsed(Vr::LO, "A", kIgnoreCase).exact_values(), Values());
  EXPECT_EQ(parsed(Vr::PN, "A").exact_values(), Values());
  EXPECT_EQ(parsed(Vr::PN, "A", kExactNames).exact_values(), Values()) << "A^ is the same name";
}

TEST(Matcher, InfixIsTheLongestPieceThatEveryMatchContains) {
  EXPECT_EQ(parsed(Vr::PN, "*Müll*er^Jo").infix(), "er^jo");
  EXPECT_EQ(parsed(Vr::PN, "*doe^*").infix(), "doe");
  EXPECT_EQ(parsed(Vr::PN, "山田^太郎").infix(), "山田^太郎");
  EXPECT_EQ(parsed(Vr::PN, "jo schmidt", kFuzzy).infix(), "schmidt");
  EXPECT_EQ(parsed(Vr::LO, "*Head*", kIgnoreCase).infix(), "head");
  EXPECT_EQ(parsed(Vr::PN, "*Doe^*", kExactNames).infix(), "doe");
  EXPECT_FALSE(parsed(Vr::PN, "*do*").infix());
  EXPECT_FALSE(parsed(Vr::PN, "*doe*\\*roe*").infix());
  EXPECT_FALSE(parsed(Vr::DA, "20040101").infix());
}

// What the index relies on: whatever matches is within the bounds, contains the infix, is among the
// values.
TEST(MatcherBounds, ContainEveryMatchOfRandomKeysAndValues) {
  constexpr std::string_view kTextPieces[] = {"a", "B", "ab", "*",  "?", "^", "=",
                                              "é", "E", " ",  "田", "1", "ß", "\\"};
  constexpr std::string_view kMomentPieces[] = {
      "2004",       "0119", "01",    "07",    "23",    "59",     "00",       "60", "-",
      "1995.09.03", ".5",   "07:27", "+0100", "-0500", "00.000", "20040119", "\\", "12"};
  constexpr Vr kVrs[] = {Vr::PN, Vr::PN, Vr::LO, Vr::UI, Vr::DA, Vr::TM, Vr::DT, Vr::IS, Vr::LT};
  std::mt19937 random(4711);
  int matches = 0;
  for (int i = 0; i < 400000; ++i) {
    const Vr vr = kVrs[random() % std::size(kVrs)];
    const bool is_moment = vr == Vr::DA || vr == Vr::TM || vr == Vr::DT;
    const auto random_text = [&](bool is_key) {
      std::string text;
      for (auto n = random() % 5; n > 0; --n) {
        const auto piece = is_moment ? kMomentPieces[random() % std::size(kMomentPieces)]
                                     : kTextPieces[random() % std::size(kTextPieces)];
        if (is_key || piece != "\\") text += piece;
      }
      return text;
    };
    const MatchRules rules{.ignore_case = random() % 2 == 0,
                           .exact_names = random() % 3 == 0,
                           .fuzzy_names = random() % 5 == 0};
    const auto key = random_text(true);
    const auto matcher = Matcher::parse(vr, key, rules);
    if (!matcher || matcher->universal()) continue;
    const auto value = normalise_value(vr, trim(random_text(false)));
    if (!matcher->matches(value)) continue;
    ++matches;

    SCOPED_TRACE(std::string(info(vr).name) + " key " + key + " value " + value);
    if (const auto bounds = matcher->bounds()) {
      const auto form = bounds->folded ? fold(value) : value;
      ASSERT_GE(form, bounds->low);
      ASSERT_TRUE(bounds->high.empty() || form < bounds->high) << bounds->high;
      ASSERT_TRUE(!bounds->exact || form == bounds->low);
    }
    if (const auto infix = matcher->infix()) {
      ASSERT_NE(fold(value).find(*infix), std::string::npos) << *infix;
    }
    if (const auto values = matcher->exact_values(); !values.empty()) {
      ASSERT_NE(std::find(values.begin(), values.end(), value), values.end());
    }
  }
  EXPECT_GT(matches, 1000) << "the test tries too little";
}

TEST(NormaliseDate, UnderstandsAcrNema) {
  EXPECT_EQ(normalise_date("1995.09.03"), "19950903");
  EXPECT_EQ(normalise_date("19950903 "), "19950903");
  EXPECT_EQ(normalise_date("1995-09-03"), "1995-09-03");
  EXPECT_EQ(normalise_date("unknown"), "unknown");
  EXPECT_EQ(normalise_date(""), "");
}

TEST(NormaliseTime, UnderstandsAcrNema) {
  EXPECT_EQ(normalise_time("07:27"), "0727");
  EXPECT_EQ(normalise_time("07:27:30.25"), "072730.25");
  EXPECT_EQ(normalise_time("072730 "), "072730");
  EXPECT_EQ(normalise_time("25:00"), "25:00");
}

TEST(NormaliseValue, WorksOnEachOfSeveralValues) {
  EXPECT_EQ(normalise_value(Vr::DA, "1995.09.03\\\\20040119"), "19950903\\\\20040119");
  EXPECT_EQ(normalise_value(Vr::DA, "\\1995.09.03"), "\\19950903");
  EXPECT_EQ(normalise_value(Vr::PN, "Mu\u0308ller"), "Müller");
}

}  // namespace
}  // namespace dcmfs
