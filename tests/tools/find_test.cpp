#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/program.h"
#include "tests/support/temp_store.h"

namespace dcmfs {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

class FindProgram : public testing::Test {
 protected:
  FindProgram() {
    add("P1", "DOE^JOHN", "2.1", "2.1.1", "2.1.1.1", "CT", "1");
    add("P1", "DOE^JOHN", "2.1", "2.1.1", "2.1.1.2", "CT", "2");
    add("P1", "DOE^JOHN", "2.1", "2.1.2", "2.1.2.1", "PT", "1");
    add("P2", "MÜLLER^JÜRGEN", "2.2", "2.2.1", "2.2.1.1", "MR", "1");
  }
  void add(std::string_view id, std::string_view name, std::string_view study,
           std::string_view series, std::string_view instance, std::string_view modality,
           std::string_view number) {
    store_.add(make_dicom()
                   .patient(id, name)
                   .study(study)
                   .series(series)
                   .instance(instance)
                   .modality(modality)
                   .set(tags::InstanceNumber, number)
                   .set(tags::KVP, "120"));
  }
  Ran find(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), store_.root().string());
    return run("dcmfs-find", arguments);
  }
  std::vector<std::string> lines(std::vector<std::string> arguments) {
    const Ran ran = find(std::move(arguments));
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    std::vector<std::string> all;
    for (std::size_t from = 0, to; (to = ran.out.find('\n', from)) != std::string::npos;
         from = to + 1)
      all.push_back(ran.out.substr(from, to - from));
    return all;
  }

  TempStore store_;  // stays open, as by the daemon
};

TEST_F(FindProgram, ListsTheStudiesWithoutAnyCondition) {
  EXPECT_THAT(lines({}), ElementsAre(StartsWith(R"({"level": "study", "id": ")"),
                                     StartsWith(R"({"level": "study", "id": ")")));
}

TEST_F(FindProgram, AnswersWithTheUidsTheIdAndTheAttributesAlsoOfThoseAbove) {
  Uids uids;
  uids.patient_id = "P1";
  uids.study = "2.1";
  const std::string id = ResourceId::of(Level::study, uids).str();

  EXPECT_THAT(lines({"StudyInstanceUID=2.1"}),
              ElementsAre(AllOf(
                  HasSubstr("\"id\": \"" + id + "\""),
                  HasSubstr(R"("uids": {"PatientID": "P1", "StudyInstanceUID": "2.1"})"),
                  HasSubstr(R"("PatientName": "DOE^JOHN")"), HasSubstr(R"("instances": 3)"))));
}

TEST_F(FindProgram, TakesTheDeepestLevelThatAConditionIsAbout) {
  EXPECT_THAT(lines({"PatientName=doe*"}), ElementsAre(HasSubstr(R"("level": "patient")")));
  EXPECT_THAT(lines({"PatientName=doe*", "Modality=CT"}),
              ElementsAre(HasSubstr(R"("level": "series")")));
  EXPECT_THAT(lines({"Modality=CT", "InstanceNumber=2"}),
              ElementsAre(HasSubstr(R"("level": "instance")")));
  EXPECT_THAT(lines({"ModalitiesInStudy=PT"}), ElementsAre(HasSubstr(R"("level": "study")")));
}

TEST_F(FindProgram, AnswersAtTheLevelThatIsAskedFor) {
  EXPECT_THAT(lines({"--level", "instance", "PatientID=P1"}), SizeIs(3));
  EXPECT_THAT(lines({"--level", "patient", "Modality=MR"}),
              ElementsAre(HasSubstr("MÜLLER^JÜRGEN")));
}

TEST_F(FindProgram, FindsNamesWithoutCaseAndAccents) {
  EXPECT_THAT(lines({"PatientName=muller*"}), SizeIs(1));
}

TEST_F(FindProgram, OrdersAndCutsTheAnswers) {
  const auto all =
      lines({"--level", "instance", "--order-by", "InstanceNumber:desc,SOPInstanceUID"});
  ASSERT_THAT(all, SizeIs(4));
  EXPECT_THAT(all[0], HasSubstr(R"("SOPInstanceUID": "2.1.1.2"})"));

  EXPECT_THAT(lines({"--level", "instance", "--order-by", "InstanceNumber:desc,SOPInstanceUID",
                     "--offset", "1", "--limit", "2"}),
              ElementsAre(all[1], all[2]));
}

TEST_F(FindProgram, AnswersAlsoByWhatTheIndexDoesNotKeep) {
  EXPECT_THAT(lines({"KVP=120"}), SizeIs(4));
  EXPECT_THAT(lines({"KVP=80"}), IsEmpty());
}

TEST_F(FindProgram, PrintsPathsBelowAMountPoint) {
  EXPECT_THAT(lines({"--path", "/mnt/dicom", "Modality=MR", "InstanceNumber=1"}),
              ElementsAre(AllOf(StartsWith("/mnt/dicom/patients/MÜLLER^JÜRGEN [P2]/"),
                                testing::EndsWith(".dcm"))));
}

TEST_F(FindProgram, ProposesKeywordsNearToAnUnknownOne) {
  const Ran ran = find({"PatientNam=DOE*"});

  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err,
              StartsWith("dcmfs-find: unknown keyword PatientNam; did you mean PatientName"));
}

TEST_F(FindProgram, ProposesNothingForWhatIsLikeNothing) {
  EXPECT_EQ(find({"Xyzzy=1"}).err, "dcmfs-find: unknown keyword Xyzzy\n");
}

TEST_F(FindProgram, ExplainsAWrongCondition) {
  EXPECT_THAT(find({"DOE"}).err, HasSubstr("expected KEYWORD=VALUE"));
  const Ran ran = find({"StudyDate=yesterday"});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.err, HasSubstr("StudyDate"));
}

TEST_F(FindProgram, MakesNoStoreWhereThereIsNone) {
  const TempFolder folder;
  const Ran ran = run("dcmfs-find", {(folder / "none").string()});

  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace dcmfs
