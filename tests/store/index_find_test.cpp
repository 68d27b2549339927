#include <map>
#include <random>
#include <set>

#include <gmock/gmock.h>

#include "store/detail/level_sql.h"
#include "store/detail/query_sql.h"
#include "store/detail/sqlite.h"
#include "store/metadata.h"
#include "tests/store/index_fixture.h"

namespace dcmfs::detail {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

class IndexFind : public IndexTest {
 protected:
  using Where = std::vector<std::pair<Tag, std::string>>;

  static Query query(Level level, const Where& where, MatchRules rules = {}) {
    Query query;
    query.level = level;
    for (const auto& [tag, key] : where)
      query.where.push_back({tag, require(Matcher::parse(tag, key, rules))});
    return query;
  }
  std::vector<RowId> rows(const Query& q) {
    std::vector<RowId> rows;
    require(index_->find(q, [&](const Resource& resource) {
      rows.push_back(resource.key.row);
      return true;
    }));
    return rows;
  }
  std::vector<Resource> resources(const Query& q) {
    std::vector<Resource> found;
    require(index_->find(q, [&](const Resource& resource) {
      found.push_back(resource);
      return true;
    }));
    return found;
  }
};

TEST_F(IndexFind, CountsWhatIsBelowUnlessToldNotTo) {
  add(InstanceBuilder("P", "1", "1.1", "1.1.1").size(10));
  add(InstanceBuilder("P", "1", "1.1", "1.1.2").name("0002").size(20));
  for (const LevelInfo& level : kLevels) {
    Query q = query(level.level, {});
    const auto counted = resources(q).front();
    q.totals = Query::Totals::none;
    const auto plain = resources(q).front();

    const bool looks_below = level.level != Level::instance;
    EXPECT_GT(counted.instances, 0) << level.singular;
    EXPECT_GT(counted.bytes, 0);
    EXPECT_EQ(plain.instances, looks_below ? 0 : counted.instances);
    EXPECT_EQ(plain.bytes, looks_below ? 0 : counted.bytes);
    EXPECT_EQ(plain.attributes, counted.attributes);
    EXPECT_EQ(plain.uids, counted.uids);
    EXPECT_EQ(plain.received, counted.received);

    q.totals = Query::Totals::newest;
    const auto newest = resources(q).front();
    EXPECT_EQ(newest.last_update, counted.last_update);
    EXPECT_EQ(newest.is_stable, counted.is_stable);
    EXPECT_EQ(newest.status, counted.status);
    EXPECT_EQ(newest.instances, plain.instances);
  }
}

TEST_F(IndexFind, TellsChildrenAndMetadataThatAreAskedFor) {
  const auto first = add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  add(InstanceBuilder("P", "1", "1.2", "1.2.1"));
  const Key study = at(Level::study, first);
  const auto source = ResourceId::of(Level::study, {"P", "0", "", ""});
  const Metadata::Source made_of{study, source};
  require(Metadata(*index_).set_source({&made_of, 1}, Metadata::Made::modified));
  require(Metadata(*index_).put(study, "1024", "y", kArrival));
  Query q = query(Level::study, {});
  EXPECT_THAT(resources(q).front().child_ids, IsEmpty());
  EXPECT_THAT(resources(q).front().metadata, IsEmpty());

  q.child_ids = true;
  q.also_metadata = {"AnonymizedFrom", "ModifiedFrom"};
  const auto found = resources(q).front();
  EXPECT_THAT(found.child_ids, ElementsAre(ResourceId::of(Level::series, {"P", "1", "1.1", ""}),
                                           ResourceId::of(Level::series, {"P", "1", "1.2", ""})));
  EXPECT_THAT(found.metadata, ElementsAre(Pair("ModifiedFrom", source.str())));

  q = query(Level::instance, {});
  q.child_ids = true;
  EXPECT_THAT(resources(q).front().child_ids, IsEmpty());
}

TEST_F(IndexFind, AnswersTheAttributesOfTheLevelAndThoseAbove) {
  add(InstanceBuilder("P", "1", "1.1", "1.1.1")
          .with(tags::PatientName, "DOE^JOHN")
          .with(tags::StudyDate, "20040119")
          .with(tags::Modality, "CT"));

  const auto found = resources(query(Level::study, {{tags::StudyInstanceUID, "1"}}));

  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].attributes, (std::map<Tag, std::string>{{tags::StudyDate, "20040119"},
                                                             {tags::PatientName, "DOE^JOHN"},
                                                             {tags::PatientID, "P"},
                                                             {tags::StudyInstanceUID, "1"}}));
}

