#include "net/access.h"

#include <gtest/gtest.h>

namespace dcmfs::net {
namespace {

constexpr Privileges kMayFind{.echo = false,
                              .store = false,
                              .find = true,
                              .find_worklist = false,
                              .get = false,
                              .move = false,
                              .storage_commitment = false};

Access access(Privileges anybody, bool check_host = false) {
  return {.anybody = anybody,
          .known = {{"CT1", "10.0.0.1", kMayFind}, {"CT2", "localhost", Privileges()}},
          .check_host = check_host};
}

TEST(Access, IsThatOfAnybodyForWhoIsNotKnown) {
  EXPECT_EQ(privileges_of(access(kNoPrivileges), "CT3", "10.0.0.1"), kNoPrivileges);
  EXPECT_EQ(privileges_of(access(Privileges()), "CT3", "10.0.0.1"), Privileges());
}

TEST(Access, AddsThatOfWhoIsKnown) {
  auto anybody = kNoPrivileges;
  anybody.echo = true;
  auto both = kMayFind;
  both.echo = true;

  EXPECT_EQ(privileges_of(access(anybody), "CT1", "10.0.0.9"), both);
  EXPECT_EQ(privileges_of(access(anybody), " ct1 ", "10.0.0.9"), both);
}

TEST(Access, ChecksTheAddressIfItIsWanted) {
  const auto of = [](const char* title, const char* address) {
    return privileges_of(access(kNoPrivileges, true), title, address);
  };

  EXPECT_EQ(of("CT1", "10.0.0.1"), kMayFind);
  EXPECT_EQ(of("CT1", "::ffff:10.0.0.1"), kMayFind);
  EXPECT_EQ(of("CT1", "10.0.0.9"), kNoPrivileges);
  EXPECT_EQ(of("CT1", ""), kNoPrivileges);
  EXPECT_EQ(of("CT2", "127.0.0.1"), Privileges());
  EXPECT_EQ(of("CT2", "10.0.0.1"), kNoPrivileges);
}

TEST(Access, ComparesTitlesAsWrittenIfItIsWanted) {
  auto strict = access(kNoPrivileges);
  strict.titles = Titles::as_written;

  EXPECT_EQ(privileges_of(strict, "ct1", "10.0.0.1"), kNoPrivileges);
  EXPECT_EQ(privileges_of(strict, "CT1 ", "10.0.0.1"), kMayFind);
}

}  // namespace
}  // namespace dcmfs::net
