#include "store/spool.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/detail/fd.h"
#include "store/detail/file_ops.h"
#include "store/detail/spool_folder.h"
#include "tests/support/manifest.h"
#include "tests/support/temp_store.h"

namespace dcmfs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class SpoolTest : public testing::Test {
 protected:
  std::vector<std::string> names_in_the_spool() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
      if (entry.is_regular_file()) names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  TempFolder folder_;
  detail::SpoolFolder spool_ = TempStore::require(detail::SpoolFolder::make(folder_.path()));
};

TEST_F(SpoolTest, AppendedBytesAreInTheFile) {
  auto file = TempStore::require(spool_.file());

  ASSERT_OK(file.append(bytes_of("one ")));
  ASSERT_OK(file.append(bytes_of("two")));

  EXPECT_EQ(read_whole_file(file.path()), "one two");
  EXPECT_EQ(*file.size(), 7);
}

TEST_F(SpoolTest, CopiesAFileOfAnySizeAndGoesOnBehindIt) {
  const std::string large(3'000'001, 'x');
  const auto path = folder_.write("source", large);
  const detail::Fd source(::open(path.c_str(), O_RDONLY));
  auto file = TempStore::require(spool_.file());

  ASSERT_OK(file.copy_from(source.get()));
  ASSERT_OK(file.append(bytes_of("end")));

  EXPECT_EQ(read_whole_file(file.path()), large + "end");
}

TEST_F(SpoolTest, CopiesAFileThatDoesNotTellItsSize) {
  const detail::Fd source(::open("/proc/version", O_RDONLY));
  auto file = TempStore::require(spool_.file());

  ASSERT_OK(file.copy_from(source.get()));

  EXPECT_GT(*file.size(), 10);
}

TEST_F(SpoolTest, IsDroppedWithItsNameUnlessReleased) {
  {
    auto file = TempStore::require(spool_.file());
    ASSERT_OK(file.set_name("IM0001"));
    EXPECT_THAT(names_in_the_spool(), ElementsAre("1.writing.IM0001"));
  }

  EXPECT_THAT(names_in_the_spool(), IsEmpty());
}

TEST_F(SpoolTest, MovingItKeepsOneOwner) {
  auto first = TempStore::require(spool_.file());
  auto second = TempStore::require(spool_.file());

  first = std::move(second);
  { const SpoolFile gone = std::move(second); }

  EXPECT_THAT(names_in_the_spool(), ElementsAre("2.part"));
}

TEST_F(SpoolTest, OneThatRestsIsOpenedAgainWhereverItWentMeanwhile) {
  auto file = TempStore::require(spool_.file());
  ASSERT_OK(file.append(bytes_of("hello")));

  file.rest();
  EXPECT_LT(file.fd(), 0);
  ASSERT_OK(file.set_name("a"));
  EXPECT_EQ(TempStore::require(file.size()), 5);
  ASSERT_OK(file.wake());

  EXPECT_EQ(TempStore::require(file.size()), 5);
  ASSERT_OK(file.append(bytes_of("J")));
  EXPECT_EQ(TempStore::require(file.size()), 5) << "it begins at its beginning";
  file.rest();
  { const SpoolFile gone = std::move(file); }
  EXPECT_THAT(names_in_the_spool(), IsEmpty());
}

TEST_F(SpoolTest, LeavingItKeepsFileAndMark) {
  {
    auto file = TempStore::require(spool_.file());
    ASSERT_OK(file.set_name("a"));
    ASSERT_OK(file.mark_complete());
    file.leave();
  }

  EXPECT_THAT(names_in_the_spool(), ElementsAre("1.complete.a"));
}

TEST_F(SpoolTest, NamingItAgainMeansThatItIsWrittenAgain) {
  auto file = TempStore::require(spool_.file());
  ASSERT_OK(file.set_name("a"));
  ASSERT_OK(file.mark_complete());

  ASSERT_OK(file.set_name("b"));

  EXPECT_THAT(names_in_the_spool(), ElementsAre("1.writing.b"));
}

TEST_F(SpoolTest, OneWhoseNameIsForgottenIsPromisedToNobody) {
  auto file = TempStore::require(spool_.file("a"));

  ASSERT_OK(file.forget_name());
  EXPECT_THAT(names_in_the_spool(), ElementsAre("1.part"));
  ASSERT_OK(file.set_name("a"));
  EXPECT_THAT(names_in_the_spool(), ElementsAre("1.writing.a"));
}

TEST_F(SpoolTest, OneIsDurableWithItsNameAndTheFolderOfIt) {
  auto file = TempStore::require(spool_.file("a"));
  int syncs = 0;
  detail::file_ops::set_fault([&](detail::file_ops::Op op) {
    return op == detail::file_ops::Op::sync && ++syncs > 3 ? EIO : 0;
  });
  EXPECT_OK(file.make_durable());
  EXPECT_EQ(syncs, 3);
  EXPECT_FALSE(file.make_durable());
  detail::file_ops::set_fault({});
}

TEST_F(SpoolTest, NamesThatNoFileCouldHaveAreCutAndCleaned) {
  auto file = TempStore::require(spool_.file("a/" + std::string(300, 'x')));

  const auto name = detail::SpoolName::parse(file.path().filename().string());

  ASSERT_TRUE(name);
  EXPECT_EQ(name->state, detail::SpoolName::State::writing);
  EXPECT_EQ(name->name, "a_" + std::string(198, 'x'));
}

TEST_F(SpoolTest, OtherFilesAreNoSpoolFiles) {
  for (const auto* name :
       {"", "7", "x.part", "7.parts", "7.part.a", "7.complete", "7.", "-.part"}) {
    EXPECT_FALSE(detail::SpoolName::parse(name)) << name;
  }
}

TEST_F(SpoolTest, AFolderWithALivingOwnerIsNotTakenForADeadOne) {
  std::filesystem::path mine;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) mine = entry;

  EXPECT_FALSE(detail::lock_dead(mine));
}

TEST_F(SpoolTest, TwoStoresOfOneProcessHaveAFolderEach) {
  const auto other = TempStore::require(detail::SpoolFolder::make(folder_.path()));
  auto a = TempStore::require(spool_.file());
  auto second = TempStore::require(detail::SpoolFolder::make(folder_.path()));
  auto b = TempStore::require(second.file());

  EXPECT_NE(a.path().parent_path(), b.path().parent_path());
}

}  // namespace
}  // namespace dcmfs
