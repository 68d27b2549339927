// What is said of resources beside their files outlives their index.
#include <fstream>

#include <gmock/gmock.h>

#include "store/check.h"
#include "tests/support/temp_store.h"

namespace dcmfs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class AnnotationsRebuildTest : public testing::Test {
 protected:
  AnnotationsRebuildTest() {
    // One that is removed, so that the numbers of folders differ in the new index.
    const Added gone = store_.add(make_dicom().patient("GONE", "GONE"));
    auto file = TempStore::require(spooled(*store_, make_dicom().bytes()));
    const Added added = TempStore::require(store_->add(file, {.remote_aet = "SCANNER"}));
    id_ = added.id;
    const Key patient = ancestors().back();
    require(store_->labels().add(patient, "kept"));
    TempStore::require(store_->metadata().put(patient, "m", "v", now()));
    TempStore::require(store_->metadata().put(patient, "m", "w", now()));
    require(store_->set_protected(patient, true));
    require(store_->exports().add(added.instance, "PACS", now()));
    auto bytes = TempStore::require(spooled(*store_, "attached"));
    TempStore::require(store_->attachments().put(patient, "a", bytes, now()));
    require(store_->remove(gone.instance));
    before_ = patient;
    store_.close();
  }
  static void require(Result<> result) {
    if (!result) throw std::runtime_error(result.error().message);
  }
  Key instance() { return TempStore::require(store_->key(Level::instance, id_)); }
  std::vector<Key> ancestors() { return TempStore::require(store_->get(instance())).ancestors; }

  TempStore store_;
  ResourceId id_;
  Key before_;
};

TEST_F(AnnotationsRebuildTest, TakesOverWhatTheOldIndexKnows) {
  const auto report = TempStore::require(rebuild(store_.root()));
  EXPECT_TRUE(report.clean());
  store_.reopen();

  const Key patient = ancestors().back();
  EXPECT_NE(patient, before_);
  const auto resource = TempStore::require(store_->get(patient));
  EXPECT_THAT(resource.labels, ElementsAre("kept"));
  EXPECT_TRUE(resource.is_protected);
  const auto value = TempStore::require(store_->metadata().get(patient, "m"));
  EXPECT_EQ(value->text, "w");
  EXPECT_EQ(value->revision, Revision{1});
  EXPECT_EQ(TempStore::require(store_->metadata().get(instance(), "RemoteAET"))->text, "SCANNER");
  const auto attachment = TempStore::require(store_->attachments().get(patient, "a"));
  EXPECT_EQ(TempStore::require(store_->attachments().open(attachment)).size(), 8);
  EXPECT_EQ(TempStore::require(store_->exports().last()), 1);
  EXPECT_TRUE(TempStore::require(check(store_.root())).clean());
}

TEST_F(AnnotationsRebuildTest, PutsAttachmentsAsideThatNobodyKnowsAnyMore) {
  for (const char* suffix : {"", "-wal", "-shm"})
    std::filesystem::remove(store_.root() / (std::string("index.db") + suffix));

  const auto report = TempStore::require(rebuild(store_.root()));
  store_.reopen();

  ASSERT_THAT(report.problems, SizeIs(1));
  EXPECT_EQ(report.problems[0].kind, CheckProblem::Kind::attachment_damaged);
  std::ifstream kept(store_.root() / "rejected" / "attachment-000000001");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(kept), {}), "attached");
  EXPECT_THAT(TempStore::require(store_->attachments().of(ancestors().back())), IsEmpty());
}

TEST(Protection, IsOfPatientsAlone) {
  TempStore store;
  const Added added = store.add(make_dicom());
  const Key patient = TempStore::require(store->get(added.instance)).ancestors.back();
  EXPECT_FALSE(TempStore::require(store->get(patient)).is_protected);

  ASSERT_OK(store->set_protected(patient, true));
  EXPECT_TRUE(TempStore::require(store->get(patient)).is_protected);
  ASSERT_OK(store->set_protected(patient, false));
  EXPECT_FALSE(TempStore::require(store->get(patient)).is_protected);
  EXPECT_EQ(store->set_protected(added.instance, true).error().code, Errc::invalid_argument);
  EXPECT_EQ(store->set_protected({Level::patient, RowId{99}}, true).error().code, Errc::not_found);
}

}  // namespace
}  // namespace dcmfs
