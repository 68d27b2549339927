#include <optional>

#include <gmock/gmock.h>

#include "store/entry_names.h"
#include "tests/store/index_fixture.h"

namespace dcmfs::detail {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

using IndexInsert = IndexTest;

TEST_F(IndexInsert, MakesTheAncestorsOfTheFirstInstance) {
  const auto instance = add(InstanceBuilder("P", "1", "1.1", "1.1.1").with(tags::Modality, "CT"));

  const auto statistics = require(index_->statistics());
  EXPECT_EQ(statistics.patients, 1);
  EXPECT_EQ(statistics.studies, 1);
  EXPECT_EQ(statistics.series, 1);
  EXPECT_EQ(statistics.instances, 1);
  EXPECT_EQ(statistics.bytes, 1000);
  const auto series = require(index_->get(at(Level::series, instance)));
  EXPECT_THAT(series.attributes, Contains(Pair(tags::Modality, "CT")));
  EXPECT_EQ(series.uids, (Uids{"P", "1", "1.1", ""}));
  EXPECT_EQ(series.id, ResourceId::of(Level::series, series.uids));
  EXPECT_THAT(series.ancestors,
              ElementsAre(at(Level::study, instance), at(Level::patient, instance)));
}

TEST_F(IndexInsert, FindsTheAncestorsOfTheNext) {
  const auto first = add(InstanceBuilder("P", "1", "1.1", "1.1.1").size(10));
  const auto second = add(InstanceBuilder("P", "1", "1.1", "1.1.2")
                              .name("0002")
                              .size(20)
                              .at(kArrival + std::chrono::hours(1)));

  EXPECT_EQ(at(Level::series, first), at(Level::series, second));
  const auto study = require(index_->get(at(Level::study, second)));
  EXPECT_EQ(study.children, 1);
  EXPECT_EQ(study.instances, 2);
  EXPECT_EQ(study.bytes, 30);
  EXPECT_EQ(study.received, kArrival);
  EXPECT_EQ(study.last_update, kArrival + std::chrono::hours(1));
}

TEST_F(IndexInsert, TakesOneUidUnderTwoPatientsForTwoResources) {
  const auto one = add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  const auto other = add(InstanceBuilder("Q", "1", "1.1", "1.1.1"));

  EXPECT_NE(at(Level::study, one), at(Level::study, other));
  EXPECT_NE(at(Level::series, one), at(Level::series, other));
  for (const auto& of : {one, other}) {
    const auto id = require(index_->get(of)).id;
    EXPECT_EQ(require(index_->key(Level::instance, id)), of);
  }
}

TEST_F(IndexInsert, KnowsAnEmptyPatientId) {
  const auto instance = add(InstanceBuilder("", "1", "1.1", "1.1.1"));

  const auto patient = require(index_->get(at(Level::patient, instance)));
  EXPECT_THAT(patient.attributes, Contains(Pair(tags::PatientID, "")));
}

TEST_F(IndexInsert, KeepsAnEmptyValueApartFromAnAbsentOne) {
  const auto instance =
      add(InstanceBuilder("P", "1", "1.1", "1.1.1").with(tags::AccessionNumber, ""));

  const auto study = require(index_->get(at(Level::study, instance)));
  EXPECT_THAT(study.attributes, Contains(Pair(tags::AccessionNumber, "")));
  EXPECT_THAT(study.attributes, Not(Contains(testing::Key(tags::StudyID))));
}

// PS3.5 6.2 allowed "1995.09.03" and "07:27:30" once.
TEST_F(IndexInsert, NormalisesDatesAndTimes) {
  const auto instance = add(InstanceBuilder("P", "1", "1.1", "1.1.1")
                                .with(tags::StudyDate, "1995.09.03")
                                .with(tags::StudyTime, "07:27:30"));

  const auto study = require(index_->get(at(Level::study, instance)));
  EXPECT_THAT(study.attributes, Contains(Pair(tags::StudyDate, "19950903")));
  EXPECT_THAT(study.attributes, Contains(Pair(tags::StudyTime, "072730")));
}

TEST_F(IndexInsert, KeepsWhatIsKnownOfTheFile) {
  NewInstance instance = InstanceBuilder("P", "1", "1.1", "1.1.1").size(123);
  instance.sizes = {.json = 45, .pdf = 9, .rows = 6, .columns = 7, .channels = 3, .frames = 8};
  const auto key = add(instance);

  const auto file = require(index_->file(key.row));
  EXPECT_EQ(file.instance, key.row);
  EXPECT_EQ(file.size, 123);
  EXPECT_EQ(file.sha256, instance.file.sha256);
  EXPECT_EQ(file.crc32, instance.file.crc32);
  EXPECT_EQ(file.transfer_syntax, instance.file.transfer_syntax);
  EXPECT_EQ(file.received, kArrival);
  const auto entry = require(index_->entry(key));
  EXPECT_EQ(entry.file_size, 123);
  EXPECT_EQ(entry.json_size, 45);
  EXPECT_EQ(entry.pdf_size, 9);
  EXPECT_EQ(entry.rows, 6);
  EXPECT_EQ(entry.columns, 7);
  EXPECT_EQ(entry.channels, 3);
  EXPECT_EQ(entry.frames, 8);
}

TEST_F(IndexInsert, RefusesWhatIsThereAndTheBatchGoesOn) {
  add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  const auto before = index_->changes().last();

  auto batch = require(index_->begin());
  const auto again = batch.insert(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  ASSERT_OK(batch.insert(InstanceBuilder("P", "1", "1.1", "1.1.2")));
  ASSERT_OK(batch.commit());

  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, Errc::already_exists);
  EXPECT_EQ(require(index_->statistics()).instances, 2);
  EXPECT_EQ(changes_after(before).size(), 1u);
}

TEST_F(IndexInsert, GivesTheRowThatNextRowTold) {
  auto batch = require(index_->begin());
  for (const auto* sop : {"1.1.1", "1.1.2", "1.1.3"}) {
    const auto row = require(batch.next_row());
    EXPECT_EQ(require(batch.insert(InstanceBuilder("P", "1", "1.1", sop))).row, row);
  }
}

TEST_F(IndexInsert, TakesTheRowThatIsGiven) {
  const auto rebuilt = add(InstanceBuilder("P", "1", "1.1", "1.1.1").row(RowId{70}));
  const auto earlier = add(InstanceBuilder("P", "1", "1.1", "1.1.2").row(RowId{7}));
  const auto next = add(InstanceBuilder("P", "1", "1.1", "1.1.3"));

  EXPECT_EQ(rebuilt.row, RowId{70});
  EXPECT_EQ(earlier.row, RowId{7});
  EXPECT_EQ(next.row, RowId{71});
  EXPECT_EQ(require(index_->last_row()), RowId{71});
}

TEST_F(IndexInsert, NeverGivesANumberTwice) {
  std::vector<dcmfs::Key> given;
  for (int round = 0; round < 3; ++round) {
    const auto instance = add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
    for (const LevelInfo& of : kLevels) {
      EXPECT_THAT(given, Not(Contains(at(of.level, instance))));
      given.push_back(at(of.level, instance));
    }
    remove(at(Level::patient, instance));
    open();
  }
}

TEST_F(IndexInsert, IsUndoneUnlessCommitted) {
  {
    auto batch = require(index_->begin());
    require(batch.insert(InstanceBuilder("P", "1", "1.1", "1.1.1")));
  }

  EXPECT_EQ(require(index_->statistics()).patients, 0);
  EXPECT_EQ(index_->changes().last(), 0);
}

TEST_F(IndexInsert, LeavesTheNextBatchAloneOnceItIsCommitted) {
  auto first = std::optional(require(index_->begin()));
  require(first->insert(InstanceBuilder("P", "1", "1.1", "1.1.1")));
  require(first->commit());
  auto second = require(index_->begin());
  require(second.insert(InstanceBuilder("P", "1", "1.1", "1.1.2")));

  first.reset();

  EXPECT_OK(second.commit());
  EXPECT_EQ(require(index_->statistics()).instances, 2);
}

TEST_F(IndexInsert, ThatFailsHalfwayLeavesNothing) {
  const auto there = add(InstanceBuilder("P", "1", "1.1", "1.1.1"));

  auto batch = require(index_->begin());
  const auto failed = batch.insert(InstanceBuilder("Q", "2", "2.1", "2.1.1").row(there.row));
  const auto next = batch.insert(InstanceBuilder("R", "3", "3.1", "3.1.1"));
  const auto committed = batch.commit();

  EXPECT_FALSE(failed.ok());
  EXPECT_FALSE(next.ok());
  EXPECT_FALSE(committed.ok());
  EXPECT_EQ(require(index_->statistics()).patients, 1);
}

using IndexStatistics = IndexTest;

TEST_F(IndexStatistics, FollowEveryArrivalAndRemoval) {
  const auto other = require(Index::open(file(), Index::Mode::read_write, Durability::relaxed));
  const auto bytes = [&] { return require(other->statistics()).bytes; };

  EXPECT_EQ(bytes(), 0);
  const auto first = add(InstanceBuilder("P", "1", "1.1", "1.1.1").size(10));
  EXPECT_EQ(bytes(), 10);
  add(InstanceBuilder("P", "1", "1.1", "1.1.2").size(5));
  EXPECT_EQ(bytes(), 15);
  remove(first);
  EXPECT_EQ(bytes(), 5);
}

using IndexExisting = IndexTest;

TEST_F(IndexExisting, IsTheInstanceUnderTheSameParentsOnly) {
  const auto key = add(InstanceBuilder("P", "1", "1.1", "1.1.1").size(77));

  auto batch = require(index_->begin());
  const auto same = require(batch.existing({"P", "1", "1.1", "1.1.1"}));
  ASSERT_TRUE(same.has_value());
  EXPECT_EQ(same->row, key.row);
  EXPECT_EQ(same->file.size, 77);
  EXPECT_FALSE(require(batch.existing({"Q", "1", "1.1", "1.1.1"})));
  EXPECT_FALSE(require(batch.existing({"P", "2", "1.1", "1.1.1"})));
  EXPECT_FALSE(require(batch.existing({"P", "1", "1.2", "1.1.1"})));
  EXPECT_FALSE(require(batch.existing({"P", "1", "1.1", "1.1.2"})));
}

TEST_F(IndexExisting, SeesWhatTheBatchInserted) {
  auto batch = require(index_->begin());
  require(batch.insert(InstanceBuilder("P", "1", "1.1", "1.1.1")));

  EXPECT_TRUE(require(batch.existing({"P", "1", "1.1", "1.1.1"})));
}

using IndexNames = IndexTest;

TEST_F(IndexNames, OfSiblingsAreToldApartByTheirUid) {
  const auto first = add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  const auto second = add(InstanceBuilder("P", "2", "2.1", "2.1.1"));

  EXPECT_EQ(name(at(Level::study, first)), "2004-01-19 CT Brain");
  EXPECT_EQ(name(at(Level::study, second)), told_apart("2004-01-19 CT Brain", "2", 0));
}

TEST_F(IndexNames, AreComparedWithoutCaseAndAccents) {
  const auto first = add(InstanceBuilder("P", "1", "1.1", "1.1.1").names("MÜLLER", "CT", "a"));
  const auto second = add(InstanceBuilder("Q", "2", "2.1", "2.1.1").names("Muller", "ct", "A"));

  EXPECT_EQ(name(at(Level::patient, first)), "MÜLLER");
  EXPECT_EQ(name(at(Level::patient, second)), told_apart("Muller", "Q", 0));
  EXPECT_EQ(name(at(Level::study, second)), "ct");
}

TEST_F(IndexNames, AreFreeToRepeatUnderAnotherParent) {
  const auto first = add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  const auto second = add(InstanceBuilder("Q", "1", "1.1", "1.1.1"));

  EXPECT_EQ(name(at(Level::study, first)), name(at(Level::study, second)));
  EXPECT_EQ(name(at(Level::series, first)), name(at(Level::series, second)));
  EXPECT_EQ(name(first), name(second));
}

TEST_F(IndexNames, OfInstancesOfOneNumberAreToldApart) {
  add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  const auto second = add(InstanceBuilder("P", "1", "1.1", "1.1.2"));

  EXPECT_EQ(name(second), instance_told_apart("0001", "1.1.2", 0));
}

TEST_F(IndexNames, OfAnInstanceWithoutNumberIsMadeOfItsUid) {
  const auto instance = add(InstanceBuilder("P", "1", "1.1", "1.1.1").name(""));

  EXPECT_EQ(name(instance), instance_told_apart("", "1.1.1", 0));
}

TEST_F(IndexNames, TakeMoreLettersWhenTheFirstFourAreTaken) {
  const std::string four = told_apart("CT", "2", 0);
  add(InstanceBuilder("P", "1", "1.1", "1.1.1").names("P", "CT", "a"));
  add(InstanceBuilder("P", "9", "9.1", "9.1.1").names("P", four, "a"));
  const auto third = add(InstanceBuilder("P", "2", "2.1", "2.1.1").names("P", "CT", "a"));

  EXPECT_EQ(name(at(Level::study, third)), told_apart("CT", "2", 1));
}

TEST_F(IndexNames, StayWhenTheReasonForThemGoes) {
  const auto first = add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  const auto second = add(InstanceBuilder("P", "2", "2.1", "2.1.1"));
  const auto study = at(Level::study, second);
  const auto before = name(study);

  remove(at(Level::study, first));
  add(InstanceBuilder("P", "2", "2.1", "2.1.2").names("other", "other", "other"));
  open();

  EXPECT_EQ(name(study), before);
}

using IndexSetValue = IndexTest;

TEST_F(IndexSetValue, ChangesWhatIsShownAndFound) {
  const auto instance =
      add(InstanceBuilder("P", "1", "1.1", "1.1.1").with(tags::PatientName, "DOE^JOHN"));
  const auto patient = at(Level::patient, instance);

  auto batch = require(index_->begin());
  ASSERT_OK(batch.set_value(patient, *find_attribute(tags::PatientName), "Grün^Eva"));
  ASSERT_OK(batch.commit());

  EXPECT_EQ(require(index_->get(patient)).attributes.at(tags::PatientName), "Grün^Eva");
  for (const auto& [key, found] :
       {std::pair("grun*", 1), {"*run^e*", 1}, {"doe*", 0}, {"*john*", 0}}) {
    int count = 0;
    Query query;
    query.level = Level::patient;
    query.where.push_back({tags::PatientName, require(Matcher::parse(tags::PatientName, key))});
    require(index_->find(query, [&](const Resource&) { return ++count > 0; }));
    EXPECT_EQ(count, found) << key;
  }
}

TEST_F(IndexSetValue, RefusesWhatTellsSiblingsApart) {
  const auto instance = add(InstanceBuilder("P", "1", "1.1", "1.1.1"));

  auto batch = require(index_->begin());
  const auto refused = batch.set_value(instance, *find_attribute(tags::SOPInstanceUID), "1.1.2");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::invalid_argument);
}

TEST_F(IndexSetValue, SetSizesChangesWhatStatTells) {
  const auto instance = add(InstanceBuilder("P", "1", "1.1", "1.1.1"));

  auto batch = require(index_->begin());
  ASSERT_OK(batch.set_sizes(
      instance.row,
      {.json = 11, .pdf = 10, .rows = 12, .columns = 13, .channels = 3, .frames = 5}));
  ASSERT_OK(batch.commit());

  const auto entry = require(index_->entry(instance));
  EXPECT_EQ(entry.json_size, 11);
  EXPECT_EQ(entry.pdf_size, 10);
  EXPECT_EQ(entry.rows, 12);
  EXPECT_EQ(entry.columns, 13);
  EXPECT_EQ(entry.channels, 3);
  EXPECT_EQ(entry.frames, 5);
}

}  // namespace
}  // namespace dcmfs::detail
