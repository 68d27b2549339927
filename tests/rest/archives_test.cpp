// Archives and media.
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <json/json.h>

#include "rest/orthanc/archive_contents.h"
#include "store/dicom/reader.h"
#include "tests/rest/served.h"
#include "tests/support/ok.h"
#include "tests/support/program.h"
#include "tests/support/temp_folder.h"

namespace dcmfs::rest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAre;

// What unzip makes of it: its names, and whether it finds it whole.
struct Unzipped {
  explicit Unzipped(const std::string& bytes) {
    const auto path = folder / "a.zip";
    std::ofstream(path, std::ios::binary) << bytes;
    status = run("unzip", {"-qq", path, "-d", folder / "out"}).exit_code;
    if (!std::filesystem::exists(folder / "out")) return;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder / "out")) {
      if (entry.is_regular_file())
        names.push_back(std::filesystem::relative(entry, folder / "out"));
    }
  }
  std::string content(const std::string& name) const {
    std::ifstream file(folder / "out" / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  TempFolder folder;
  int status = -1;
  std::vector<std::string> names;
};

class Archives : public testing::Test {
 protected:
  void SetUp() override { served_.start(); }
  std::string id(const Added& added, Level level) const {
    return ResourceId::of(level, added.uids).str();
  }
  std::string path(const Added& added, Level level) const {
    return '/' + std::string(info(level).plural) + '/' + id(added, level);
  }
  Added add(const DicomBuilder& builder) { return served_.store_.add(builder); }

  Served served_;
};

DicomBuilder image_of_study() {
  return make_dicom()
      .patient("P1", "DOE^JANE")
      .study("1.2")
      .series("1.2.1")
      .set(tags::AccessionNumber, "ACC")
      .set(tags::StudyDescription, "Head/Neck: *")
      .set(tags::SeriesDescription, "axial")
      .pixels(4, 4, 16);
}

TEST_F(Archives, HaveNamesForPeopleAndTheFilesAsTheyAre) {
  const auto first = image_of_study(), second = image_of_study();
  const auto added = add(first);
  add(second);
  add(image_of_study().series("1.2.2").modality("MR").set(tags::SeriesDescription, ""));

  const auto answer = served_.get(path(added, Level::patient) + "/archive");

  const Unzipped zip(answer.body);
  EXPECT_EQ(zip.status, 0);
  const std::string study = "P1 DOE JANE/ACC HeadNeck/";
  EXPECT_THAT(zip.names,
              UnorderedElementsAre(study + "CT axial/CT000000.dcm", study + "CT axial/CT000001.dcm",
                                   study + "MR/MR000000.dcm"));
  EXPECT_TRUE(zip.content(study + "CT axial/CT000000.dcm") == first.bytes());
  EXPECT_TRUE(zip.content(study + "CT axial/CT000001.dcm") == second.bytes());
  EXPECT_EQ(answer.header("Content-Type"), "application/zip");
  EXPECT_EQ(answer.header("Content-Length"), std::to_string(answer.body.size()));
  EXPECT_EQ(answer.header("Content-Disposition"),
            "filename=\"" + id(added, Level::patient) + ".zip\"");
}

TEST_F(Archives, AreOfOneStudyOrSeriesOrOfMany) {
  const auto one = add(image_of_study()), other = add(image_of_study().series("1.2.2"));
  const auto elsewhere = add(make_dicom().patient("P2", "ROE"));
  const auto count = [&](const Answer& answer) { return Unzipped(answer.body).names.size(); };

  EXPECT_EQ(count(served_.get(path(one, Level::study) + "/archive")), 2u);
  EXPECT_EQ(count(served_.get(path(one, Level::series) + "/archive")), 1u);
  EXPECT_EQ(count(served_.post(path(one, Level::study) + "/archive", "{}")), 2u);
  EXPECT_EQ(count(served_.post(path(one, Level::study) + "/archive")), 2u);
  // A study and what is in it is not more than the study.
  const auto list = "[\"" + id(one, Level::study) + "\",\"" + id(other, Level::instance) + "\",\"" +
                    id(elsewhere, Level::patient) + "\"]";
  EXPECT_EQ(count(served_.post("/tools/create-archive", list)), 3u);
  EXPECT_EQ(count(served_.post("/tools/create-archive",
                               "{\"Resources\":" + list + ",\"Synchronous\":true}")),
            3u);
  EXPECT_EQ(count(served_.get("/tools/create-archive?resources=" + id(one, Level::series) + ',' +
                              id(elsewhere, Level::instance))),
            2u);
}

TEST_F(Archives, NamesAreNeverTheSameAndLeadNowhereElse) {
  const auto one = add(image_of_study());
  add(image_of_study().series("1.2.2"));
  add(image_of_study().series("1.2.3").set(tags::SeriesDescription, "AXIAL"));
  add(image_of_study()
          .study("1.3")
          .series("1.3.1")
          .modality("")
          .set(tags::AccessionNumber, "..")
          .set(tags::StudyDescription, "../")
          .set(tags::SeriesDescription, ""));

  const Unzipped zip(served_.get(path(one, Level::patient) + "/archive").body);

  const std::string patient = "P1 DOE JANE/";
  EXPECT_THAT(zip.names,
              UnorderedElementsAre(patient + "ACC HeadNeck/CT axial/CT000000.dcm",
                                   patient + "ACC HeadNeck/CT axial-2/CT000000.dcm",
                                   patient + "ACC HeadNeck/CT AXIAL-3/CT000000.dcm",
                                   patient + "Unknown Study/Unknown Series/00000000.dcm"));
}

TEST(FolderText, KeepsWhatEverySystemTakes) {
  EXPECT_EQ(folder_text("DOE^JANE"), "DOE JANE");
  EXPECT_EQ(folder_text("a/b\\c:d*e?f\"g<h>i|j"), "abcdefghij");
  EXPECT_EQ(folder_text("  .. a  ^ b .. "), "a b");
  EXPECT_EQ(folder_text(".."), "");
  EXPECT_EQ(folder_text("山田^太郎"), "山田 太郎");
  EXPECT_EQ(folder_text("x\n\r\ty\x7f"), "xy");
}

TEST_F(Archives, AnyPartCanBeHad) {
  const auto added = add(image_of_study());
  const auto archive = path(added, Level::study) + "/archive";
  const auto whole = served_.get(archive);

  const auto part =
      Client(served_.port())
          .ask("GET " + archive + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nIf-Range: " +
               whole.header("ETag") + "\r\nRange: bytes=100-299\r\n\r\n");

  EXPECT_THAT(part, HasSubstr("HTTP/1.1 206"));
  EXPECT_THAT(part, HasSubstr("Content-Range: bytes 100-299/" + std::to_string(whole.body.size())));
  EXPECT_TRUE(part.substr(part.find("\r\n\r\n") + 4) == whole.body.substr(100, 200));
}

TEST_F(Archives, MayBeCompressedOrTranscoded) {
  const auto added = add(image_of_study().pixels(64, 64, 8).in(uids::ExplicitVRBigEndian));
  const auto archive = path(added, Level::study) + "/archive";
  const Unzipped deflated(served_.get(archive + "?compression-level=9").body);
  const Unzipped transcoded(served_.post(archive, R"({"Transcode":"1.2.840.10008.1.2.1"})").body);

  EXPECT_EQ(deflated.status, 0);
  ASSERT_EQ(deflated.names.size(), 1u);
  ASSERT_EQ(transcoded.names.size(), 1u);
  const auto content = transcoded.content(transcoded.names[0]);
  const auto source = memory_source(content);
  const auto file = read_dicom(*source);
  ASSERT_OK(file);
  EXPECT_EQ(file->syntax_uid, uids::ExplicitVRLittleEndian);
  EXPECT_EQ(served_.get(archive + "?compression-level=10").status, 400);
  EXPECT_EQ(served_.get(archive + "?transcode=1.2.840.10008.1.2.4.91").status, 415);
  EXPECT_EQ(served_.get(archive + "?transcode=x").status, 400);
}

TEST_F(Archives, AMediaHasADirectoryThatNamesItsFiles) {
  const auto added = add(image_of_study());
  add(image_of_study().series("1.2.2"));

  const auto answer = served_.get(path(added, Level::study) + "/media");

  const Unzipped zip(answer.body);
  EXPECT_EQ(zip.status, 0);
  EXPECT_THAT(zip.names, UnorderedElementsAre("IMAGES/IM0", "IMAGES/IM1", "DICOMDIR"));
  const auto bytes = zip.content("DICOMDIR");
  const auto source = memory_source(bytes);
  const auto file = read_dicom(*source);
  ASSERT_OK(file);
  std::vector<std::string> named;
  for (const auto& record : file->dataset.find(tags::DirectoryRecordSequence)->items)
    named.push_back(record.text_or({0x0004, 0x1430}, "") + ' ' +
                    record.text_or({0x0004, 0x1500}, ""));
  EXPECT_THAT(named, ElementsAre("PATIENT ", "STUDY ", "SERIES ", "IMAGE IMAGES\\IM0", "SERIES ",
                                 "IMAGE IMAGES\\IM1"));
  EXPECT_EQ(run("dcmdump", {"-q", zip.folder / "out" / "DICOMDIR"}).exit_code, 0);
}

TEST_F(Archives, TheExtendedDirectoryHasMore) {
  const auto added = add(image_of_study());
  const auto directory = [&](const Answer& answer) {
    return Unzipped(answer.body).content("DICOMDIR");
  };
  const auto list = "[\"" + id(added, Level::study) + "\"]";

  EXPECT_THAT(directory(served_.get(path(added, Level::study) + "/media")),
              Not(HasSubstr("axial")));
  EXPECT_THAT(directory(served_.get(path(added, Level::study) + "/media?extended")),
              HasSubstr("axial"));
  EXPECT_THAT(directory(served_.post("/tools/create-media", list)), Not(HasSubstr("axial")));
  EXPECT_THAT(directory(served_.post("/tools/create-media-extended", list)), HasSubstr("axial"));
}

TEST_F(Archives, WhatIsAskedWronglyIsTold) {
  const auto added = add(image_of_study());

  EXPECT_EQ(served_.get("/studies/nope/archive").status, 404);
  EXPECT_EQ(served_.get("/series/" + id(added, Level::study) + "/archive").status, 404);
  EXPECT_EQ(served_.get("/tools/create-archive").status, 400);
  EXPECT_EQ(served_.get("/tools/create-archive?resources=nope").status, 404);
  EXPECT_EQ(served_.post("/tools/create-archive", "{}").status, 400);
  EXPECT_EQ(served_.post("/tools/create-archive", "[\"nope\"]").status, 404);
  EXPECT_EQ(served_.post("/tools/create-archive", "[1]").status, 400);
  EXPECT_EQ(served_.post("/tools/create-archive", "7").status, 400);
  EXPECT_EQ(served_.post("/tools/create-archive", "{").status, 400);
  EXPECT_EQ(served_
                .post(path(added, Level::study) + "/archive",
                      R"({"Asynchronous":true,"Resources":["nope"]})")
                .status,
            200)
      << "the path says which";
}

TEST_F(Archives, OfNothingAreEmpty) {
  const auto answer = served_.post("/tools/create-archive", "[]");

  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body.size(), 98u);
}

