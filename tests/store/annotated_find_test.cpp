// Queries by what is said of resources beside their files, and by where they stand.
#include <gmock/gmock.h>

#include "store/detail/query_sql.h"
#include "store/detail/sqlite.h"
#include "store/labels.h"
#include "store/metadata.h"
#include "tests/store/index_fixture.h"

namespace dcmfs::detail {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using How = Query::Labelled::How;

class AnnotatedFindTest : public IndexTest {
 protected:
  // Four studies of two patients; the newest reception is that of study 1.
  AnnotatedFindTest() {
    for (int i = 1; i <= 4; ++i) {
      const std::string n = std::to_string(i);
      const Key instance = add(InstanceBuilder(i <= 2 ? "P" : "Q", n, n + ".1", n + ".1.1")
                                   .with(tags::StudyDescription, "study " + n)
                                   .names(i <= 2 ? "P" : "Q", "study " + n, "series")
                                   .links("study " + n, "series " + n)
                                   .at(kArrival + std::chrono::seconds(i)));
      studies_.push_back(at(Level::study, instance));
    }
    add(InstanceBuilder("P", "1", "1.2", "1.2.1")
            .at(kArrival + std::chrono::seconds(9))
            .names("P", "study 1", "other series")
            .links("x", "y"));
  }

  std::vector<int> find(const Query& query) {
    std::vector<int> found, identified;
    require(index_->find(query, [&](const Resource& resource) {
      found.push_back(std::stoi(resource.uids.study));
      return true;
    }));
    for (const Identity& identity : require(index_->identities(query))) {
      const auto resource = require(index_->get(identity.key));
      EXPECT_EQ(identity.id, resource.id);
      identified.push_back(std::stoi(resource.uids.study));
    }
    EXPECT_EQ(found, identified);
    Query all = query;
    all.limit = all.offset = 0;
    EXPECT_EQ(require(index_->count(query)),
              static_cast<std::int64_t>(require(index_->identities(all)).size()));
    return found;
  }
  std::vector<int> labelled(How how, std::vector<std::string> labels) {
    return find({.labelled = Query::Labelled{std::move(labels), how}});
  }
  std::vector<int> with_metadata(std::string name, std::string_view key, MatchRules rules = {}) {
    return find({.metadata = {{std::move(name), require(Matcher::parse(Vr::UT, key, rules))}}});
  }
  void label(int study, std::string_view name) {
    require(Labels(*index_).add(studies_[static_cast<std::size_t>(study - 1)], name));
  }
  void put(int study, std::string_view name, std::string_view text) {
    require(
        Metadata(*index_).put(studies_[static_cast<std::size_t>(study - 1)], name, text, kArrival));
  }