// PS3.4 C.6.2.1: below the patient they are attributes of the study.
TEST_F(IndexFind, OfOnePatientIdEachStudyHasItsOwnName) {
  for (const std::string id : {"P", ""}) {
    const std::string study = id.empty() ? "2." : "1.";
    const auto with = [&](const std::string& number, const char* name, const char* born) {
      InstanceBuilder made(id, study + number, study + number + ".1", study + number + ".1.1");
      return add(made.with(tags::PatientName, name).with(tags::PatientBirthDate, born));
    };
    const auto doe = with("1", "DOE^JOHN", "19700101"), roe = with("2", "Roe^Jane", "19800202");
    add(InstanceBuilder(id, study + "3", study + "3.1", study + "3.1.1"));  // says nothing of it
    const auto patient = at(Level::patient, doe);
    const auto found = [&](Level level, Tag tag, const std::string& key) {
      Query q = query(level, {{tag, key}});
      q.below = patient;
      return rows(q);
    };

    for (const Level level : {Level::study, Level::series, Level::instance}) {
      const RowId of_doe = at(level, doe).row, of_roe = at(level, roe).row;
      for (const char* key : {"Roe^Jane", "roe*", "*e^jan*", "R?e*"})
        EXPECT_THAT(found(level, tags::PatientName, key), ElementsAre(of_roe)) << key;
      for (const char* key : {"DOE^JOHN", "doe*", "*^john"})
        EXPECT_THAT(found(level, tags::PatientName, key), ElementsAre(of_doe)) << key;
      EXPECT_THAT(found(level, tags::PatientBirthDate, "19800202"), ElementsAre(of_roe));
      EXPECT_THAT(found(level, tags::PatientBirthDate, "19750101-"), ElementsAre(of_roe));
      EXPECT_EQ(found(level, tags::PatientName, "*").size(), 3u);

      Query all = query(level, {});
      all.below = patient;
      const auto told = resources(all);
      ASSERT_EQ(told.size(), 3u);
      EXPECT_EQ(told[0].attributes.at(tags::PatientName), "DOE^JOHN");
      EXPECT_EQ(told[1].attributes.at(tags::PatientName), "Roe^Jane");
      EXPECT_EQ(told[1].attributes.at(tags::PatientBirthDate), "19800202");
      EXPECT_FALSE(told[2].attributes.contains(tags::PatientName)) << "that is another's";
      EXPECT_EQ(told[2].attributes.at(tags::PatientID), id);

      all.order_by = {{.tag = tags::PatientName, .descending = true}};
      EXPECT_EQ(rows(all).front(), of_roe);
      EXPECT_EQ(rows(all).at(1), of_doe);
    }
    EXPECT_THAT(found(Level::patient, tags::PatientName, "*john"), ElementsAre(patient.row));
    EXPECT_THAT(found(Level::patient, tags::PatientName, "roe*"), IsEmpty());
    EXPECT_EQ(require(index_->get(patient)).attributes.at(tags::PatientName), "DOE^JOHN");
  }
}

