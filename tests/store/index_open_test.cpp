#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/detail/sqlite.h"
#include "tests/store/index_fixture.h"
#include "tests/store/older_index.h"

namespace dcmfs::detail {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class IndexOpen : public IndexTest {
 protected:
  // As another program would, while the index is closed.
  void edit(const std::string& sql) {
    index_.reset();
    const auto db = require(Connection::open(file(), Connection::Access::read_write));
    require(db->script(sql));
  }
  Error refusal(Index::Mode mode = Index::Mode::read_write) {
    auto opened = Index::open(file(), mode, Durability::full);
    if (opened) throw std::runtime_error("was opened");
    return std::move(opened).error();
  }
};

TEST_F(IndexOpen, RefusesWhatANewerProgramMade) {
  edit("PRAGMA user_version = 1000");

  for (const auto mode : {Index::Mode::read_write, Index::Mode::read_only}) {
    const auto error = refusal(mode);
    EXPECT_EQ(error.code, Errc::not_supported);
    EXPECT_THAT(error.message, HasSubstr("newer"));
  }
}

TEST_F(IndexOpen, RefusesAnotherProgramsDatabase) {
  edit("PRAGMA application_id = 7");

  EXPECT_EQ(refusal().code, Errc::corrupt);
}

TEST_F(IndexOpen, AdvisesToRebuildWhatIsNoDatabase) {
  index_.reset();
  std::ofstream(file(), std::ios::trunc) << std::string(8192, 'x');

  const auto error = refusal();
  EXPECT_EQ(error.code, Errc::corrupt);
  EXPECT_THAT(error.message, HasSubstr("--rebuild"));
}

TEST_F(IndexOpen, ForReadingMakesNothing) {
  index_.reset();
  TempFolder empty;

  const auto opened = Index::open(empty / "index.sqlite", Index::Mode::read_only, Durability::full);

  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, Errc::not_found);
  EXPECT_TRUE(std::filesystem::is_empty(empty.path()));
}

TEST_F(IndexOpen, ForReadingRefusesBatches) {
  open(Index::Mode::read_only);

  const auto batch = index_->begin();
  ASSERT_FALSE(batch.ok());
  EXPECT_EQ(batch.error().code, Errc::denied);
}

TEST_F(IndexOpen, AddsAttributesThatAnOlderIndexLacks) {
  const auto instance = add(InstanceBuilder("P", "1", "1.1", "1.1.1")
                                .with(tags::StudyID, "S")
                                .with(tags::StudyDescription, "CT Brain"));
  EXPECT_THAT(index_->unfilled(), IsEmpty());
  edit(
      "DROP INDEX study_StudyDescription_fold;"
      "ALTER TABLE study DROP COLUMN StudyDescription_fold;"
      "ALTER TABLE study DROP COLUMN StudyID;"
      "DROP INDEX study_StudyDate;");
  EXPECT_EQ(refusal(Index::Mode::read_only).code, Errc::not_supported);

  open();

  const auto* id = find_attribute(tags::StudyID);
  EXPECT_THAT(index_->unfilled(), ElementsAre(id));
  open();
  EXPECT_THAT(index_->unfilled(), ElementsAre(id)) << "not filled yet";
  auto batch = require(index_->begin());
  ASSERT_OK(batch.set_value(at(Level::study, instance), *id, "S"));
  ASSERT_OK(batch.set_filled());
  ASSERT_OK(batch.commit());
  EXPECT_THAT(index_->unfilled(), IsEmpty());
  EXPECT_EQ(require(index_->get(at(Level::study, instance))).attributes.at(tags::StudyID), "S");
  Query query;
  query.where.push_back(
      {tags::StudyDescription, require(Matcher::parse(tags::StudyDescription, "CT Brain"))});
  int found = 0;
  require(index_->find(query, [&](const Resource&) { return ++found > 0; }));
  EXPECT_EQ(found, 1);
}

TEST_F(IndexOpen, StudiesHaveTheNameOfThePatientUntilTheirsIsFilled) {
  add(InstanceBuilder("P", "1", "1.1", "1.1.1").with(tags::PatientName, "DOE^JOHN"));
  const auto other = at(Level::study, add(InstanceBuilder("P", "2", "2.1", "2.1.1")));
  edit(kMakeVersion6);
  EXPECT_EQ(refusal(Index::Mode::read_only).code, Errc::not_supported);

  open();

  EXPECT_EQ(index_->unfilled().size(), 5u);
  const auto found = [&](const std::string& key) {
    Query query;
    query.where.push_back({tags::PatientName, require(Matcher::parse(tags::PatientName, key))});
    return require(index_->count(query));
  };
  EXPECT_EQ(found("DOE^JOHN"), 2);
  EXPECT_EQ(found("*oe^j*"), 2);
  EXPECT_EQ(require(index_->get(other)).attributes.at(tags::PatientName), "DOE^JOHN");
  auto batch = require(index_->begin());
  for (const Attribute* each : index_->unfilled())
    ASSERT_OK(batch.set_value(other, *each, each->tag == tags::PatientName ? "Roe^Jane" : ""));
  ASSERT_OK(batch.set_filled());
  ASSERT_OK(batch.commit());
  EXPECT_EQ(found("*oe^j*"), 2);
  EXPECT_EQ(found("*doe^j*"), 1);
  EXPECT_EQ(found("*^jane"), 1);
  EXPECT_EQ(found("roe*"), 1);
  remove(other);
  EXPECT_EQ(found("*oe^j*"), 1);
  EXPECT_OK(index_->verify());
}

