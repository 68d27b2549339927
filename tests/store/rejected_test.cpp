#include "store/rejected.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/detail/spool_folder.h"
#include "tests/support/manifest.h"
#include "tests/support/temp_store.h"

namespace dcmfs {
namespace {

using testing::ElementsAre;

constexpr Time kMonday = from_ms(1'700'000'000'000);

class RejectedTest : public testing::Test {
 protected:
  RejectedTest() { std::filesystem::create_directory(folder_ / "rejected"); }

  std::string put(std::string_view name, std::string_view bytes, Time at = kMonday) {
    auto file = TempStore::require(spool_.file());
    if (!file.append(bytes_of(bytes))) throw std::runtime_error("spool");
    return TempStore::require(
        rejected_.put(std::move(file), name, Error{Errc::not_dicom, "it is no DICOM"}, at));
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& item : TempStore::require(rejected_.list())) names.push_back(item.name);
    return names;
  }
  std::string content(std::string_view name) const {
    return read_whole_file(folder_ / "rejected" / name);
  }

  TempFolder folder_;
  detail::SpoolFolder spool_ = TempStore::require(detail::SpoolFolder::make(folder_.path()));
  Rejected rejected_{folder_ / "rejected"};
};

TEST_F(RejectedTest, KeepsTheBytesAndTheReasonBeside) {
  EXPECT_EQ(put("IM0001", "bytes"), "IM0001");

  EXPECT_THAT(names(), ElementsAre("IM0001", "IM0001.reason.txt"));
  EXPECT_EQ(content("IM0001"), "bytes");
  EXPECT_EQ(content("IM0001.reason.txt"), "it is no DICOM\n");
}

TEST_F(RejectedTest, NamesakesGetANumber) {
  put("IM0001", "first");

  EXPECT_EQ(put("IM0001", "second"), "IM0001~2");
  EXPECT_EQ(put("IM0001", "third"), "IM0001~3");

  EXPECT_EQ(content("IM0001"), "first");
  EXPECT_EQ(content("IM0001~3"), "third");
}

TEST_F(RejectedTest, TheListingByInodeIsKeptUntilTheFolderChanges) {
  put("a", "first");
  const auto an_hour_ago = std::filesystem::file_time_type::clock::now() - std::chrono::hours(1);
  std::filesystem::last_write_time(folder_ / "rejected", an_hour_ago);

  const auto listed = TempStore::require(rejected_.by_inode());
  EXPECT_EQ(listed->size(), 2u);
  EXPECT_EQ(TempStore::require(rejected_.by_inode()), listed);  // not made again

  put("b", "second");
  EXPECT_EQ(TempStore::require(rejected_.by_inode())->size(), 4u);
  put("c", "third");  // at once, maybe within the same tick of the clock
  EXPECT_EQ(TempStore::require(rejected_.by_inode())->size(), 6u);
}

TEST_F(RejectedTest, AFileNamedLikeAReasonDoesNotReplaceTheReason) {
  put("a", "first");

  put("a.reason.txt", "second");

  EXPECT_EQ(content("a.reason.txt"), "it is no DICOM\n");
  EXPECT_EQ(content("a.reason.txt~2"), "second");
}

TEST_F(RejectedTest, ANameCannotLeaveTheFolder) {
  const auto name = put("../../etc/passwd", "bytes");

  EXPECT_EQ(name.find('/'), std::string::npos);
  EXPECT_TRUE(rejected_.find(name).ok());
  EXPECT_EQ(rejected_.open("../rejected/" + name).error().code, Errc::not_found);
  EXPECT_EQ(rejected_.find("..").error().code, Errc::not_found);
}

TEST_F(RejectedTest, AnEmptyNameIsUnnamed) {
  EXPECT_EQ(put("", "bytes"), "unnamed");
}

TEST_F(RejectedTest, TellsSizeAndTimeAndOpensTheFile) {
  put("a", "bytes");

  const auto item = TempStore::require(rejected_.find("a"));
  const auto blob = TempStore::require(rejected_.open("a"));

  EXPECT_EQ(item.size, 5);
  EXPECT_EQ(item.at, kMonday);
  EXPECT_EQ(blob.size(), 5);
}

TEST_F(RejectedTest, RemovingAFileTakesItsReasonAlong) {
  put("a", "bytes");
  put("b", "bytes");

  ASSERT_OK(rejected_.remove("a"));

  EXPECT_THAT(names(), ElementsAre("b", "b.reason.txt"));
}

TEST_F(RejectedTest, RemovingWhatIsNotThereIsNoError) {
  EXPECT_OK(rejected_.remove("a"));
  EXPECT_OK(rejected_.remove("../spool"));
}

TEST_F(RejectedTest, ExpiresAfterThirtyDays) {
  put("old", "bytes", kMonday);
  put("new", "bytes", kMonday + std::chrono::days(2));

  ASSERT_OK(rejected_.expire(kMonday + Rejected::kKept + std::chrono::hours(1)));

  EXPECT_THAT(names(), ElementsAre("new", "new.reason.txt"));
}

TEST_F(RejectedTest, AFailureLeavesTheFileInTheSpool) {
  std::filesystem::remove_all(folder_ / "rejected");
  auto file = TempStore::require(spool_.file());

  const auto put = rejected_.put(std::move(file), "a", Error{Errc::corrupt, "why"}, kMonday);

  EXPECT_FALSE(put);
  EXPECT_TRUE(std::filesystem::exists(file.path()));
}

}  // namespace
}  // namespace dcmfs
