#include "net/retrieve_request.h"

#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/retrieve_plan.h"
#include "net/retrieve_service.h"
#include "tests/support/temp_store.h"

namespace dcmfs::net {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::UnorderedElementsAre;
using enum FindModel;

class RetrieveRequest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    store_ = std::make_unique<TempStore>(StoreOptions{.durability = Durability::relaxed});
    // Two patients, one with two studies; the first study has two series, the first of two.
    add("P1", "1.1", "1.1.1", "1.1.1.1");
    add("P1", "1.1", "1.1.1", "1.1.1.2");
    add("P1", "1.1", "1.1.2", "1.1.2.1");
    add("P1", "1.2", "1.2.1", "1.2.1.1");
    add("P2", "2.1", "2.1.1", "2.1.1.1");
  }
  static void TearDownTestSuite() { store_.reset(); }
  static void add(std::string_view patient, std::string_view study, std::string_view series,
                  std::string_view instance) {
    store_->add(make_dicom().patient(patient, "X").study(study).series(series).instance(instance));
  }

  struct Keys {
    std::string level = {}, patient = {}, study = {}, series = {}, instance = {};
  };
  static Dataset identifier(const Keys& keys) {
    Dataset dataset;
    dataset.set_text(tags::QueryRetrieveLevel, keys.level);
    const std::string* const values[] = {&keys.patient, &keys.study, &keys.series, &keys.instance};
    for (const LevelInfo& level : kLevels)
      if (!values[index_of(level.level)]->empty())
        dataset.set_text(level.unique_key, *values[index_of(level.level)]);
    return dataset;
  }
  static std::vector<std::string> found(const Keys& keys, FindModel model = patient_root) {
    std::vector<std::string> uids;
    const auto query = parse_retrieve_request(identifier(keys), model);
    if (!query) return {query.error().message};
    const auto plan = TempStore::require(plan_retrieve(**store_, *query));
    for (const auto& one : plan.instances) uids.push_back(one.sop_instance);
    return uids;
  }
  static std::string refusal(const Keys& keys, FindModel model,
                             Hierarchy hierarchy = Hierarchy::liberal) {
    const auto query = parse_retrieve_request(identifier(keys), model, hierarchy);
    if (query) return "";
    EXPECT_EQ(query.error().code, Errc::invalid_argument);
    return query.error().message;
  }

  static std::unique_ptr<TempStore> store_;
};
std::unique_ptr<TempStore> RetrieveRequest::store_;

TEST_F(RetrieveRequest, FindsTheInstancesBelowEachLevel) {
  EXPECT_THAT(found({"PATIENT", "P1"}),
              UnorderedElementsAre("1.1.1.1", "1.1.1.2", "1.1.2.1", "1.2.1.1"));
  EXPECT_THAT(found({"STUDY", "P1", "1.1"}), UnorderedElementsAre("1.1.1.1", "1.1.1.2", "1.1.2.1"));
  EXPECT_THAT(found({"SERIES", "P1", "1.1", "1.1.1"}), UnorderedElementsAre("1.1.1.1", "1.1.1.2"));
  EXPECT_THAT(found({"IMAGE", "P1", "1.1", "1.1.1", "1.1.1.2"}), ElementsAre("1.1.1.2"));
  EXPECT_THAT(found({"STUDY", {}, "2.1"}, study_root), ElementsAre("2.1.1.1"));
  EXPECT_THAT(found({"STUDY", "P2", "2.1"}, patient_study_only), ElementsAre("2.1.1.1"));
}

TEST_F(RetrieveRequest, ListsOfUidsMeanEachOfThem) {
  EXPECT_THAT(found({"STUDY", {}, "1.2\\2.1\\9"}, study_root),
              UnorderedElementsAre("1.2.1.1", "2.1.1.1"));
  EXPECT_THAT(found({"IMAGE", "P1", "1.1", "1.1.1", "1.1.1.1\\1.1.1.2\\1.2.1.1"}),
              UnorderedElementsAre("1.1.1.1", "1.1.1.2"));
}

