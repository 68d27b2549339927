#include "store/worklists.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "store/dicom/transfer_syntax.h"
#include "store/dicom/writer.h"
#include "tests/support/ok.h"
#include "tests/support/temp_folder.h"

namespace dcmfs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string json_of(std::string_view id) {
  return R"({"PatientID": ")" + std::string(id) +
         R"(", "ScheduledProcedureStepSequence": [{"Modality": "CT"}]})";
}

std::string dicom_of(std::string_view id) {
  Dataset dataset;
  dataset.set_text(tags::SOPClassUID, "1.2.3");
  dataset.set_text(tags::SOPInstanceUID, "1.2.3.4");
  dataset.set_text(tags::PatientID, id);
  dataset.add_item(tags::ScheduledProcedureStepSequence).set_text(tags::Modality, "MR");
  return *encode_file(dataset, *find_transfer_syntax(uids::ExplicitVRLittleEndian));
}

class WorklistFolder : public testing::Test {
 protected:
  void write(const std::string& name, std::string_view bytes) {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
  }
  std::string inode_of(const std::string& name) const {
    struct stat status {};
    EXPECT_EQ(::stat((folder_ / name).c_str(), &status), 0);
    return "inode " + std::to_string(status.st_ino) + " ";
  }
  std::vector<std::string> patients() {
    auto items = worklists_.items([&](std::string_view line) { log_.emplace_back(line); });
    EXPECT_OK(items);
    std::vector<std::string> ids;
    if (items)
      for (const auto& item : *items) ids.push_back(item->text_or(tags::PatientID, ""));
    return ids;
  }

  TempFolder folder_;
  Worklists worklists_{folder_ / ""};
  std::vector<std::string> log_;
};

TEST_F(WorklistFolder, ItemsAreDicomAndJsonFiles) {
  write("2.wl", dicom_of("TWO"));
  write("1.json", json_of("ONE"));
  write("readme.txt", "no");
  write(".hidden.json", json_of("HIDDEN"));

  EXPECT_THAT(patients(), ElementsAre("ONE", "TWO"));
  EXPECT_THAT(log_, IsEmpty());
}

TEST_F(WorklistFolder, ChangesAreSeen) {
  EXPECT_THAT(patients(), IsEmpty());
  write("a.json", json_of("ONE"));
  EXPECT_THAT(patients(), ElementsAre("ONE"));
  write("a.json", json_of("OTHER"));
  EXPECT_THAT(patients(), ElementsAre("OTHER"));
  std::filesystem::rename(folder_ / "a.json", folder_ / "b.json");
  EXPECT_THAT(patients(), ElementsAre("OTHER"));
  std::filesystem::remove(folder_ / "b.json");
  EXPECT_THAT(patients(), IsEmpty());
}

TEST_F(WorklistFolder, BrokenFilesAreLeftOutAndToldOnceByTheirInode) {
  write("SECRET_bad.json", R"({"PatientID": "SECRET")");
  write("SECRET_none.json", R"({"PatientID": "SECRET"})");
  write("SECRET_bad.wl", "SECRET");
  const std::string whole = dicom_of("SECRET");
  write("SECRET_cut.wl", whole.substr(0, whole.size() - 3));
  write("good.json", json_of("GOOD"));
  std::filesystem::create_directory(folder_ / "folder.wl");

  EXPECT_THAT(patients(), ElementsAre("GOOD"));
  EXPECT_THAT(patients(), ElementsAre("GOOD"));

  ASSERT_EQ(log_.size(), 4u);
  for (const auto& line : log_) EXPECT_THAT(line, Not(HasSubstr("SECRET")));
  EXPECT_THAT(log_[0], HasSubstr(inode_of("SECRET_bad.json")));
}

TEST_F(WorklistFolder, WithoutAFolderThereAreNoItems) {
  Worklists none(folder_ / "missing");

  const auto items = none.items([](std::string_view) {});

  ASSERT_OK(items);
  EXPECT_TRUE(items->empty());
}

TEST_F(WorklistFolder, SizesHaveALimit) {
  write("large.json", json_of("LARGE") + std::string(kWorklistItemBytesMax, ' '));

  EXPECT_THAT(patients(), IsEmpty());
  EXPECT_THAT(log_, ElementsAre(HasSubstr(inode_of("large.json"))));
  EXPECT_FALSE(
      read_worklist_item("a.json", json_of("L") + std::string(kWorklistItemBytesMax, ' ')));
  EXPECT_FALSE(read_worklist_item("a.txt", json_of("L")));
}

}  // namespace
}  // namespace dcmfs
