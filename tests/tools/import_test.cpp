#include <chrono>
#include <csignal>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/make_archive.h"
#include "tests/support/program.h"
#include "tests/support/temp_store.h"

namespace dcmfs {
namespace {

using testing::HasSubstr;
using testing::Not;

class Import : public testing::Test {
 protected:
  Ran import(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), store());
    return run("dcmfs-import", arguments);
  }
  std::string store() const { return (folder_ / "store").string(); }
  std::string path(std::string_view name) const { return (folder_ / name).string(); }
  std::string write(std::string_view name, std::string_view bytes) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    return folder_.write(name, bytes).string();
  }
  std::int64_t stored() const {
    const auto open = Store::open(folder_ / "store", {.read_only = true});
    EXPECT_OK(open);
    const auto statistics = (*open)->statistics();
    EXPECT_OK(statistics);
    return statistics->instances;
  }

  TempFolder folder_;
};

const std::string kBinary("\x01\x02\x03\x04 neither text nor anything known");

TEST_F(Import, OfAFolderStoresTheImagesAndIgnoresTheirCompanions) {
  write("cd/IMAGES/A/0001", make_dicom().bytes());
  write("cd/IMAGES/B/0001", make_dicom().bytes());  // the same name is another instance
  write("cd/README.TXT", "hello");
  write("cd/DICOMDIR", kBinary);
  write("cd/VIEWER.EXE", kBinary);

  const Ran ran = import({path("cd")});

  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("2 files stored, "));
  EXPECT_THAT(ran.out, HasSubstr("3 files ignored: companion of images"));
  EXPECT_EQ(ran.err, "");
  EXPECT_EQ(stored(), 2);
}

TEST_F(Import, TwiceChangesNothing) {
  write("a.dcm", make_dicom().bytes());
  import({path("a.dcm")});

  const Ran again = import({path("a.dcm")});

  EXPECT_EQ(again.exit_code, 0);
  EXPECT_THAT(again.out, HasSubstr("0 files stored"));
  EXPECT_THAT(again.out, HasSubstr("1 file already stored\n"));
}

TEST_F(Import, TellsByReasonWhatWasRefused) {
  const auto image = make_dicom();
  write("in/1.dcm", image.bytes());
  write("in/2.dcm", DicomBuilder(image).set(tags::PatientComments, "another").bytes());
  write("in/3.bin", kBinary);
  write("in/4.bin", kBinary);
  write("in/5.dcm", image.bytes().substr(0, 400));

  // One at a time, so that the first of the two is the one that is stored.
  const Ran ran = import({"--in-flight", "1", path("in")});

  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, HasSubstr("1 file stored"));
  EXPECT_THAT(ran.out, HasSubstr("1 file refused: its SOPInstanceUID is stored with other content, "
                                 "for example " +
                                 path("in/2.dcm")));
  EXPECT_THAT(ran.out, HasSubstr("2 files refused: not DICOM, for example " + path("in/3.bin")));
  EXPECT_THAT(ran.out, HasSubstr("1 file refused: broken, for example " + path("in/5.dcm")));
}

TEST_F(Import, ReplacesWhenAskedTo) {
  const auto image = make_dicom();
  write("1.dcm", image.bytes());
  write("2.dcm", DicomBuilder(image).set(tags::PatientComments, "another").bytes());
  import({path("1.dcm")});

  EXPECT_EQ(import({"--overwrite", "IfChanged", path("2.dcm")}).exit_code, 0);
  EXPECT_EQ(stored(), 1);
}

TEST_F(Import, ObeysTheConfigurationOfTheStore) {
  const auto image = make_dicom();
  write("1.dcm", image.bytes());
  write("2.dcm", DicomBuilder(image).set(tags::PatientComments, "another").bytes());
  import({path("1.dcm")});
  write("store/dcmfs.json", R"({"OverwriteInstances": "Always"})");

  EXPECT_EQ(import({path("2.dcm")}).exit_code, 0);
}

class ImportArchive : public Import,
                      public testing::WithParamInterface<std::string (*)(const ArchiveMembers&)> {};

TEST_P(ImportArchive, StoresItsMembers) {
  write("cd.archive", GetParam()({{"IMAGES/A/0001", make_dicom().bytes()},
                                  {"IMAGES/B/0001", make_dicom().bytes()},
                                  {"README", "hello"},
                                  {"inner.bin", make_zip({{"x", make_dicom().bytes()}})}}));

  const Ran ran = import({path("cd.archive")});

  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, HasSubstr("2 files stored"));
  EXPECT_THAT(ran.out, HasSubstr("1 file ignored"));
  EXPECT_THAT(ran.out, HasSubstr("1 file refused: an archive within an archive, for example " +
                                 path("cd.archive") + ": inner.bin"));
  EXPECT_EQ(stored(), 2);
}
INSTANTIATE_TEST_SUITE_P(Import, ImportArchive,
                         testing::Values(make_zip, make_tar, make_tar_gz, make_iso));

TEST_F(Import, OfAnArchiveOfManyMembersStoresThemAll) {
  constexpr int kMany = 700;  // more than wait in the queue
  ArchiveMembers members;
  for (int i = 0; i < kMany; ++i) members.push_back({std::to_string(i), make_dicom().bytes()});
  write("many.zip", make_zip(members));

  const Ran ran = import({"--durability", "relaxed", path("many.zip")});

  EXPECT_EQ(ran.exit_code, 0) << ran.out;
  EXPECT_EQ(stored(), kMany);
}