TEST_F(RetrieveRequest, VeryLongListsAreAnswered) {
  std::string uids = "1.1.1.1";
  for (int i = 0; i < 50'000; ++i) uids += "\\1.2.3." + std::to_string(i);

  EXPECT_THAT(found({"IMAGE", {}, {}, {}, uids}, study_root), ElementsAre("1.1.1.1"));
}

TEST_F(RetrieveRequest, MissingKeysAboveAndKeysBelowDoNotMatter) {
  EXPECT_THAT(found({"SERIES", {}, {}, "1.1.2"}), ElementsAre("1.1.2.1"));
  EXPECT_THAT(found({"STUDY", {}, "2.1", "7", "8"}), ElementsAre("2.1.1.1"));
  EXPECT_THAT(found({"SERIES", {}, "2.1"}), ElementsAre("2.1.1.1"));
  EXPECT_THAT(found({"", {}, "2.1"}), ElementsAre("2.1.1.1"));
}

TEST_F(RetrieveRequest, KeysThatContradictEachOtherFindNothing) {
  EXPECT_THAT(found({"STUDY", "P2", "1.1"}), SizeIs(0));
}

TEST_F(RetrieveRequest, OfStudyRootThePatientIsNoKey) {
  EXPECT_THAT(found({"STUDY", "P2", "1.2"}, study_root), ElementsAre("1.2.1.1"));
}

TEST_F(RetrieveRequest, RefusesWhatWouldMeanEverythingOrNothing) {
  EXPECT_THAT(refusal({"STUDY"}, study_root), HasSubstr("no unique key"));
  EXPECT_THAT(refusal({"STUDY", {}, "1.*"}, study_root), HasSubstr("StudyInstanceUID"));
  EXPECT_THAT(refusal({}, study_root), HasSubstr("QueryRetrieveLevel"));
  EXPECT_THAT(refusal({"FRAME", "P1"}, patient_root), HasSubstr("QueryRetrieveLevel"));
  EXPECT_THAT(refusal({"PATIENT", "P1"}, study_root), HasSubstr("QueryRetrieveLevel"));
  EXPECT_THAT(refusal({"SERIES", "P1", "1.1", "1.1.1"}, patient_study_only),
              HasSubstr("QueryRetrieveLevel"));
}

TEST_F(RetrieveRequest, RefusesAKeyOfTheLevelThatIsThereWithoutAValue) {
  const auto refuses = [](std::string_view level, Tag key, std::string_view value) {
    Dataset dataset = identifier({.level = std::string(level), .patient = "P1", .study = "1.1"});
    dataset.set_text(key, value);
    return !parse_retrieve_request(dataset, patient_root);
  };
  for (const LevelInfo& level : kLevels)
    for (const std::string_view value : {"", "\\", " \\\\ "})
      EXPECT_TRUE(refuses(level.query_retrieve, level.unique_key, value))
          << level.query_retrieve << " " << value;

  EXPECT_TRUE(refuses("SERIES", tags::StudyInstanceUID, "\\")) << "above it";
  EXPECT_FALSE(refuses("STUDY", tags::PatientID, "")) << "as good as missing";
  EXPECT_FALSE(refuses("STUDY", tags::SeriesInstanceUID, "\\")) << "below it";
}

TEST_F(RetrieveRequest, APatientIDMeansItself) {
  add("P*", "3.1", "3.1.1", "3.1.1.1");
  add("P?", "3.2", "3.2.1", "3.2.1.1");
  add("*", "3.3", "3.3.1", "3.3.1.1");
  add("\"\"", "3.4", "3.4.1", "3.4.1.1");

  EXPECT_THAT(found({"PATIENT", "P*"}), ElementsAre("3.1.1.1"));
  EXPECT_THAT(found({"STUDY", "P?", "3.2"}), ElementsAre("3.2.1.1"));
  EXPECT_THAT(found({"PATIENT", "*"}), ElementsAre("3.3.1.1"));
  EXPECT_THAT(found({"PATIENT", "\"\""}), ElementsAre("3.4.1.1"));
}

TEST_F(RetrieveRequest, StrictlyEveryKeyMustBeThereAndNoneBelow) {
  const auto strict = Hierarchy::strict;
  EXPECT_EQ(refusal({"SERIES", "P1", "1.1", "1.1.1\\1.1.2"}, patient_root, strict), "");
  EXPECT_THAT(refusal({"SERIES", {}, "1.1", "1.1.1"}, patient_root, strict),
              HasSubstr("PatientID is missing"));
  EXPECT_EQ(refusal({"SERIES", {}, "1.1", "1.1.1"}, study_root, strict), "");
  EXPECT_THAT(refusal({"SERIES", {}, "1.1\\1.2", "1.1.1"}, study_root, strict),
              HasSubstr("not a single value"));
  EXPECT_THAT(refusal({"STUDY", {}, "1.1", "1.1.1"}, study_root, strict),
              HasSubstr("SeriesInstanceUID is of a level below"));
  EXPECT_THAT(refusal({"", {}, "1.1"}, study_root, strict), HasSubstr("QueryRetrieveLevel"));
}

TEST(RetrievePlan, KnowsEachSyntaxOnce) {
  TempStore store;
  for (const std::string_view syntax :
       {uids::ExplicitVRLittleEndian, uids::ImplicitVRLittleEndian, uids::ExplicitVRLittleEndian}) {
    store.add(make_dicom().study("1.2").sop_class("1.2.3.4").in(syntax));
  }
  Query query;
  query.level = Level::instance;
  query.where.push_back({tags::StudyInstanceUID, *Matcher::parse(tags::StudyInstanceUID, "1.2")});

  const auto plan = TempStore::require(plan_retrieve(*store, query));

  ASSERT_THAT(plan.instances, SizeIs(3));
  EXPECT_THAT(plan.syntaxes, SizeIs(2));
  EXPECT_EQ(plan.syntaxes[plan.instances[0].syntax].transfer_syntax, uids::ExplicitVRLittleEndian);
  EXPECT_EQ(plan.syntaxes[plan.instances[1].syntax].transfer_syntax, uids::ImplicitVRLittleEndian);
  EXPECT_EQ(plan.instances[0].syntax, plan.instances[2].syntax);
}

TEST(RetrievePlan, IsDividedWhereOneAssociationCannotCarryAll) {
  std::vector<StorageSyntax> all;
  for (int i = 0; i < 300; ++i)
    all.push_back({"1.2." + std::to_string(i), std::string(uids::ExplicitVRLittleEndian)});

  const auto parts = divide_by_association(all);

  std::size_t syntaxes = 0;
  for (const auto& part : parts) {
    EXPECT_LE(contexts_for(part).size(), kProposalsMax);
    syntaxes += part.size();
  }
  EXPECT_EQ(syntaxes, all.size());
  EXPECT_THAT(divide_by_association({}), SizeIs(0));
}

TEST(RetrieveNegotiation, AcceptsRelationalAndNothingElse) {
  using namespace std::string_literals;
  EXPECT_EQ(accept_retrieve_negotiation("\1\1"), "\1\0"s);
  EXPECT_EQ(accept_retrieve_negotiation("\1"), "\1");
  EXPECT_EQ(accept_retrieve_negotiation("\0"s), "\0"s);
  EXPECT_EQ(accept_retrieve_negotiation(""), "");
  EXPECT_EQ(accept_retrieve_negotiation(std::string(100, '\1')), "\1\0"s);
}

}  // namespace
}  // namespace dcmfs::net