TEST_F(IndexFind, MatchesTheOrientationOfTheInstanceNotOfItsSeries) {
  add(InstanceBuilder("P", "1", "1.1", "1.1.1").with(tags::ImageOrientationPatient, "1"));
  const auto other =
      add(InstanceBuilder("P", "1", "1.1", "1.1.2").with(tags::ImageOrientationPatient, "2"));

  EXPECT_THAT(rows(query(Level::instance, {{tags::ImageOrientationPatient, "2"}})),
              ElementsAre(other.row));
  EXPECT_THAT(rows(query(Level::series, {{tags::ImageOrientationPatient, "2"}})), IsEmpty());
  EXPECT_EQ(rows(query(Level::study, {{tags::ImageOrientationPatient, "1"}})).size(), 1u);
}

TEST_F(IndexFind, AnswersTheOrientationOfTheInstanceNotOfItsSeries) {
  add(InstanceBuilder("P", "1", "1.1", "1.1.1").with(tags::ImageOrientationPatient, "a"));
  add(InstanceBuilder("P", "1", "1.1", "1.1.2").with(tags::ImageOrientationPatient, "b"));

  const auto found = resources(query(Level::instance, {{tags::SOPInstanceUID, "1.1.2"}}));

  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].attributes.at(tags::ImageOrientationPatient), "b");
}

TEST_F(IndexFind, TakesAConditionBelowForOneOfAnyDescendant) {
  const auto both = add(InstanceBuilder("P", "1", "1.1", "1.1.1").with(tags::Modality, "CT"));
  add(InstanceBuilder("P", "1", "1.2", "1.2.1").with(tags::Modality, "SR"));
  const auto one = add(InstanceBuilder("P", "2", "2.1", "2.1.1").with(tags::Modality, "CT"));
  const auto ct = at(Level::study, both).row, other = at(Level::study, one).row;

  EXPECT_THAT(rows(query(Level::study, {{tags::Modality, "SR"}})), ElementsAre(ct));
  EXPECT_THAT(rows(query(Level::study, {{tags::ModalitiesInStudy, "SR\\MR"}})), ElementsAre(ct));
  EXPECT_THAT(rows(query(Level::study, {{tags::SOPInstanceUID, "2.1.1"}})), ElementsAre(other));
  EXPECT_THAT(rows(query(Level::patient, {{tags::SeriesInstanceUID, "1.2"}})),
              ElementsAre(at(Level::patient, both).row));
  EXPECT_EQ(rows(query(Level::series, {{tags::ModalitiesInStudy, "SR"}})).size(), 2u);
  EXPECT_EQ(rows(query(Level::instance, {{tags::NumberOfStudyRelatedSeries, "2"}})).size(), 2u);
  EXPECT_EQ(rows(query(Level::patient, {{tags::NumberOfStudyRelatedSeries, "1"}})).size(), 1u);
}

TEST_F(IndexFind, ComputesWhatIsAskedFor) {
  add(InstanceBuilder("P", "1", "1.1", "1.1.1")
          .with(tags::Modality, "MR")
          .with(tags::SOPClassUID, "1.2.840.10008.5.1.4.1.1.4"));
  add(InstanceBuilder("P", "1", "1.2", "1.2.1")
          .with(tags::Modality, "CT")
          .with(tags::SOPClassUID, "1.2.840.10008.5.1.4.1.1.2"));
  add(InstanceBuilder("P", "2", "2.1", "2.1.1").with(tags::Modality, "CT"));
  auto q = query(Level::series, {{tags::SeriesInstanceUID, "1.1"}});
  q.also = {tags::ModalitiesInStudy,
            tags::SOPClassesInStudy,
            tags::NumberOfPatientRelatedStudies,
            tags::NumberOfPatientRelatedSeries,
            tags::NumberOfPatientRelatedInstances,
            tags::NumberOfStudyRelatedSeries,
            tags::NumberOfStudyRelatedInstances,
            tags::NumberOfSeriesRelatedInstances,
            tags::InstanceAvailability};

  const auto found = resources(q);

  ASSERT_EQ(found.size(), 1u);
  const auto& values = found[0].attributes;
  EXPECT_EQ(values.at(tags::ModalitiesInStudy), "CT\\MR");
  EXPECT_EQ(values.at(tags::SOPClassesInStudy),
            "1.2.840.10008.5.1.4.1.1.2\\1.2.840.10008.5.1.4.1.1.4");
  EXPECT_EQ(values.at(tags::NumberOfPatientRelatedStudies), "2");
  EXPECT_EQ(values.at(tags::NumberOfPatientRelatedSeries), "3");
  EXPECT_EQ(values.at(tags::NumberOfPatientRelatedInstances), "3");
  EXPECT_EQ(values.at(tags::NumberOfStudyRelatedSeries), "2");
  EXPECT_EQ(values.at(tags::NumberOfStudyRelatedInstances), "2");
  EXPECT_EQ(values.at(tags::NumberOfSeriesRelatedInstances), "1");
  EXPECT_EQ(values.at(tags::InstanceAvailability), "ONLINE");
}

