// The index, filled from the files again.
#include <fstream>

#include <gmock/gmock.h>

#include "tests/rest/api.h"

namespace dcmfs::rest {
namespace {

class Reconstructing : public Api {
 protected:
  static DicomBuilder dicom(const std::string& number) {
    return make_dicom()
        .patient("P", "BEFORE")
        .study("1.2")
        .series("1.2.1")
        .instance("1.2.1." + number);
  }
  // As after a repair by hand: other bytes in the file of the instance whose file has those.
  void exchange(const std::string& bytes, const std::string& others) {
    for (const auto& each :
         std::filesystem::recursive_directory_iterator(store_.root() / "blobs")) {
      if (!each.is_regular_file()) continue;
      std::ifstream in(each.path(), std::ios::binary);
      if (std::string(std::istreambuf_iterator<char>(in), {}) != bytes) continue;
      std::filesystem::permissions(each.path(), std::filesystem::perms::owner_all);
      std::ofstream(each.path(), std::ios::binary | std::ios::trunc) << others;
      return;
    }
    FAIL() << "no such file";
  }
  std::string main_tag(const std::string& path, const char* name) {
    return get(path).json()["MainDicomTags"][name].asString();
  }
};

TEST_F(Reconstructing, ReadsTheFilesOfAllLevels) {
  auto first = dicom("1")
                   .set(tags::StudyDescription, "old")
                   .set(tags::SeriesDescription, "old")
                   .set(tags::InstanceNumber, "1");
  const auto before = first.bytes();
  const Added added = store_.add(before);
  const auto after = first.patient("P", "AFTER")
                         .set(tags::StudyDescription, "new")
                         .set(tags::SeriesDescription, "new")
                         .set(tags::InstanceNumber, "7")
                         .bytes();
  exchange(before, after);
  const auto patient = path(added, Level::patient), study = path(added, Level::study),
             series = path(added, Level::series), instance = path(added, Level::instance);
  ASSERT_EQ(main_tag(study, "StudyDescription"), "old");

  for (const auto& each : {patient, study, series, instance, std::string("/tools")}) {
    exchange(after, before);
    EXPECT_EQ(post("/tools/reconstruct", "").status, 200);
    ASSERT_EQ(main_tag(instance, "InstanceNumber"), "1");
    ASSERT_EQ(main_tag(patient, "PatientName"), "BEFORE");
    exchange(before, after);

    const auto answer = post(each + "/reconstruct", R"({"ReconstructFiles": true})");

    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "");
    EXPECT_EQ(main_tag(patient, "PatientName"), "AFTER") << each;
    EXPECT_EQ(main_tag(study, "StudyDescription"), "new") << each;
    EXPECT_EQ(main_tag(series, "SeriesDescription"), "new") << each;
    EXPECT_EQ(main_tag(instance, "InstanceNumber"), "7") << each;
    EXPECT_EQ(post("/tools/find", R"({"Level": "Study", "Query": {"StudyDescription": "new"}})")
                  .json()
                  .size(),
              1u)
        << each;
  }
}

TEST_F(Reconstructing, LeavesWhatTheFirstInstanceSaysOfWhatIsAbove) {
  store_.add(dicom("1").set(tags::StudyDescription, "first"));
  const auto second =
      dicom("2").set(tags::StudyDescription, "second").set(tags::InstanceNumber, "2");
  const Added added = store_.add(second);

  EXPECT_EQ(post(path(added, Level::instance) + "/reconstruct", "").status, 200);

  EXPECT_EQ(main_tag(path(added, Level::study), "StudyDescription"), "first");
}

TEST_F(Reconstructing, NeedsWhatIsThere) {
  EXPECT_EQ(post("/studies/00000000-00000000-00000000-00000000-00000000/reconstruct", "").status,
            404);
  EXPECT_EQ(post("/tools/reconstruct", "").status, 200) << "nothing is little work";
}

}  // namespace
}  // namespace dcmfs::rest
