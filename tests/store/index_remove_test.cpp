#include <gmock/gmock.h>

#include "tests/store/index_fixture.h"

namespace dcmfs::detail {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class IndexRemove : public IndexTest {
 protected:
  std::int64_t count(Level level) {
    const auto s = require(index_->statistics());
    const std::array counts{s.patients, s.studies, s.series, s.instances};
    return counts[index_of(level)];
  }
};

TEST_F(IndexRemove, TakesAllThatIsBelow) {
  const auto a = add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  const auto b = add(InstanceBuilder("P", "1", "1.1", "1.1.2"));
  const auto c = add(InstanceBuilder("P", "1", "1.2", "1.2.1"));
  const auto other = add(InstanceBuilder("P", "2", "2.1", "2.1.1"));

  EXPECT_THAT(remove(at(Level::study, a)), ElementsAre(a.row, b.row, c.row));

  EXPECT_EQ(count(Level::patient), 1);
  EXPECT_EQ(count(Level::study), 1);
  EXPECT_EQ(count(Level::series), 1);
  EXPECT_EQ(count(Level::instance), 1);
  EXPECT_OK(index_->get(other));
  EXPECT_EQ(index_->get(a).error().code, Errc::not_found);
}

TEST_F(IndexRemove, TakesTheParentsThatItLeavesEmpty) {
  const auto only = add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  const auto other = add(InstanceBuilder("Q", "2", "2.1", "2.1.1"));

  remove(only);

  for (const LevelInfo& of : kLevels) EXPECT_EQ(count(of.level), 1) << of.plural;
  EXPECT_EQ(require(index_->get(at(Level::patient, other))).uids.patient_id, "Q");
}

TEST_F(IndexRemove, OfWhatIsNotThereIsNoError) {
  const auto instance = add(InstanceBuilder("P", "1", "1.1", "1.1.1"));

  for (const LevelInfo& of : kLevels) EXPECT_THAT(remove({of.level, RowId{99}}), IsEmpty());

  EXPECT_OK(index_->get(instance));
}

TEST_F(IndexRemove, KeepsTheNumbersOfTheFilesUntilTheyAreForgotten) {
  const auto a = add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  const auto b = add(InstanceBuilder("P", "1", "1.1", "1.1.2"));
  remove(at(Level::patient, a));
  open();

  EXPECT_THAT(require(index_->doomed()), ElementsAre(a.row, b.row));
  auto batch = require(index_->begin());
  ASSERT_OK(batch.forget_doomed({a.row}));
  ASSERT_OK(batch.commit());

  EXPECT_THAT(require(index_->doomed()), ElementsAre(b.row));
}

TEST_F(IndexRemove, LeavesParentsThatTheSameBatchFillsAgain) {
  const auto before = add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  const auto series = at(Level::series, before);

  auto batch = require(index_->begin());
  require(batch.remove(before, kArrival));
  const auto after = require(batch.insert(InstanceBuilder("P", "1", "1.1", "1.1.1")));
  require(batch.commit());

  EXPECT_NE(after, before);
  EXPECT_EQ(at(Level::series, after), series);
  EXPECT_EQ(name(after), "0001");
}

TEST_F(IndexRemove, ThenInsertInOneBatchMakesNewParentsOfWhatWasRemoved) {
  const auto before = add(InstanceBuilder("P", "1", "1.1", "1.1.1"));

  auto batch = require(index_->begin());
  require(batch.insert(InstanceBuilder("P", "1", "1.1", "1.1.2")));
  require(batch.remove(at(Level::study, before), kArrival));
  const auto after = require(batch.insert(InstanceBuilder("P", "1", "1.1", "1.1.3")));
  require(batch.commit());

  EXPECT_EQ(require(index_->get(at(Level::study, after))).instances, 1);
  EXPECT_EQ(count(Level::patient), 1);
}

TEST_F(IndexRemove, FreesTheName) {
  const auto first = add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  remove(first);

  const auto second = add(InstanceBuilder("P", "2", "2.1", "2.1.1"));

  EXPECT_EQ(name(at(Level::study, second)), "2004-01-19 CT Brain");
}

TEST_F(IndexRemove, MakesThePatientUnfindableByItsLetters) {
  const auto first =
      add(InstanceBuilder("P", "1", "1.1", "1.1.1").with(tags::PatientName, "Doe^John"));
  remove(first);
  ASSERT_OK(index_->verify());

  Query query;
  query.level = Level::patient;
  query.where.push_back({tags::PatientName, require(Matcher::parse(tags::PatientName, "*ohn*"))});
  int found = 0;
  require(index_->find(query, [&](const Resource&) { return ++found > 0; }));
  EXPECT_EQ(found, 0);
}

TEST_F(IndexRemove, MakesTheStudyUnfindableByItsLettersAndLeavesTheOthers) {
  add(InstanceBuilder("P", "1", "1.1", "1.1.1").with(tags::PatientName, "Doe^John"));
  const auto second =
      add(InstanceBuilder("P", "2", "2.1", "2.1.1").with(tags::PatientName, "Roe^Jane"));
  const auto found = [&](const std::string& key) {
    Query query;
    query.where.push_back({tags::PatientName, require(Matcher::parse(tags::PatientName, key))});
    return require(index_->count(query));
  };
  ASSERT_EQ(found("*e^jan*"), 1);

  remove(at(Level::study, second));

  ASSERT_OK(index_->verify());
  EXPECT_EQ(found("*e^jan*"), 0);
  EXPECT_EQ(found("*e^joh*"), 1);
  EXPECT_OK(index_->read([](Connection& db) -> Result<> {
    EXPECT_EQ(
        require(db.integer("SELECT count(*) FROM study_trigram WHERE study_trigram MATCH 'jan'")),
        0);
    EXPECT_EQ(
        require(db.integer("SELECT count(*) FROM study_trigram WHERE study_trigram MATCH 'joh'")),
        1);
    return {};
  }));
}

}  // namespace
}  // namespace dcmfs::detail
