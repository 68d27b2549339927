#include "rest/orthanc/edit_jobs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/rest/edited.h"

namespace dcmfs::rest {
namespace {

// A process that ends at one of the moments when the job looks up, and what it kept.
class EndingRun final : public JobRun {
 public:
  explicit EndingRun(Json::Value& kept) : kept_(kept) {}
  void end_at(int moment) { end_at_ = moment; }
  bool ended() const { return moments_ >= end_at_; }

  Result<> step(std::int64_t, std::int64_t) override { return moment(); }
  std::stop_token stop() const override { return {}; }
  void tell(Json::Value) override {}
  Json::Value kept() const override { return kept_; }
  Result<> keep(Json::Value value) override {
    DCMFS_CHECK(moment());
    kept_ = std::move(value);
    return moment();
  }
  void leave(std::string, JobOutput) override {}
  bool permissive() const override { return false; }
  std::string id() const override { return "a job"; }

 private:
  Result<> moment() {
    if (++moments_ >= end_at_) return Error{Errc::cancelled, "the end"};
    return {};
  }

  Json::Value& kept_;
  int moments_ = 0;
  int end_at_ = std::numeric_limits<int>::max();
};

struct Case {
  const char* name;
  JobFunction run;
  bool keeps_source;
};

class EndedJobs : public Edited, public testing::WithParamInterface<Case> {
 protected:
  Json::Value parameters(const std::string& target) const {
    Json::Value v;
    v["Anonymize"] = std::string_view(GetParam().name) == "anonymize";
    v["Level"] = "Study";
    v["Resources"].append(id(Level::study));
    v["Study"] = id(Level::study);
    v["Target"] = target;
    v["Body"]["KeepSource"] = GetParam().keeps_source;
    v["Body"]["Resources"].append(id(Level::study));
    v["Body"]["Series"].append(id(Level::series));
    v["Origin"] = Json::objectValue;
    return v;
  }
};

TEST_P(EndedJobs, GoOnWhereverTheyWereEnded) {
  const auto target = served.store_.add(make_dicom().patient("P2", "TARGET"));
  const auto target_id = ResourceId::of(Level::study, target.uids).str();
  bool was_ended = true;
  for (int moment = 1; was_ended; ++moment) {
    ASSERT_LT(moment, 100);
    add_study();  // again, if it went
    const auto before = served.store_->statistics()->instances;
    Json::Value kept;
    EndingRun ending(kept);
    ending.end_at(moment);

    const auto ended = GetParam().run(served.services(), parameters(target_id), ending);
    was_ended = ended.failure.has_value();
    if (was_ended) {
      ASSERT_TRUE(ending.ended()) << ended.failure->details;
      EndingRun again(kept);
      const auto end = GetParam().run(served.services(), parameters(target_id), again);
      ASSERT_FALSE(end.failure) << moment << ": " << end.failure->details;
      ASSERT_TRUE(end.content);
      EXPECT_EQ((*end.content)["InstancesCount"], 2);
      EXPECT_EQ((*end.content)["FailedInstancesCount"], 0);
    }

    EXPECT_EQ(served.store_->statistics()->instances, before + (GetParam().keeps_source ? 2 : 0))
        << moment;
  }
}

INSTANTIATE_TEST_SUITE_P(All, EndedJobs,
                         testing::Values(Case{"anonymize", run_modification, true},
                                         Case{"anonymize", run_modification, false},
                                         Case{"modify", run_modification, false},
                                         Case{"merge", run_merge, false},
                                         Case{"split", run_split, true},
                                         Case{"split", run_split, false}));

TEST_F(Edited, WhatComesWhileAJobRunsStays) {
  Json::Value kept;
  // The first look is the end of what was made, so that only the removal is left.
  EndingRun run(kept);
  Json::Value parameters;
  parameters["Level"] = "Study";
  parameters["Resources"].append(id(Level::study));
  parameters["Body"]["KeepSource"] = false;
  int moment = 1;
  while (!kept.isMember("Going")) {
    EndingRun ending(kept);
    ending.end_at(++moment);
    ASSERT_TRUE(run_modification(served.services(), parameters, ending).failure);
  }
  served.store_.add(of_study("1.2.3.7"));

  ASSERT_FALSE(run_modification(served.services(), parameters, run).failure);

  EXPECT_THAT(datasets_below(Level::study, id(Level::study)), testing::SizeIs(1));
}

TEST(Pseudonym, IsThatOfThePatient) {
  const auto uids = UidMap::from_secret("s"), own = UidMap::random();

  const auto one = pseudonym(uids, own, "P1"), again = pseudonym(uids, UidMap::random(), "P1"),
             other = pseudonym(uids, own, "P2");

  EXPECT_EQ(one.patient_id, again.patient_id);
  EXPECT_EQ(one.patient_name, again.patient_name);
  EXPECT_NE(one.patient_id, other.patient_id);
  EXPECT_NE(pseudonym(uids, own, "").patient_id, pseudonym(uids, UidMap::random(), "").patient_id);
  EXPECT_LE(one.patient_id.size(), 64u);
}

}  // namespace
}  // namespace dcmfs::rest
