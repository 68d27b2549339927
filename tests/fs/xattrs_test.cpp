#include "fs/xattrs.h"

#include <gtest/gtest.h>

namespace dcmfs::fs {
namespace {

constexpr std::string_view kAcl = "system.posix_acl_access";

std::string entry(char tag, char perm) {
  return {tag, 0, perm, 0, '\xff', '\xff', '\xff', '\xff'};
}

std::string acl(std::string_view entries) {
  return std::string{2, 0, 0, 0} + std::string(entries);
}

TEST(ModeOfAcl, IsThatOfItsThreeClasses) {
  const auto list = acl(entry(1, 6) + entry(4, 4) + entry(0x20, 1));

  EXPECT_EQ(mode_of_acl(kAcl, list), mode_t{0641});
}

TEST(ModeOfAcl, TheMaskIsTheGroups) {  // as in acl(5): CORRESPONDENCE
  const auto list = acl(entry(1, 7) + entry(2, 7) + entry(4, 4) + entry(0x10, 6) + entry(0x20, 0));

  EXPECT_EQ(mode_of_acl(kAcl, list), mode_t{0760});
}

TEST(ModeOfAcl, WhatIsNoneSaysNothing) {
  const auto list = acl(entry(1, 6));

  EXPECT_EQ(mode_of_acl("system.posix_acl_default", list), std::nullopt);
  EXPECT_EQ(mode_of_acl(kAcl, ""), std::nullopt);
  EXPECT_EQ(mode_of_acl(kAcl, std::string_view(list).substr(0, 7)), std::nullopt);
  EXPECT_EQ(mode_of_acl(kAcl, "\x01" + list.substr(1)), std::nullopt);
}

}  // namespace
}  // namespace dcmfs::fs
