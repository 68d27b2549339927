#include "store/find/moment_key.h"

#include <map>

#include <gtest/gtest.h>

namespace dcmfs {
namespace {

using Asked = MomentKey::Asked;

// Whether a stored date, time and zone match; the pair must need more than each alone.
bool matches(const Asked& asked, std::string date, std::string time, std::string zone = "") {
  const auto key = MomentKey::of(*find_moment_pair(tags::StudyDate), asked);
  EXPECT_TRUE(key);
  std::map<Tag, std::string> stored;
  if (!date.empty()) stored[tags::StudyDate] = date;
  if (!time.empty()) stored[tags::StudyTime] = time;
  if (!zone.empty()) stored[tags::TimezoneOffsetFromUTC] = zone;
  return key && key->matches([&](Tag tag) {
    const auto found = stored.find(tag);
    return found == stored.end() ? std::nullopt : std::optional(found->second);
  });
}

TEST(MomentKey, WithoutNegotiationEachIsMatchedAlone) {
  EXPECT_FALSE(MomentKey::of(*find_moment_pair(tags::StudyDate),
                             {"20060705-20060707", "1000-1800", "", false}));
}

// The example of PS3.4 C.2.2.2.5.4.
TEST(MomentKey, CombinedRangesAreOne) {
  const Asked asked{"20060705-20060707", "1000-1800", "", true};
  struct Case {
    const char *date, *time;
    bool matches;
  };
  for (const auto& [date, time, expected] :
       {Case{"20060705", "095959", false}, Case{"20060705", "1000", true},
        Case{"20060706", "030000", true}, Case{"20060706", "235959.999", true},
        Case{"20060707", "180000", true}, Case{"20060707", "180100", false},
        Case{"20060704", "120000", false}, Case{"20060706", "", false},
        Case{"2006.07.06", "03:00:00", true}})
    EXPECT_EQ(matches(asked, date, time), expected) << date << " " << time;
}

TEST(MomentKey, OpenRangesCombineToo) {
  EXPECT_TRUE(matches({"20060705-", "1000-", "", true}, "20060706", "0300"));
  EXPECT_FALSE(matches({"20060705-", "1000-", "", true}, "20060705", "0300"));
  EXPECT_TRUE(matches({"-20060705", "-1000", "", true}, "20060704", "2300"));
  EXPECT_FALSE(matches({"-20060705", "-1000", "", true}, "20060705", "2300"));
}

TEST(MomentKey, DifferentFormsAreMatchedEachAlone) {
  for (const char* time : {"", "10", "1000-", "-1000"})
    EXPECT_FALSE(
        MomentKey::of(*find_moment_pair(tags::StudyDate), {"20060705-20060707", time, "", true}))
        << time;
  EXPECT_FALSE(MomentKey::of(*find_moment_pair(tags::StudyDate), {"20060705", "10", "", true}));
}

TEST(MomentKey, TimesAreComparedInTheZoneOfTheRequest) {
  struct Case {
    Asked asked;
    const char *date, *time, *zone;
    bool matches;
  };
  const Case kCases[] = {
      // 23:30 in New York is 05:30 of the next day in Berlin.
      {{"20240702", "", "+0100", false}, "20240701", "233000", "-0500", true},
      {{"20240701", "", "+0100", false}, "20240701", "233000", "-0500", false},
      {{"20240702", "0530", "+0100", false}, "20240701", "233000", "-0500", true},
      {{"20240702", "2330", "+0100", false}, "20240701", "233000", "-0500", false},
      {{"", "05-06", "+0100", false}, "20240701", "233000", "-0500", true},
      {{"", "23-24", "+0100", false}, "20240701", "120000", "-0500", false},
      {{"20240701-20240702", "0600-0500", "+0100", true}, "20240701", "235900", "+0100", true},
      // What says nothing of its zone is in that of the request.
      {{"20240701", "2330", "+0100", false}, "20240701", "233000", "", true},
      // Without a time a date is a date.
      {{"20240701", "", "+0100", false}, "20240701", "", "-0500", true},
      {{"20240702", "", "+0100", false}, "20240701", "", "-0500", false},
  };
  for (const auto& [asked, date, time, zone, expected] : kCases) {
    const auto key = MomentKey::of(*find_moment_pair(tags::StudyDate), asked);
    if (!key && asked.time == "23-24") continue;  // there is no hour 24
    EXPECT_EQ(matches(asked, date, time, zone), expected) << asked.date << " " << asked.time;
  }
}

TEST(MomentKey, TheIndexIsNarrowedToTheDaysThatCanMatch) {
  const auto& pair = *find_moment_pair(tags::StudyTime);
  EXPECT_EQ(MomentKey::of(pair, {"20060705-20060707", "1000-1800", "", true})->dates(),
            "20060705-20060707");
  EXPECT_EQ(MomentKey::of(pair, {"20240301", "", "+0100", false})->dates(), "20240228-20240303");
  EXPECT_EQ(MomentKey::of(pair, {"20240301-", "", "+0100", false})->dates(), "20240228-");
  EXPECT_EQ(MomentKey::of(pair, {"", "10", "+0100", false})->dates(), "");
}

TEST(MomentKey, ADateTimeWithoutAnOffsetIsInTheZoneOfTheRequest) {
  const auto stored = [](std::string value, std::string zone) {
    return [=](Tag tag) -> std::optional<std::string> {
      if (tag == tags::AcquisitionDateTime) return value;
      if (!zone.empty()) return zone;
      return std::nullopt;
    };
  };
  const auto key = MomentKey::of(tags::AcquisitionDateTime, "19980128103000", "+0000");
  ASSERT_TRUE(key);

  EXPECT_TRUE(key->matches(stored("19980128073000-0300", "")));
  EXPECT_TRUE(key->matches(stored("19980128073000", "-0300")));
  EXPECT_TRUE(key->matches(stored("19980128103000", "")));
  EXPECT_FALSE(key->matches(stored("19980128103000", "-0300")));
  EXPECT_FALSE(MomentKey::of(tags::AcquisitionDateTime, "19980128103000+0100", "+0000"));
  EXPECT_TRUE(MomentKey::of(tags::AcquisitionDateTime, "1998-2004", "+0100")) << "years";
}

TEST(MomentKey, EachEndOfADateTimeHasItsOwnOffsetOrThatOfTheRequest) {
  struct Case {
    const char *key, *zone, *stored;
    bool matches;
  };
  for (const auto& [text, zone, stored, expected] : {
           Case{"20240103161112", "-0500", "20240103161112-0500", true},
           Case{"20240103161112", "-0500", "20240103161112", true},
           Case{"20240103161112", "+0000", "20240103111112-0500", true},
           Case{"20240103161112", "+0000", "20240103161112-0500", false},
           Case{"20240103161112", "+0000", "20240103071112-0900", true},
           Case{"20240103161112+0900-20240103161113", "+0100", "20240103071112+0000", true},
           Case{"20240103161112+0900-20240103161113", "+0100", "20240103151113+0000", true},
           Case{"20240103161112+0900-20240103161113", "+0100", "20240103161113+0000", false},
           Case{"20240103161112-20240103161113-0500", "+0100", "20240103151112+0000", true},
           Case{"20240103161112-20240103161113-0500", "+0100", "20240103211113+0000", true},
           Case{"20240103161112-20240103161113-0500", "+0100", "20240103151111+0000", false},
           // It ends eight hours before it begins.
           Case{"20240103161112+0100-20240103161113", "+0900", "20240103151112+0000", false},
           Case{"20240103161112+0100-20240103161113", "+0900", "20240103071113+0000", false},
           // It does so by the numbers alone.
           Case{"20240103161112+0100-20240103101113", "-0900", "20240103190000+0000", true},
       }) {
    const auto key = MomentKey::of(tags::AcquisitionDateTime, text, zone);
    const auto value_of = [stored = stored](Tag tag) -> std::optional<std::string> {
      if (tag == tags::AcquisitionDateTime) return stored;
      return std::nullopt;
    };
    EXPECT_EQ(key && key->matches(value_of), expected) << text << " " << zone << " " << stored;
  }
  for (const char* own : {"20240103161112+0100", "20240103161112-0500", "2024+0100-2025-0500",
                          "2024+0100-", "-2025-0900", "2025-2024"})
    EXPECT_FALSE(MomentKey::of(tags::AcquisitionDateTime, own, "+0900")) << own;
}

TEST(MomentKey, AValueThatIsNoneMatchesNothing) {
  EXPECT_FALSE(matches({"20060705-20060707", "1000-1800", "", true}, "yesterday", "noon"));
}

}  // namespace
}  // namespace dcmfs