TEST_F(Import, StopsABombAndGoesOnWithTheNextFile) {
  write("in/1.zip", make_zip({{"zeros.dcm", std::string(std::size_t{130} << 20, '\0')}}));
  write("in/2.dcm", make_dicom().bytes());

  const Ran ran = import({path("in")});

  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, HasSubstr("1 file stored"));
  EXPECT_THAT(ran.out, HasSubstr("1 file refused: over a limit, for example " + path("in/1.zip")));
}

TEST_F(Import, StoresTheGoodMembersOfABrokenArchive) {
  const std::string tar = make_tar({{"1", make_dicom().bytes()}, {"2", std::string(50'000, 'x')}});
  write("broken.tar", tar.substr(0, tar.size() / 2));

  const Ran ran = import({path("broken.tar")});

  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, HasSubstr("1 file stored"));
  EXPECT_THAT(ran.out, HasSubstr("refused: broken"));
}

TEST_F(Import, EntersEveryFolderOnceAndLeavesTheStoreOut) {
  write("in/sub/1.dcm", make_dicom().bytes());
  std::filesystem::create_directory_symlink("..", path("in/sub/loop"));
  std::filesystem::create_directory_symlink(store(), path("in/store"));
  import({path("in")});

  const Ran again = import({path("in")});

  EXPECT_EQ(again.exit_code, 0) << again.out;
  EXPECT_THAT(again.out, HasSubstr("1 file already stored"));
  EXPECT_THAT(again.out, Not(HasSubstr("refused")));
}

TEST_F(Import, SaysWhatCannotBeRead) {
  write("1.dcm", make_dicom().bytes());

  const Ran ran = import({path("nothing"), path("1.dcm")});

  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, HasSubstr("1 file stored"));
  EXPECT_THAT(ran.out, HasSubstr("1 file refused: could not be read or written, for example " +
                                 path("nothing")));
}

TEST_F(Import, WorksWhileTheStoreIsOpen) {
  TempStore open;
  const auto file = write("1.dcm", make_dicom().bytes());

  const Ran ran = run("dcmfs-import", {open.root().string(), file});

  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(TempStore::require(open->statistics()).instances, 1);
}

TEST_F(Import, TwoAtATimeShareTheStore) {
  for (int i = 0; i < 200; ++i) write("in/" + std::to_string(i), make_dicom().bytes());

  Running one("dcmfs-import", {store(), path("in")});
  Running other("dcmfs-import", {store(), path("in")});

  EXPECT_EQ(one.wait().exit_code, 0);
  EXPECT_EQ(other.wait().exit_code, 0);
  EXPECT_EQ(stored(), 200);
}

TEST_F(Import, EndsCleanlyWhenInterrupted) {
  for (int i = 0; i < 1000; ++i) write("in/" + std::to_string(i), make_dicom().bytes());
  Running importing("dcmfs-import", {"--in-flight", "1", store(), path("in")});
  const auto enough = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!std::filesystem::exists(store() + "/index.db") &&
         std::chrono::steady_clock::now() < enough)
    std::this_thread::yield();
  importing.signal(SIGINT);

  const Ran ran = importing.wait();

  // Where the signal comes before the program waits for it, it ends as all programs do.
  if (ran.exit_code != 128 + SIGINT) {
    EXPECT_EQ(ran.exit_code, 1) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr("stopped before the end"));
    EXPECT_THAT(ran.out, HasSubstr("stored, "));
  }
  EXPECT_EQ(run("dcmfs-check", {store()}).exit_code, 0);
}

TEST_F(Import, ReportsAsJson) {
  write("in/1.dcm", make_dicom().bytes());
  write("in/\"2\".bin", kBinary);

  const Ran ran = import({"--json", path("in")});

  EXPECT_THAT(ran.out,
              HasSubstr(R"({"stored": 1, "alreadyStored": 0, "ignored": 0, "refused": 1)"));
  EXPECT_THAT(ran.out, HasSubstr(R"("reason": "not DICOM", "count": 1, "example": ")"));
  EXPECT_THAT(ran.out, HasSubstr(R"(\"2\".bin)"));
}

TEST_F(Import, ListsEveryFileWhenAskedTo) {
  const auto good = write("in/1.dcm", make_dicom().bytes());
  const auto bad = write("in/2.bin", kBinary);

  const Ran ran = import({"--verbose", path("in")});

  EXPECT_THAT(ran.err, HasSubstr("stored: " + good + "\n"));
  EXPECT_THAT(ran.err, HasSubstr("refused: " + bad + ": "));
}

TEST_F(Import, RefusesAFolderThatIsNoStore) {
  write("store/letter.txt", "not a store");

  const Ran ran = import({path("store")});

  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.err, HasSubstr("dcmfs-import: "));
}

TEST_F(Import, ExplainsAWrongOption) {
  const Ran ran = import({"--durability", "perhaps", path(".")});

  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.err, HasSubstr("full or relaxed"));
}

}  // namespace
}  // namespace dcmfs
