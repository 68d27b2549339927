#include "store/detail/series_size.h"

#include <array>

#include <gmock/gmock.h>

namespace dcmfs::detail {
namespace {

using Texts = std::array<Text, 5>;

TEST(ExpectedInstances, AreTheFirstThatIsSaid) {
  const Text none;
  EXPECT_EQ(expected_instances(Texts{"3", "4", "5", "6", "7"}), 12);
  EXPECT_EQ(expected_instances(Texts{"3", none, "5", "6", "7"}), 30);
  EXPECT_EQ(expected_instances(Texts{none, "4", none, "6", "7"}), 7);
  EXPECT_EQ(expected_instances(Texts{none, none, none, none, none}), std::nullopt);
  EXPECT_EQ(expected_instances(Texts{"", "4", none, none, " +7 "}), 7);
}

TEST(ExpectedInstances, AreNumbersThatOneCanCount) {
  const Text none;
  for (const char* zero : {"0", "-1"})
    EXPECT_EQ(expected_instances(Texts{none, none, none, none, zero}), std::nullopt) << zero;
  for (const char* wrong : {"", "x", "1.5", "1\\2", "99999999999999999999", "3 4"})
    EXPECT_EQ(expected_instances(Texts{none, none, none, none, wrong}), std::nullopt) << wrong;
  EXPECT_EQ(expected_instances(Texts{"1000000000", "1000000000", none, none, none}),
            1'000'000'000'000'000'000);
}

TEST(IndexInSeries, IsTheInstanceNumberElseTheImageIndex) {
  EXPECT_EQ(index_in_series(std::array<Text, 2>{"4", "9"}), 4);
  EXPECT_EQ(index_in_series(std::array<Text, 2>{Text(), "9"}), 9);
  EXPECT_EQ(index_in_series(std::array<Text, 2>{"", "9"}), 9);
  EXPECT_EQ(index_in_series(std::array<Text, 2>{Text(), Text()}), std::nullopt);
}

TEST(SeriesStatus, TellsWhetherAllInstancesAreThere) {
  EXPECT_EQ(series_status(std::nullopt, {1, 2}), SeriesStatus::unknown);
  EXPECT_EQ(series_status(2, {1, std::nullopt}), SeriesStatus::unknown);
  EXPECT_EQ(series_status(3, {3, 1}), SeriesStatus::missing);
  EXPECT_EQ(series_status(3, {3, 1, 2}), SeriesStatus::complete);
  EXPECT_EQ(series_status(3, {3, 1, 1}), SeriesStatus::inconsistent);
  EXPECT_EQ(series_status(3, {4}), SeriesStatus::inconsistent);
  EXPECT_EQ(series_status(3, {0}), SeriesStatus::inconsistent);
}

}  // namespace
}  // namespace dcmfs::detail