TEST_F(IndexFind, LeavesOutWhatIsCountedBelowTheLevel) {
  add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  auto q = query(Level::study, {});
  q.also = {tags::NumberOfSeriesRelatedInstances};

  EXPECT_FALSE(resources(q).at(0).attributes.contains(tags::NumberOfSeriesRelatedInstances));
}

TEST_F(IndexFind, SaysWhatItDoesNotKeep) {
  add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  const auto refused = index_->find(query(Level::study, {{tags::PatientComments, "x"}}),
                                    [](const Resource&) { return true; });

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::not_supported);
  EXPECT_THAT(refused.error().message, HasSubstr("PatientComments"));
  EXPECT_EQ(rows(query(Level::study, {{tags::PatientComments, "*"}})).size(), 1u);
}

TEST_F(IndexFind, SortsNumbersAsNumbers) {
  for (const auto* number : {"10", "9", "100"})
    add(InstanceBuilder("P", "1", std::string("1.") + number, std::string("1.1.") + number)
            .with(tags::SeriesNumber, number));
  auto q = query(Level::series, {});
  q.order_by = {{tags::SeriesNumber, true}};

  std::vector<std::string> numbers;
  for (const auto& r : resources(q)) numbers.push_back(r.attributes.at(tags::SeriesNumber));
  EXPECT_THAT(numbers, ElementsAre("100", "10", "9"));
}

TEST_F(IndexFind, SortsTextAsNumbersIfAskedAndWhatHasNoneLast) {
  add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  add(InstanceBuilder("P", "2", "2.1", "2.1.1").with(tags::StudyID, ""));
  for (const auto* number : {"10", "9.5", "9.25"})
    add(InstanceBuilder("P", number, std::string(number) + ".1", std::string(number) + ".1.1")
            .with(tags::StudyID, number));
  const auto sorted = [&](Query::Order::As as, bool descending) {
    auto q = query(Level::study, {});
    q.order_by = {{.tag = tags::StudyID, .descending = descending, .as = as}};
    std::vector<std::string> studies;
    for (const auto& r : resources(q)) studies.push_back(r.uids.study);
    return studies;
  };

  using As = Query::Order::As;
  EXPECT_THAT(sorted(As::integer, false), ElementsAre("9.5", "9.25", "10", "1", "2"));
  EXPECT_THAT(sorted(As::real, false), ElementsAre("9.25", "9.5", "10", "1", "2"));
  EXPECT_THAT(sorted(As::real, true), ElementsAre("10", "9.5", "9.25", "1", "2"));
  EXPECT_THAT(sorted(As::itself, false), ElementsAre("2", "10", "9.25", "9.5", "1"));
}

TEST_F(IndexFind, SortsByWhatIsAboveAndThenByArrival) {
  const auto b = add(InstanceBuilder("P", "1", "1.1", "1.1.1").with(tags::PatientName, "b"));
  const auto b2 = add(InstanceBuilder("P", "2", "2.1", "2.1.1").with(tags::PatientName, "b"));
  const auto a = add(InstanceBuilder("Q", "3", "3.1", "3.1.1").with(tags::PatientName, "A"));
  auto q = query(Level::study, {});
  q.order_by = {{tags::PatientName, false}};

  EXPECT_THAT(rows(q), ElementsAre(at(Level::study, a).row, at(Level::study, b).row,
                                   at(Level::study, b2).row));
}

