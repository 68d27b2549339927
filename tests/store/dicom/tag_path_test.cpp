#include "store/dicom/tag_path.h"

#include <gtest/gtest.h>

#include "tests/support/ok.h"

namespace dcmfs {
namespace {

TEST(TagPath, ATagHasFourNames) {
  for (const std::string_view name : {"PatientName", "0010,0010", "0010-0010", "00100010"}) {
    const auto path = parse_tag_path(name);

    ASSERT_OK(path);
    EXPECT_TRUE(path->steps.empty());
    EXPECT_EQ(path->tag, tags::PatientName) << name;
    EXPECT_EQ(to_string(*path), "PatientName");
  }
}

TEST(TagPath, LeadsThroughItemsOfSequences) {
  const auto path =
      parse_tag_path("ReferencedSeriesSequence[*].0008,1199[12].ReferencedSOPInstanceUID");

  ASSERT_OK(path);
  ASSERT_EQ(path->steps.size(), 2u);
  EXPECT_EQ(path->steps[0].sequence, tags::ReferencedSeriesSequence);
  EXPECT_EQ(path->steps[0].item, std::nullopt);
  EXPECT_EQ(path->steps[1].item, 12u);
  EXPECT_EQ(to_string(*path),
            "ReferencedSeriesSequence[*].ReferencedSOPSequence[12].ReferencedSOPInstanceUID");
  EXPECT_EQ(*parse_tag_path(to_string(*path)), *path);
}

TEST(TagPath, RepeatingGroupsKeepTheirNumber) {
  const auto path = parse_tag_path("6002,0010");

  ASSERT_OK(path);
  EXPECT_EQ(to_string(*path), "6002,0010");
  EXPECT_EQ(*parse_tag_path(to_string(*path)), *path);
}

TEST(TagPath, PrivateTagsHaveTheCreatorThatIsGiven) {
  EXPECT_EQ(parse_tag_path("0029,1010", "ACME")->private_creator, "ACME");
  EXPECT_EQ(parse_tag_path("PatientName", "ACME")->private_creator, "");
  EXPECT_EQ(parse_tag_path("0029,1010[0].PatientName", "ACME")->private_creator, "ACME");
}

TEST(TagPath, WhatIsNoneIsRefusedByName) {
  constexpr std::string_view kBad[] = {
      "",
      "PatientNam",
      "0010,001",
      "0010;0010",
      "PatientName.PatientID",
      "PatientName[0].PatientID",
      "ReferencedSeriesSequence.SeriesInstanceUID",
      "ReferencedSeriesSequence[0]",
      "ReferencedSeriesSequence[].SeriesInstanceUID",
      "ReferencedSeriesSequence[-1].SeriesInstanceUID",
      "ReferencedSeriesSequence[1x].SeriesInstanceUID",
      "ReferencedSeriesSequence[0.SeriesInstanceUID",
      "ReferencedSeriesSequence[99999999999999999999].SeriesInstanceUID",
      "ReferencedSeriesSequence[0]..SeriesInstanceUID",
      ".PatientName",
      "0008,0000",
      "0002,0010",
      "0000,0002",
      "fffe,e000",
      "0029,0001",
      "0029,0100",
  };
  for (const auto bad : kBad) {
    const auto path = parse_tag_path(bad);

    ASSERT_FALSE(path) << bad;
    EXPECT_EQ(path.error().code, Errc::invalid_argument);
  }
  EXPECT_EQ(parse_tag_path("PatientNam").error().message,
            "PatientNam: no attribute is called that");
}

TEST(TagPath, LengthAndDepthHaveLimits) {
  EXPECT_FALSE(parse_tag_path(std::string(100'000, 'A')));
  std::string deep;
  for (int i = 0; i < 200; ++i) deep += "00081140[0].";
  EXPECT_FALSE(parse_tag_path(deep + "00081155"));
}

}  // namespace
}  // namespace dcmfs