TEST_F(IndexOpen, OfTheFirstVersionGetsWhatTheLaterOnesHave) {
  const auto instance = add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  std::vector<Identity> ids;
  for (const LevelInfo& of : kLevels)
    ids.push_back(require(index_->identities(std::nullopt, of.level, RowId{}, 1)).front());
  edit(std::string(kMakeVersion6) +
       "ALTER TABLE instance DROP COLUMN pdf_size; DROP TABLE destination; DROP TABLE outgoing;"
       " DROP TABLE kept_value; DROP TABLE label; DROP TABLE metadata; DROP TABLE attachment;"
       " DROP TABLE doomed_attachment; DROP TABLE origin; DROP TABLE exported; DROP INDEX "
       "change_kind;"
       " ALTER TABLE instance DROP COLUMN origin; ALTER TABLE patient DROP COLUMN protected;"
       " ALTER TABLE patient DROP COLUMN stable_through; ALTER TABLE study DROP COLUMN "
       "stable_through;"
       " ALTER TABLE series DROP COLUMN stable_through; ALTER TABLE series DROP COLUMN "
       "complete_through;"
       " DROP INDEX study_patient; DROP INDEX series_study; DROP INDEX instance_series;"
       " ALTER TABLE patient DROP COLUMN id_rest; ALTER TABLE study DROP COLUMN id_rest;"
       " ALTER TABLE series DROP COLUMN id_rest; ALTER TABLE instance DROP COLUMN id_rest;"
       " CREATE INDEX study_patient ON study(patient); CREATE INDEX series_study ON series(study);"
       " CREATE INDEX instance_series ON instance(series, id, size);"
       " UPDATE change SET id = NULL; DROP TABLE synced;"
       " INSERT INTO meta(key, value) VALUES('synced_through', '1'); PRAGMA user_version = 1");
  EXPECT_EQ(refusal(Index::Mode::read_only).code, Errc::not_supported);

  open();

  EXPECT_EQ(require(index_->entry(instance)).pdf_size, 0);
  for (const Identity& each : ids)
    EXPECT_EQ(require(index_->key(each.key.level, each.id)), each.key);
  EXPECT_OK(index_->write_durably([](detail::Connection& db) {
    return db.run("INSERT INTO destination(name) VALUES(?1)", "PACS");
  }));
  EXPECT_OK(Labels(*index_).add(instance, "x"));
  EXPECT_EQ(require(Metadata(*index_).get(instance, "Origin"))->text, "Unknown");
  EXPECT_FALSE(require(index_->get(at(Level::study, instance))).is_stable);
  EXPECT_OK(Stability(*index_).update(kArrival + std::chrono::minutes(1), std::chrono::minutes(1)));
  EXPECT_TRUE(require(index_->get(at(Level::study, instance))).is_stable);
  EXPECT_OK(index_->read([](Connection& db) -> Result<> {
    EXPECT_THAT(require(unsynced(db)), IsEmpty());
    return {};
  }));
  EXPECT_EQ(require(index_->meta("synced_through")), std::nullopt);
  EXPECT_OK(index_->verify());
}

TEST_F(IndexOpen, FindsItsOwnWorkWhole) {
  auto batch = require(index_->begin());
  for (int i = 0; i < 50; ++i)
    require(batch.insert(
        InstanceBuilder("P" + std::to_string(i % 5), "1", "1.1", "1.1." + std::to_string(i))));
  require(batch.commit());
  remove({Level::patient, RowId{2}});

  EXPECT_OK(index_->verify());
}

TEST_F(IndexOpen, NoticesDamage) {
  auto batch = std::optional(require(index_->begin()));
  for (int i = 0; i < 200; ++i)
    require(batch->insert(InstanceBuilder("P", "1", "1.1", "1.1." + std::to_string(i)).name("")));
  require(batch->commit());
  batch.reset();
  index_.reset();
  {
    std::fstream raw(file(), std::ios::in | std::ios::out | std::ios::binary);
    const auto size = static_cast<std::streamoff>(std::filesystem::file_size(file()));
    for (std::streamoff page = size / 4096 - 8; page < size / 4096; ++page) {
      raw.seekp(page * 4096);
      raw << std::string(4096, '\xff');
    }
  }
  open();

  EXPECT_EQ(index_->verify().error().code, Errc::corrupt);
}