TEST_F(IndexFind, GoesPageByPage) {
  for (int i = 0; i < 7; ++i) add(InstanceBuilder("P", "1", "1.1", "1.1." + std::to_string(i)));
  auto q = query(Level::instance, {{tags::PatientID, "P"}});
  const auto all = rows(q);
  q.offset = 2;
  q.limit = 3;
  EXPECT_EQ(rows(q), (std::vector(all.begin() + 2, all.begin() + 5)));
  q.limit = 0;
  EXPECT_EQ(rows(q), (std::vector(all.begin() + 2, all.end())));
}

TEST_F(IndexFind, ManyComeInTheirOrderEachOnce) {
  std::vector<RowId> added;
  for (int i = 0; i < 300; ++i)
    added.push_back(add(InstanceBuilder("P", "1", "1.1", "1.1." + std::to_string(i))).row);

  EXPECT_EQ(rows(query(Level::instance, {{tags::PatientID, "P"}})), added);
}

TEST_F(IndexFind, StopsWhenToldTo) {
  for (int i = 0; i < 3; ++i) add(InstanceBuilder("P", "1", "1.1", "1.1." + std::to_string(i)));

  int calls = 0;
  require(index_->find(query(Level::instance, {}), [&](const Resource&) { return ++calls < 2; }));

  EXPECT_EQ(calls, 2);
}

TEST_F(IndexFind, CanBeInterruptedByRemovalsOfItsOwn) {
  for (int i = 0; i < 3; ++i) add(InstanceBuilder("P", "1", "1.1", "1.1." + std::to_string(i)));

  int calls = 0;
  require(index_->find(query(Level::instance, {}), [&](const Resource& resource) {
    if (++calls == 1) remove({Level::patient, resource.ancestors.back().row});
    return true;
  }));

  EXPECT_EQ(calls, 1);
}

// -- against an oracle: the same Matchers, asked one resource at a time

class IndexQueries : public IndexFind {
 protected:
  static constexpr int kInstances = 2000;
  const std::vector<std::string> names_{
      "DOE^JOHN",    "Doe^Jane",   "Müller^Jörg",          "MULLER^Eva", "Yamada^Tarou=山田^太郎",
      "DOE^JOHN^^^", "O'Brien^Ed", "Hong^Gildong=洪^吉洞", "",           "Łukasz^\"X\""};
  const std::vector<std::string> dates_{"20040119", "20040120", "20041231",
                                        "19991231", "",         "2004.02.03"};
  const std::vector<std::string> modalities_{"CT", "MR", "SR", ""};
  const std::vector<std::string> accessions_{"A1", "a1", "A12", "B7", ""};
  const std::vector<std::string> descriptions_{"CT Brain", "ct brain", "Thorax", "Schädel", ""};

  template <class T>
  const T& any_of(const std::vector<T>& values) {
    return values[random_() % values.size()];
  }