  std::vector<Key> studies_;
};

TEST_F(AnnotatedFindTest, ByLabels) {
  label(1, "a");
  label(1, "b");
  label(2, "a");
  label(3, "c");
  require(Labels(*index_).add(at(Level::patient, studies_[3]), "a"));  // of another level

  EXPECT_THAT(labelled(How::all, {"a"}), ElementsAre(1, 2));
  EXPECT_THAT(labelled(How::all, {"a", "b"}), ElementsAre(1));
  EXPECT_THAT(labelled(How::any, {"b", "c"}), ElementsAre(1, 3));
  EXPECT_THAT(labelled(How::none, {"b", "c"}), ElementsAre(2, 4));
  EXPECT_THAT(labelled(How::none, {}), ElementsAre(4));
  EXPECT_THAT(labelled(How::all, {}), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(labelled(How::any, {}), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(labelled(How::any, {"nobody's"}), IsEmpty());
}

TEST_F(AnnotatedFindTest, CarryingTheLabelsIfWanted) {
  label(1, "b");
  label(1, "a");
  std::vector<std::vector<std::string>> found;
  const auto take = [&](const Resource& resource) {
    found.push_back(resource.labels);
    return true;
  };
  require(index_->find({.limit = 2, .labels = true}, take));
  EXPECT_THAT(found, ElementsAre(ElementsAre("a", "b"), IsEmpty()));
  found.clear();
  require(index_->find({.limit = 1}, take));
  EXPECT_THAT(found, ElementsAre(IsEmpty()));
}

TEST_F(AnnotatedFindTest, ByKeptMetadata) {
  put(1, "m", "apple");
  put(2, "m", "Apricot");
  put(3, "other", "apple");

  EXPECT_THAT(with_metadata("m", "apple"), ElementsAre(1));
  EXPECT_THAT(with_metadata("m", "ap*"), ElementsAre(1));
  EXPECT_THAT(with_metadata("m", "ap*", {.ignore_case = true}), ElementsAre(1, 2));
  EXPECT_THAT(with_metadata("m", "?pple"), ElementsAre(1));
  EXPECT_THAT(with_metadata("m", "*"), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(with_metadata("m", "\"\""), ElementsAre(3, 4));
}

TEST_F(AnnotatedFindTest, ByWhatTheStoreTells) {
  const auto date = require(Metadata(*index_).get(studies_[2], "LastUpdate"))->text;
  EXPECT_THAT(with_metadata("LastUpdate", date), ElementsAre(3));
  EXPECT_THAT(with_metadata("LastUpdate", "2023*"), ElementsAre(1, 2, 3, 4));
}

TEST_F(AnnotatedFindTest, BelowAResource) {
  const Key patient = at(Level::patient, studies_[0]);

  EXPECT_THAT(find({.below = patient}), ElementsAre(1, 2));
  EXPECT_THAT(find({.below = studies_[1]}), ElementsAre(2));
  EXPECT_THAT(find({.level = Level::instance, .below = patient}), ElementsAre(1, 2, 1));
  EXPECT_THAT(find({.level = Level::series, .below = studies_[0], .offset = 1}), ElementsAre(1));
  EXPECT_THAT(find({.where = {{tags::StudyDescription,
                               require(Matcher::parse(tags::StudyDescription, "study 2"))}},
                    .below = patient}),
              ElementsAre(2));
  EXPECT_THAT(find({.below = Key{Level::patient, RowId{99}}}), IsEmpty());
  const Query upward{.level = Level::patient, .below = studies_[0]};
  EXPECT_EQ(index_->find(upward, [](const Resource&) { return true; }).error().code,
            Errc::invalid_argument);
}

TEST_F(AnnotatedFindTest, InTheOrderOfMetadata) {
  put(1, "n", "10");
  put(2, "n", "9");
  put(3, "n", "none");

  using As = Query::Order::As;
  for (const As as : {As::integer, As::real})
    EXPECT_THAT(find({.order_by = {{.metadata = "n", .as = as}}}), ElementsAre(3, 2, 1, 4));
  EXPECT_THAT(find({.order_by = {{.metadata = "n"}}}), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(find({.order_by = {{.descending = true, .metadata = "n"}}}), ElementsAre(3, 2, 1, 4));
  EXPECT_THAT(find({.order_by = {{.descending = true, .metadata = "LastUpdate"}}, .limit = 3}),
              ElementsAre(1, 4, 3));
}

TEST_F(AnnotatedFindTest, AllBelowInPages) {
  const Key patient = at(Level::patient, studies_[0]);
  std::vector<Key> found;
  for (RowId after{0};;) {
    const auto page = require(index_->identities(patient, Level::instance, after, 2));
    if (page.empty()) break;
    ASSERT_LE(page.size(), 2u);
    for (const Identity& one : page) {
      EXPECT_EQ(one.id, require(index_->get(one.key)).id);
      found.push_back(one.key);
    }
    after = page.back().key.row;
  }
  EXPECT_THAT(found, SizeIs(3));
  EXPECT_THAT(require(index_->identities(std::nullopt, Level::study, RowId{1}, 100)), SizeIs(3));
  EXPECT_THAT(require(index_->identities(studies_[0], Level::series, RowId{0}, 100)), SizeIs(2));
  EXPECT_EQ(index_->identities(patient, Level::patient, RowId{0}, 1).error().code,
            Errc::invalid_argument);
}

TEST_F(AnnotatedFindTest, AgreesWithAScan) {
  label(1, "a");
  put(1, "m", "x");
  put(2, "m", "x");
  const Query query{.metadata = {{"m", require(Matcher::parse(Vr::UT, "x"))}},
                    .labelled = Query::Labelled{{"a"}, How::all},
                    .below = at(Level::patient, studies_[0])};
  const auto sql = require(query_sql(query, Answer::count, Indexes::ignore));
  require(index_->read([&](Connection& db) -> Result<> {
    Statement row = db.prepare_once(sql.text);
    for (const auto& of : sql.values) std::visit([&](const auto& v) { row.bind(v); }, of);
    EXPECT_TRUE(require(row.step()));
    EXPECT_EQ(row.integer(0), 1);
    return {};
  }));
  EXPECT_THAT(find(query), ElementsAre(1));
}

TEST_F(AnnotatedFindTest, CountsBelowAResource) {
  const auto of = require(index_->statistics(at(Level::patient, studies_[0])));
  EXPECT_EQ(of.patients, 1);
  EXPECT_EQ(of.studies, 2);
  EXPECT_EQ(of.series, 3);
  EXPECT_EQ(of.instances, 3);
  EXPECT_EQ(of.bytes, 3000);
  const auto study = require(index_->statistics(studies_[2]));
  EXPECT_EQ(study.patients, 0);
  EXPECT_EQ(study.studies, 1);
  EXPECT_EQ(study.series, 1);
  EXPECT_EQ(study.bytes, 1000);
  EXPECT_EQ(index_->statistics({Level::series, RowId{99}}).error().code, Errc::not_found);
}

}  // namespace
}  // namespace dcmfs::detail
