#include "tools/progress.h"

#include <gtest/gtest.h>

namespace dcmfs::tools {
namespace {

using std::chrono::seconds;

TEST(ProgressLine, SaysWhatIsDoneHowFastAndHowLongItTakes) {
  EXPECT_EQ(progress_line("importing", {1200, 60'000'000}, {0, 240'000'000}, seconds(30), 200),
            "importing  1,200 files  60 MB of 240 MB  40 files/s  2.0 MB/s  1:30 left");
}

TEST(ProgressLine, LeavesOutWhatIsNotKnown) {
  EXPECT_EQ(progress_line("importing", {1200, 0}, {}, seconds(30), 200),
            "importing  1,200 files  40 files/s");
}

TEST(ProgressLine, EstimatesByFilesIfBytesAreNotKnown) {
  EXPECT_EQ(progress_line("reading", {10, 0}, {40, 0}, seconds(3600), 200),
            "reading  10 of 40 files  0 files/s  3:00:00 left");
}

TEST(ProgressLine, EstimatesNothingAtFirst) {
  EXPECT_EQ(progress_line("reading", {10, 0}, {40, 0}, seconds(1), 200),
            "reading  10 of 40 files  10 files/s");
}

TEST(ProgressLine, IsNeverWiderThanTheTerminal) {
  EXPECT_EQ(progress_line("importing", {1200, 0}, {}, seconds(30), 12), "importing  1");
  EXPECT_EQ(progress_line("importing", {1200, 0}, {}, seconds(30), 0), "");
}

TEST(SizeText, HasTwoDigitsOrMore) {
  EXPECT_EQ(size_text(0), "0 B");
  EXPECT_EQ(size_text(999), "999 B");
  EXPECT_EQ(size_text(1000), "1.0 kB");
  EXPECT_EQ(size_text(9'940'000), "9.9 MB");
  EXPECT_EQ(size_text(9'960'000), "10 MB");
  EXPECT_EQ(size_text(999'900'000), "1.0 GB");
  EXPECT_EQ(size_text(INT64_MAX), "9223 PB");
}

TEST(CountText, SeparatesThousands) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1000), "1,000");
  EXPECT_EQ(count_text(1234567), "1,234,567");
  EXPECT_EQ(count_text(-1234), "-1,234");
}

}  // namespace
}  // namespace dcmfs::tools