  void fill() {
    auto batch = require(index_->begin());
    for (int i = 0; i < kInstances; ++i) {
      const int p = static_cast<int>(random_() % 60), st = static_cast<int>(random_() % 4),
                se = static_cast<int>(random_() % 3);
      const std::string patient = p == 0 ? "" : (p % 2 ? "ID" : "id") + std::to_string(p / 2);
      const std::string study = "1." + std::to_string(st + (p % 7) * 4);  // shared by some patients
      const std::string series = study + "." + std::to_string(se);
      InstanceBuilder instance(patient, study, series, series + "." + std::to_string(i));
      instance.name("");
      if (random_() % 8) instance.with(tags::PatientName, any_of(names_));
      if (random_() % 8) instance.with(tags::StudyDate, any_of(dates_));
      if (random_() % 8) instance.with(tags::PatientBirthDate, any_of(dates_));
      if (random_() % 8) instance.with(tags::Modality, any_of(modalities_));
      if (random_() % 8) instance.with(tags::AccessionNumber, any_of(accessions_));
      if (random_() % 8) instance.with(tags::StudyDescription, any_of(descriptions_));
      if (random_() % 8) instance.with(tags::ReferringPhysicianName, any_of(names_));
      if (random_() % 2) instance.with(tags::InstanceNumber, std::to_string(random_() % 50));
      instance.with(tags::SOPClassUID, random_() % 2 ? "1.2.3" : "1.2.4");
      require(batch.insert(instance));
    }
    require(batch.commit());
    for (const LevelInfo& of : kLevels) all_[of.level] = resources(query(of.level, {}));
  }

  Where random_where() {
    const std::vector<std::pair<Tag, std::vector<std::string>>> keys{
        {tags::PatientName,
         {"doe*", "DOE^JOHN", "*üll*", "m*", "*洪*", "*^J*", "\"\"", "*\"X*", "?oe^j*", "*ong*=*",
          "Doe"}},
        {tags::PatientID, {"ID3", "id3\\ID5", "ID1*", "*2", "\"\"", "id*"}},
        {tags::StudyDate, {"20040119", "20040101-20041231", "20040120-", "-20000101", "20040203"}},
        {tags::PatientBirthDate, {"19991231", "20040101-"}},
        {tags::Modality, {"CT", "MR\\SR", "C*", "\"\""}},
        {tags::ModalitiesInStudy, {"CT", "MR\\SR"}},
        {tags::AccessionNumber, {"A1", "A1*", "a1\\B7", "\"\""}},
        {tags::StudyDescription, {"CT Brain", "ct*", "*brain", "Sch*"}},
        {tags::ReferringPhysicianName, {"mull*", "*jo*"}},
        {tags::StudyInstanceUID, {"1.3", "1.3\\1.5\\1.99"}},
        {tags::SeriesInstanceUID, {"1.3.1", "1.5.0\\1.5.2"}},
        {tags::SOPInstanceUID, {"1.3.1.77", any_of(all_[Level::instance]).uids.sop_instance}},
        {tags::SOPClassUID, {"1.2.3"}},
        {tags::InstanceNumber, {"7", "07"}},
        {tags::NumberOfStudyRelatedSeries, {"2", "3"}},
    };
    Where where;
    for (int n = 1 + static_cast<int>(random_() % 3); n > 0; --n) {
      const auto& [tag, values] = any_of(keys);
      where.emplace_back(tag, any_of(values));
    }
    return where;
  }

  static bool is_below(const Resource& resource, Key above) {
    return resource.key == above ||
           std::ranges::find(resource.ancestors, above) != resource.ancestors.end();
  }

  static std::optional<std::string_view> value(const Resource& resource, Tag tag) {
    const auto found = resource.attributes.find(tag);
    if (found == resource.attributes.end()) return std::nullopt;
    return found->second;
  }

  bool fulfils(const Resource& resource, const Query::Condition& condition) {
    if (condition.matcher.universal()) return true;
    Tag tag = condition.tag;
    Key anchor = resource.key;
    const auto study_of = [](const Resource& r) {
      return r.key.level <= Level::study
                 ? r.key
                 : r.ancestors[index_of(r.key.level) - index_of(Level::study) - 1];
    };
    if (tag == tags::NumberOfStudyRelatedSeries) {
      for (const auto& study : all_[Level::study]) {
        const bool related = resource.key.level < Level::study ? is_below(study, resource.key)
                                                               : study_of(resource) == study.key;
        if (related && condition.matcher.matches(std::to_string(study.children))) return true;
      }
      return false;
    }
    if (tag == tags::ModalitiesInStudy) {
      tag = tags::Modality;
      anchor = study_of(resource);
    }
    const Level level = find_attribute(tag)->level;
    if (level <= anchor.level) return condition.matcher.matches(value(resource, tag));
    return std::ranges::any_of(all_[level], [&](const Resource& below) {
      return is_below(below, anchor) && condition.matcher.matches(value(below, tag));
    });
  }

