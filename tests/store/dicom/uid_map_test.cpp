#include "store/dicom/uid_map.h"

#include <regex>
#include <set>

#include <gtest/gtest.h>

#include "store/dicom/transfer_syntax.h"

namespace dcmfs {
namespace {

TEST(UidMap, TheSameBecomesTheSameAndNothingElseDoes) {
  const UidMap map = UidMap::random();
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string uid = "1.2.3." + std::to_string(i);
    EXPECT_EQ(map(uid), map(uid));
    EXPECT_TRUE(is_valid_uid(map(uid)));
    EXPECT_TRUE(map(uid).starts_with("2.25."));
    EXPECT_TRUE(seen.insert(map(uid)).second);
  }
}

TEST(UidMap, ASecretHoldsAcrossJobsAndARandomKeyDoesNot) {
  EXPECT_EQ(UidMap::from_secret("s")("1.2"), UidMap::from_secret("s")("1.2"));
  EXPECT_NE(UidMap::from_secret("s")("1.2"), UidMap::from_secret("t")("1.2"));
  EXPECT_NE(UidMap::random()("1.2"), UidMap::random()("1.2"));
  const UidMap map = UidMap::random();
  EXPECT_EQ(UidMap::from_key(map.key())("1.2"), map("1.2"));
}

// HMAC-SHA-256 of "1.2" with the key "secret", computed by Python's hmac: the first 16 bytes with
// version 8 and the variant of RFC 9562. Data sets of years ago depend on it.
TEST(UidMap, StaysTheSameInEveryVersionOfTheProgram) {
  EXPECT_EQ(UidMap::from_secret("secret")("1.2"), "2.25.9821330042110617381655018226374370142");
}

TEST(UidMap, UidsOfTheStandardStay) {
  EXPECT_EQ(UidMap::random()("1.2.840.10008.5.1.4.1.1.2"), "1.2.840.10008.5.1.4.1.1.2");
}

TEST(UidMap, WhatWasChosenGoesFirst) {
  UidMap map = UidMap::random();
  map.set("1.2", "1.3");

  EXPECT_EQ(map("1.2"), "1.3");
}

TEST(RandomUuid, LooksLikeOne) {
  const std::regex form("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");

  EXPECT_TRUE(std::regex_match(random_uuid(), form)) << random_uuid();
  EXPECT_NE(random_uuid(), random_uuid());
}

}  // namespace
}  // namespace dcmfs
