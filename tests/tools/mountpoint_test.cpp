#include "tools/mountpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/ok.h"
#include "tests/support/temp_folder.h"

namespace dcmfs::tools {
namespace {

using testing::HasSubstr;

class Mountpoint : public testing::Test {
 protected:
  Mountpoint() {
    std::filesystem::create_directories(folder_ / "store/sub");
    std::filesystem::create_directories(folder_ / "mount");
  }
  Result<std::filesystem::path> prepare(std::string_view name,
                                        NonEmpty non_empty = NonEmpty::refused) {
    return prepare_mountpoint(folder_ / name, folder_ / "store", non_empty);
  }
  std::string error_of(std::string_view name) {
    const auto prepared = prepare(name);
    return prepared ? "no error" : prepared.error().message;
  }
  TempFolder folder_;
};

TEST_F(Mountpoint, AnEmptyFolderIsFine) {
  EXPECT_OK(prepare("mount"));
  EXPECT_OK(prepare("mount/"));
  EXPECT_EQ(*prepare("mount/../mount"), folder_ / "mount");
}

TEST_F(Mountpoint, MustBeThere) {
  EXPECT_THAT(error_of("none"), HasSubstr("no such folder; make it first"));
}

TEST_F(Mountpoint, MustBeAFolder) {
  folder_.write("file", "");

  EXPECT_THAT(error_of("file"), HasSubstr("not a folder"));
}

TEST_F(Mountpoint, MustBeEmptyUnlessOneSaysOtherwise) {
  folder_.write("mount/something", "");

  EXPECT_THAT(error_of("mount"), HasSubstr("not empty"));
  EXPECT_OK(prepare("mount", NonEmpty::allowed));
}

TEST_F(Mountpoint, MustNotBeInsideTheStore) {
  EXPECT_THAT(error_of("store/sub"), HasSubstr("inside the store"));
  EXPECT_THAT(error_of("store"), HasSubstr("inside the store"));
}

TEST_F(Mountpoint, MustNotHideTheStore) {
  EXPECT_THAT(error_of("."), HasSubstr("hide the store"));
}

TEST_F(Mountpoint, ALinkToAFolderIsFollowed) {
  std::filesystem::create_directory_symlink(folder_ / "mount", folder_ / "link");

  EXPECT_EQ(*prepare("link"), folder_ / "mount");
}

}  // namespace
}  // namespace dcmfs::tools