TEST_F(Archives, AJobLeavesTheArchive) {
  const auto added = add(image_of_study());
  const auto now = served_.get(path(added, Level::study) + "/archive");

  const auto job = served_
                       .post(path(added, Level::study) + "/archive",
                             R"({"Asynchronous":true,"Filename":"x.zip"})")
                       .json();

  EXPECT_EQ(job["Path"], "/jobs/" + job["ID"].asString());
  const auto done = served_.wait_for(job["ID"].asString(), "Success");
  EXPECT_EQ(done["Type"], "Archive");
  EXPECT_EQ(done["Content"]["InstancesCount"], 1);
  EXPECT_EQ(done["Content"]["ArchiveSize"], std::to_string(now.body.size()));
  const auto archive = served_.get("/jobs/" + job["ID"].asString() + "/archive");
  EXPECT_TRUE(archive.body == now.body);
  EXPECT_THAT(archive.headers, HasSubstr("x.zip"));
  const auto media =
      served_
          .post("/tools/create-media",
                "{\"Resources\":[\"" + id(added, Level::study) + "\"],\"Synchronous\":false}")
          .json();
  EXPECT_EQ(served_.wait_for(media["ID"].asString(), "Success")["Type"], "Media");
}

}  // namespace
}  // namespace dcmfs::rest