  std::vector<RowId> by_oracle(const Query& q) {
    std::vector<RowId> rows;
    for (const Resource& resource : all_[q.level])
      if (std::ranges::all_of(q.where, [&](const auto& c) { return fulfils(resource, c); }))
        rows.push_back(resource.key.row);
    return rows;
  }

  std::vector<RowId> without_indexes(const Query& q) {
    const auto db = require(Connection::open(file(), Connection::Access::read_only));
    const auto sql = require(query_sql(q, Answer::rows, Indexes::ignore));
    Statement rows = db->prepare_once(sql.text);
    for (const auto& of : sql.values) std::visit([&](const auto& v) { rows.bind(v); }, of);
    std::vector<RowId> found;
    while (require(rows.step())) found.push_back(rows.row(0));
    return found;
  }

  std::mt19937 random_{20040119};
  std::map<Level, std::vector<Resource>> all_;
};

TEST_F(IndexQueries, AnswerAsTheMatcherDoesWithAndWithoutIndexes) {
  fill();
  int found = 0;
  for (int i = 0; i < 250; ++i) {
    const Level level = kLevels[random_() % kLevels.size()].level;
    const Where where = random_where();
    const MatchRules rules{.ignore_case = random_() % 2 == 0,
                           .exact_names = random_() % 4 == 0,
                           .fuzzy_names = random_() % 8 == 0};
    const Query q = query(level, where, rules);
    std::string told = std::string(info(level).singular) + (rules.ignore_case ? ", no case" : "");
    for (const auto& [tag, key] : where) told += "; " + keyword_of(tag) + "=" + key;
    SCOPED_TRACE(told + "\n" + require(query_sql(q)).text);

    const auto expected = by_oracle(q);
    ASSERT_EQ(rows(q), expected);
    ASSERT_EQ(without_indexes(q), expected);
    found += !expected.empty();
  }
  EXPECT_GT(found, 60) << "most queries find nothing: they test little";
}

TEST_F(IndexQueries, OnIndexedAttributesScanNoTable) {
  const auto db = require(Connection::open(file(), Connection::Access::read_only));
  for (const auto& [tag, key] : Where{{tags::PatientName, "doe*"},
                                      {tags::PatientName, "*ohn*"},
                                      {tags::PatientID, "P"},
                                      {tags::PatientID, "P*"},
                                      {tags::PatientBirthDate, "20040119"},
                                      {tags::StudyDate, "20040119-20040120"},
                                      {tags::AccessionNumber, "A1"},
                                      {tags::StudyDescription, "CT Brain"},
                                      {tags::ReferringPhysicianName, "doe*"},
                                      {tags::StudyInstanceUID, "1"},
                                      {tags::SeriesInstanceUID, "1"},
                                      {tags::SOPInstanceUID, "1"}}) {
    for (const LevelInfo& of : kLevels) {
      // Whose study is of a day is answered from the patients' side: there EXISTS is asked of each.
      const Level level = find_attribute(tag)->level;
      if (of.level < level && tag != info(level).unique_key) continue;
      const Query q = query(of.level, {{tag, key}});
      const auto sql = require(query_sql(q));
      Statement plan = db->prepare_once("EXPLAIN QUERY PLAN " + sql.text);
      for (const auto& v : sql.values) std::visit([&](const auto& one) { plan.bind(one); }, v);
      while (require(plan.step())) {
        const std::string step = plan.text(3);
        EXPECT_FALSE(step.starts_with("SCAN ") && step.find("_trigram ") == step.npos)
            << step << " of " << sql.text;
      }
    }
  }
}

}  // namespace
}  // namespace dcmfs::detail