TEST_F(IndexOpen, KeepsMeta) {
  auto batch = require(index_->begin());
  ASSERT_OK(batch.set_meta("key", "one"));
  ASSERT_OK(batch.set_meta("key", "two"));
  ASSERT_OK(batch.commit());
  open();

  EXPECT_EQ(require(index_->meta("key")), "two");
  EXPECT_EQ(require(index_->meta("other")), std::nullopt);
}

TEST_F(IndexOpen, RelaxedCanBeSynced) {
  index_ = require(Index::open(file(), Index::Mode::read_write, Durability::relaxed));
  add(InstanceBuilder("P", "1", "1.1", "1.1.1"));

  EXPECT_OK(index_->sync());
}

TEST_F(IndexOpen, ListsFilesInPages) {
  std::vector<RowId> added;
  for (int i = 0; i < 5; ++i)
    added.push_back(add(InstanceBuilder("P", "1", "1.1", "1.1." + std::to_string(i))).row);

  std::vector<RowId> listed;
  for (RowId after{0};;) {
    const auto page = require(index_->files(after, 2));
    if (page.empty()) break;
    for (const StoredFile& stored : page) listed.push_back(stored.instance);
    after = listed.back();
  }
  EXPECT_EQ(listed, added);
}

// Runs `body` in a child process as a user without any rights; its exit status.
template <class Body>
int as_nobody(Body body) {
  constexpr uid_t kNobody = 65534;
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0) ::_exit(99);
    ::_exit(body());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

class IndexOfAnotherUser : public IndexOpen {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to become another user";
    std::filesystem::permissions(folder_.path(), std::filesystem::perms(0755));
  }
  int instances_seen() {
    return as_nobody([&] {
      const auto index = Index::open(file(), Index::Mode::read_only, Durability::full);
      if (!index) return 97;
      const auto statistics = (*index)->statistics();
      return statistics ? static_cast<int>(statistics->instances) : 96;
    });
  }
};

TEST_F(IndexOfAnotherUser, CanBeReadWhileItIsOpen) {
  add(InstanceBuilder("P", "1", "1.1", "1.1.1"));

  EXPECT_EQ(instances_seen(), 1);
}

TEST_F(IndexOfAnotherUser, CanBeReadWhileItIsClosed) {
  add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  index_.reset();

  EXPECT_EQ(instances_seen(), 1);
}

TEST_F(IndexOfAnotherUser, CanBeReadWithoutTheFilesThatWritersShare) {
  add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  index_.reset();
  std::filesystem::remove(file().string() + "-wal");
  std::filesystem::remove(file().string() + "-shm");

  EXPECT_EQ(instances_seen(), 1);
}

using IndexInManyProcesses = IndexOpen;

TEST_F(IndexInManyProcesses, IsMadeOnceByThoseWhoOpenItTogether) {
  TempFolder fresh;
  std::vector<std::jthread> openers;
  std::array<bool, 8> opened{};
  for (bool& ok : opened)
    openers.emplace_back([&] {
      ok = Index::open(fresh / "index.sqlite", Index::Mode::read_write, Durability::full).ok();
    });
  openers.clear();

  for (const bool ok : opened) EXPECT_TRUE(ok);
}

TEST_F(IndexInManyProcesses, IsWrittenByAllAndReadMeanwhile) {
  constexpr int kWriters = 4, kEach = 25;
  std::atomic<int> failures = 0;
  {
    std::vector<std::jthread> threads;
    for (int w = 0; w < kWriters; ++w)
      threads.emplace_back([&, w] {
        auto own = Index::open(file(), Index::Mode::read_write, Durability::relaxed);
        for (int i = 0; own && i < kEach; ++i) {
          auto batch = (*own)->begin();
          const auto sop = "1.1." + std::to_string(w) + "." + std::to_string(i);
          if (!batch || !batch->insert(InstanceBuilder("P", "1", "1.1", sop)) || !batch->commit())
            ++failures;
        }
        if (!own) ++failures;
      });
    threads.emplace_back([&](std::stop_token stop) {
      while (!stop.stop_requested())
        if (!index_->entries(std::nullopt, RowId{0}, 10)) ++failures;
    });
    for (int w = 0; w < kWriters; ++w) threads[static_cast<std::size_t>(w)].join();
  }

  EXPECT_EQ(failures, 0);
  const auto statistics = require(index_->statistics());
  EXPECT_EQ(statistics.instances, kWriters * kEach);
  EXPECT_EQ(statistics.series, 1);
  EXPECT_OK(index_->verify());
}

}  // namespace
}  // namespace dcmfs::detail
