#include "store/ids.h"

#include <gtest/gtest.h>

#include "tests/support/ok.h"

namespace dcmfs {
namespace {

const Uids kUids{"1CT1", "1.2.3", "1.2.3.4", "1.2.3.4.5"};

TEST(ResourceId, OfAPatientIsTheOneThatOrthancGives) {
  EXPECT_EQ(ResourceId::of(Level::patient, kUids).str(),
            "fa558bce-587a86d3-ad0da9b3-9d043d9d-4f5c5718");
}

// `printf '1CT1|1.2.3|1.2.3.4|1.2.3.4.5' | sha1sum`, and so on.
TEST(ResourceId, IsMadeOfTheIdentifiersDownToItsLevel) {
  EXPECT_EQ(ResourceId::of(Level::study, kUids).str(),
            "cb23a70d-2c9574fb-885f688d-d15e561a-562c6761");
  EXPECT_EQ(ResourceId::of(Level::series, kUids).str(),
            "142921ab-89612aff-4e5c1353-25e7900f-e7db7b3b");
  EXPECT_EQ(ResourceId::of(Level::instance, kUids).str(),
            "fbb18aa2-e02326c9-0e89b209-30af1eb3-9a142c58");
}

TEST(ResourceId, OfAnEmptyPatientIdIsTheHashOfNothing) {
  EXPECT_EQ(ResourceId::of(Level::patient, {}).str(),
            "da39a3ee-5e6b4b0d-3255bfef-95601890-afd80709");
}

TEST(ResourceId, DoesNotSeeSpacesAroundIdentifiers) {
  const Uids padded{" 1CT1 ", "1.2.3 ", "1.2.3.4", "1.2.3.4.5"};

  EXPECT_EQ(ResourceId::of(Level::instance, padded), ResourceId::of(Level::instance, kUids));
}

TEST(ResourceId, ParsesWhatItPrints) {
  const auto id = ResourceId::of(Level::series, kUids);
  const auto parsed = ResourceId::parse(id.str());

  ASSERT_OK(parsed);
  EXPECT_EQ(*parsed, id);
}

TEST(ResourceId, ParsesNothingElse) {
  for (const std::string text : {
           "",
           "fa558bce-587a86d3-ad0da9b3-9d043d9d-4f5c571",
           "fa558bce-587a86d3-ad0da9b3-9d043d9d-4f5c57180",
           "fa558bce587a86d3-ad0da9b3-9d043d9d-4f5c57180",
           "fa558bce-587a86d3-ad0da9b3-9d043d9d-4f5c571g",
           "fa558bce 587a86d3 ad0da9b3 9d043d9d 4f5c5718",
       }) {
    const auto parsed = ResourceId::parse(text);

    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().code, Errc::invalid_argument);
  }
}

TEST(ResourceId, BeginsWithItsPrefix) {
  const auto id = ResourceId::parse("80000000-00000001-00000000-00000000-00000000");

  ASSERT_OK(id);
  EXPECT_EQ(static_cast<std::uint64_t>(id->prefix()), 0x8000000000000001u);
}

}  // namespace
}  // namespace dcmfs
