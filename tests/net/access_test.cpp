#include "net/access.h"

#include <vector>

#include <gtest/gtest.h>

#include "net/destinations.h"

namespace dcmfs::net {
namespace {

constexpr Privileges kMayFind{.echo = false,
                              .store = false,
                              .find = true,
                              .find_worklist = false,
                              .get = false,
                              .move = false,
                              .storage_commitment = false};

const std::vector<Destination> kCt1{{.aet = "CT1", .host = "10.0.0.1", .may = kMayFind}};
const std::vector<Destination> kCt2{{.aet = "CT2", .host = "localhost"}};

Access access(Privileges anybody, bool check_host = false) {
  return {.anybody = anybody, .check_host = check_host};
}

TEST(Access, IsThatOfAnybodyForWhoIsNotKnown) {
  EXPECT_EQ(privileges_of(access(kNoPrivileges), {}, "10.0.0.1"), kNoPrivileges);
  EXPECT_EQ(privileges_of(access(Privileges()), {}, "10.0.0.1"), Privileges());
}

TEST(Access, OfWhoIsKnownIsWhatTheNodeMayWhateverAnybodyMay) {
  auto anybody = kNoPrivileges;
  anybody.echo = anybody.store = true;

  EXPECT_EQ(privileges_of(access(anybody), kCt1, "10.0.0.9"), kMayFind);
  EXPECT_EQ(privileges_of(access(kNoPrivileges), kCt1, "10.0.0.9"), kMayFind);
  EXPECT_EQ(privileges_of(access(anybody, true), kCt1, "10.0.0.9"), anybody)
      << "from another host it is not known";
}

TEST(Access, OfSeveralNodesThatItCanBeIsWhatOneOfThemMay) {
  auto may_store = kNoPrivileges;
  may_store.store = true;
  std::vector<Destination> both = kCt1;
  both.push_back({.aet = "CT1", .host = "10.0.0.2", .may = may_store});
  auto either = kMayFind;
  either.store = true;

  EXPECT_EQ(privileges_of(access(Privileges()), both, "10.0.0.1"), either);
}

TEST(Access, ChecksTheAddressIfItIsWanted) {
  const auto of = [](const std::vector<Destination>& node, const char* address) {
    return privileges_of(access(kNoPrivileges, true), node, address);
  };

  EXPECT_EQ(of(kCt1, "10.0.0.1"), kMayFind);
  EXPECT_EQ(of(kCt1, "::ffff:10.0.0.1"), kMayFind);
  EXPECT_EQ(of(kCt1, "10.0.0.9"), kNoPrivileges);
  EXPECT_EQ(of(kCt1, ""), kNoPrivileges);
  EXPECT_EQ(of(kCt2, "127.0.0.1"), Privileges());
  EXPECT_EQ(of(kCt2, "10.0.0.1"), kNoPrivileges);
}

TEST(Access, OfSeveralNodesOfOneTitleIsThatOfThoseThatItIs) {
  std::vector<Destination> both = kCt1;
  both.push_back({.aet = "CT1", .host = "10.0.0.2"});

  EXPECT_EQ(privileges_of(access(kNoPrivileges, true), both, "10.0.0.1"), kMayFind);
  EXPECT_EQ(privileges_of(access(kNoPrivileges, true), both, "10.0.0.2"), Privileges());
}

TEST(Titles, AreComparedAsItIsWanted) {
  EXPECT_TRUE(same_title("CT1", " ct1 ", Titles::in_any_case));
  EXPECT_FALSE(same_title("CT1", "ct1", Titles::as_written));
  EXPECT_TRUE(same_title("CT1", "CT1 ", Titles::as_written));
}

}  // namespace
}  // namespace dcmfs::net
