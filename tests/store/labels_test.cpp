#include "store/labels.h"

#include <gmock/gmock.h>

#include "tests/support/temp_store.h"

namespace dcmfs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class LabelsTest : public testing::Test {
 protected:
  Key of(Level level) {
    if (level == Level::instance) return added_.instance;
    const auto resource = TempStore::require(store_->get(added_.instance));
    return resource.ancestors[2 - index_of(level)];
  }
  std::vector<std::string> labels(Key key) { return TempStore::require(store_->labels().of(key)); }

  TempStore store_;
  Added added_ = store_.add(make_dicom());
};

TEST_F(LabelsTest, AreKeptOfEveryLevelInAlphabeticalOrder) {
  for (const LevelInfo& level : kLevels) {
    for (const char* label : {"todo", "Done_1", "a-b"})
      ASSERT_OK(store_->labels().add(of(level.level), label));
  }
  store_.reopen();

  for (const LevelInfo& level : kLevels) {
    EXPECT_THAT(labels(of(level.level)), ElementsAre("Done_1", "a-b", "todo"));
    EXPECT_THAT(TempStore::require(store_->get(of(level.level))).labels,
                ElementsAre("Done_1", "a-b", "todo"));
  }
}

TEST_F(LabelsTest, AreSetAndRemovedAsOftenAsOneLikes) {
  for (int i = 0; i < 2; ++i) ASSERT_OK(store_->labels().add(added_.instance, "x"));
  EXPECT_THAT(labels(added_.instance), ElementsAre("x"));

  for (int i = 0; i < 2; ++i) ASSERT_OK(store_->labels().remove(added_.instance, "x"));
  EXPECT_THAT(labels(added_.instance), IsEmpty());
}

TEST_F(LabelsTest, AreOfSixtyFourLettersDigitsUnderscoresAndDashes) {
  EXPECT_OK(store_->labels().add(added_.instance, std::string(64, 'z')));
  for (const std::string& wrong :
       {std::string(), std::string(65, 'z'), std::string("a b"), std::string("a/b"),
        std::string("\xC3\xA4"), std::string("a\0b", 3)}) {
    const auto added = store_->labels().add(added_.instance, wrong);
    ASSERT_FALSE(added.ok()) << wrong;
    EXPECT_EQ(added.error().code, Errc::invalid_argument);
  }
}

TEST_F(LabelsTest, AreOfResourcesThatAreThere) {
  const Key gone{Level::study, RowId{999}};

  EXPECT_EQ(store_->labels().add(gone, "x").error().code, Errc::not_found);
  EXPECT_EQ(store_->labels().of(gone).error().code, Errc::not_found);
  EXPECT_OK(store_->labels().remove(gone, "x"));
}

TEST_F(LabelsTest, InUseAreEachToldOnce) {
  const Added other = store_.add(make_dicom());
  ASSERT_OK(store_->labels().add(added_.instance, "b"));
  ASSERT_OK(store_->labels().add(other.instance, "b"));
  ASSERT_OK(store_->labels().add(of(Level::study), "a"));

  EXPECT_THAT(TempStore::require(store_->labels().in_use()), ElementsAre("a", "b"));
}

TEST_F(LabelsTest, GoWithTheirResource) {
  ASSERT_OK(store_->labels().add(of(Level::patient), "p"));
  ASSERT_OK(store_->labels().add(added_.instance, "i"));

  ASSERT_OK(store_->remove(of(Level::study)));

  EXPECT_THAT(TempStore::require(store_->labels().in_use()), IsEmpty());
}

TEST(LabelsOfAReplacedInstance, StayWithItsIdentity) {
  TempStore store({.overwrite = Overwrite::always});
  auto dicom = make_dicom();
  const Added before = store.add(dicom);
  ASSERT_OK(store->labels().add(before.instance, "kept"));

  const Added after = store.add(dicom.set(tags::ImageComments, "other bytes"));

  ASSERT_NE(after.instance, before.instance);
  EXPECT_THAT(TempStore::require(store->labels().of(after.instance)), ElementsAre("kept"));
}

}  // namespace
}  // namespace dcmfs
