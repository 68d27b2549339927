// incoming/ over the wire: what becomes of what programs write, whatever else
// happens to the name meanwhile.
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/fs/full_disk.h"
#include "tests/fs/incoming_fixture.h"

namespace dcmfs::fs {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

// -- two programs, one name

TEST_F(IncomingTest, TwoProgramsWritingOneNameAtTheSameTimeAreBothStored) {
  const auto first = wire->create_file(incoming(), "IM000001");
  wire->write(first, 0, a.substr(0, 200));
  const auto second = open("IM000001", O_WRONLY | O_TRUNC);
  wire->write(second, 0, b.substr(0, 100));
  wire->write(first, 200, a.substr(200));
  wire->write(second, 100, b.substr(100));

  EXPECT_EQ(wire->close(first), 0);
  EXPECT_EQ(wire->close(second), 0);

  EXPECT_THAT(stored(), UnorderedElementsAre(a, b));
  EXPECT_THAT(rejected(), IsEmpty());
}

TEST_F(IncomingTest, TheOneThatOpensLastMayBeDoneFirst) {
  const auto first = wire->create_file(incoming(), "IM000001");
  wire->write(first, 0, a.substr(0, 200));
  const auto second = open("IM000001", O_WRONLY | O_TRUNC);
  wire->write(second, 0, b);

  EXPECT_EQ(wire->close(second), 0);
  wire->write(first, 200, a.substr(200));
  EXPECT_EQ(wire->close(first), 0);

  EXPECT_THAT(stored(), UnorderedElementsAre(a, b));
}

TEST_F(IncomingTest, OneThatIsRefusedDoesNotFailTheOther) {
  const auto first = wire->create_file(incoming(), "IM000001");
  wire->write(first, 0, "junk");
  const auto second = open("IM000001", O_WRONLY | O_TRUNC);
  wire->write(second, 0, b);

  EXPECT_EQ(wire->close(first), EINVAL);
  EXPECT_EQ(wire->close(second), 0);

  EXPECT_THAT(stored(), ElementsAre(b));
  EXPECT_THAT(rejected(), UnorderedElementsAre("IM000001", "IM000001.reason.txt"));
}

TEST_F(IncomingTest, EachHandleSeesItsOwnBytes) {
  const auto first = wire->create_file(incoming(), "x");
  wire->write(first, 0, "first and long");
  const auto second = open("x", O_RDWR | O_TRUNC);
  wire->write(second, 0, "second");

  EXPECT_EQ(wire->read(first), "first and long");
  EXPECT_EQ(wire->read(second), "second");
  EXPECT_EQ(wire->size_of(first), 14u);
  EXPECT_EQ(wire->size_of(second), 6u);
  EXPECT_EQ(wire->size_of(first.inode), 6u) << "the name stands for what was begun last";
}

TEST_F(IncomingTest, TruncatingByHandleConcernsThatHandleOnly) {
  const auto first = wire->create_file(incoming(), "x");
  wire->write(first, 0, a + "too much");
  const auto second = open("x", O_WRONLY | O_TRUNC);
  wire->write(second, 0, b);

  EXPECT_EQ(wire->truncate(first, a.size()), 0);

  EXPECT_EQ(wire->close(first), 0);
  EXPECT_EQ(wire->close(second), 0);
  EXPECT_THAT(stored(), UnorderedElementsAre(a, b));
}

TEST_F(IncomingTest, TruncatingByNameConcernsWhatTheNameStandsFor) {
  const auto file = wire->create_file(incoming(), "x");
  wire->write(file, 0, a + "too much");

  EXPECT_EQ(wire->truncate({0, file.inode, 0}, a.size()), 0);

  EXPECT_EQ(wire->close(file), 0);
  EXPECT_THAT(stored(), ElementsAre(a));
}

TEST_F(IncomingTest, AppendingGoesToTheEndOfWhatTheHandleWrote) {
  const auto first = wire->create_file(incoming(), "x");
  wire->write(first, 0, a.substr(0, 200));
  const auto second = open("x", O_WRONLY | O_TRUNC);
  wire->write(second, 0, b);

  // The kernel takes the size that it heard of last.
  wire->write(first, b.size(), a.substr(200), O_WRONLY | O_APPEND);

  EXPECT_EQ(wire->close(first), 0);
  EXPECT_EQ(wire->close(second), 0);
  EXPECT_THAT(stored(), UnorderedElementsAre(a, b));
}

TEST_F(IncomingTest, AFileRemovedWhileItIsWrittenIsStoredAllTheSame) {
  const auto folder = wire->mkdir(incoming(), "CD");
  const auto first = wire->create_file(folder, "IM1");
  wire->write(first, 0, a.substr(0, 200));
  ASSERT_EQ(wire->unlink(folder, "IM1"), 0);
  ASSERT_EQ(wire->rmdir(incoming(), "CD"), 0);
  wire->write(first, 200, a.substr(200));

  EXPECT_EQ(wire->close(first), 0);

  EXPECT_THAT(stored(), ElementsAre(a));
  EXPECT_THAT(in_incoming(), ElementsAre("report.jsonl"));
}

TEST_F(IncomingTest, AFileReplacedByARenameWhileItIsWrittenIsStoredAllTheSame) {
  const auto first = wire->create_file(incoming(), "IM1");
  wire->write(first, 0, a);
  ASSERT_EQ(wire->drop(incoming(), ".IM1.x", b), 0);
  ASSERT_EQ(wire->rename(incoming(), ".IM1.x", incoming(), "IM1").error, 0);

  EXPECT_EQ(wire->close(first), 0);

  EXPECT_THAT(stored(), UnorderedElementsAre(a, b));
}

TEST_F(IncomingTest, TwoDownloadsOfOneTemporaryNameAreBothStoredByTheRename) {
  const auto first = wire->create_file(incoming(), "IM1.part");
  wire->write(first, 0, a);
  const auto second = open("IM1.part", O_WRONLY | O_TRUNC);
  wire->write(second, 0, b);
  EXPECT_EQ(wire->close(first), 0);
  EXPECT_THAT(stored(), IsEmpty());

  EXPECT_EQ(wire->rename(incoming(), "IM1.part", incoming(), "IM1").error, 0);
  EXPECT_THAT(stored(), ElementsAre(a));
  EXPECT_EQ(wire->close(second), 0);

  EXPECT_THAT(stored(), UnorderedElementsAre(a, b));
}

TEST_F(IncomingTest, ATemporaryFileWrittenAnewHasItsLastContent) {
  ASSERT_EQ(wire->drop(incoming(), "IM1.part", a.substr(0, 200)), 0);
  const auto again = open("IM1.part", O_WRONLY | O_TRUNC);
  wire->write(again, 0, b);
  ASSERT_EQ(wire->close(again), 0);

  EXPECT_EQ(wire->rename(incoming(), "IM1.part", incoming(), "IM1").error, 0);

  EXPECT_THAT(stored(), ElementsAre(b));
  EXPECT_THAT(rejected(), IsEmpty());
}

// -- flushes

TEST_F(IncomingTest, AReaderThatClosesDoesNotImportWhatAnotherStillWrites) {
  const auto writer = wire->create_file(incoming(), "x");
  wire->write(writer, 0, a.substr(0, 200));
  const auto reader = open("x", O_RDONLY);
  EXPECT_EQ(wire->read(reader), a.substr(0, 200));

  EXPECT_EQ(wire->close(reader), 0);
  EXPECT_THAT(rejected(), IsEmpty());

  wire->write(writer, 200, a.substr(200));
  EXPECT_EQ(wire->close(writer), 0);
  EXPECT_THAT(stored(), ElementsAre(a));
}

TEST_F(IncomingTest, AnErrorIsToldByEveryCloseUntilSomethingIsWritten) {
  const auto file = wire->create_file(incoming(), "x");
  wire->write(file, 0, a.substr(0, a.size() - 20));
  EXPECT_EQ(wire->flush(file), EINVAL);
  EXPECT_EQ(wire->flush(file), EINVAL);

  wire->write(file, a.size() - 20, a.substr(a.size() - 20));

  EXPECT_EQ(wire->close(file), 0);
  EXPECT_THAT(stored(), ElementsAre(a));
  EXPECT_THAT(rejected(), IsEmpty()) << "what an earlier flush rejected is a beginning of it";
}

TEST_F(IncomingTest, ABeginningThatWasAFileByItselfMakesWayForTheWhole) {
  // Cut before its pixels, it is a DICOM file of the same identity.
  const auto pixels = make_dicom().pixels(4, 4, 8).bytes();
  const auto cut = pixels.find(std::string("\x28\x00\x02\x00US", 6));  // SamplesPerPixel
  ASSERT_NE(cut, std::string::npos);
  const auto file = wire->create_file(incoming(), "x");

  wire->write(file, 0, pixels.substr(0, cut));
  ASSERT_EQ(wire->flush(file), 0);
  ASSERT_THAT(stored(), ElementsAre(pixels.substr(0, cut)));
  wire->write(file, cut, pixels.substr(cut));

  EXPECT_EQ(wire->close(file), 0);
  EXPECT_THAT(stored(), ElementsAre(pixels));
}

TEST_F(IncomingTest, AppendingToAStoredFileLaterDoesNotReplaceIt) {
  const auto pixels = make_dicom().pixels(4, 4, 8).bytes();
  const auto cut = pixels.find(std::string("\x28\x00\x02\x00US", 6));
  ASSERT_EQ(wire->drop(incoming(), "x", pixels.substr(0, cut)), 0);

  const auto file = open("x", O_WRONLY);
  wire->write(file, cut, pixels.substr(cut));

  EXPECT_EQ(wire->close(file), EEXIST);
  EXPECT_THAT(stored(), ElementsAre(pixels.substr(0, cut)));
}

TEST_F(IncomingTest, EmptyingAFileImportsNothing) {
  ASSERT_EQ(wire->drop(incoming(), "x", a), 0);

  const auto file = open("x", O_WRONLY | O_TRUNC);

  EXPECT_EQ(wire->close(file), 0);
  EXPECT_EQ(wire->size_of(file.inode), 0u);
  EXPECT_THAT(stored(), ElementsAre(a));
  EXPECT_THAT(rejected(), IsEmpty());
}

TEST_F(IncomingTest, FsyncAndFlushOfWhatIsNotThereAreErrorsOnly) {
  const OpenFile nobody{0, wire->create_file(incoming(), "x").inode, 4711};

  EXPECT_EQ(wire->write(nobody, 0, "x").error, ENOENT);
  EXPECT_EQ(wire->flush(nobody), ENOENT);
  EXPECT_EQ(wire->fsync(nobody), ENOENT);
  wire->release(nobody);
}

// -- ghosts

TEST_F(IncomingTest, WritingToAGhostCopiesFirst) {
  ASSERT_EQ(wire->drop(incoming(), "x", a), 0);
  const auto file = open("x", O_RDWR);
  wire->write(file, a.size() - 2, "\xff\xff");

  EXPECT_EQ(wire->read(file), a.substr(0, a.size() - 2) + "\xff\xff");
  EXPECT_EQ(wire->close(file), EEXIST);

  EXPECT_THAT(stored(), ElementsAre(a));
}

TEST_F(IncomingTest, AGhostCanBeReadRenamedAndRemoved) {
  ASSERT_EQ(wire->drop(incoming(), "x", a), 0);

  EXPECT_EQ(wire->read(wire->find({"incoming", "x"})), a);
  EXPECT_EQ(wire->rename(incoming(), "x", incoming(), "y").error, 0);
  EXPECT_EQ(wire->unlink(incoming(), "y"), 0);

  EXPECT_THAT(stored(), ElementsAre(a));
}

TEST_F(IncomingTest, ARenamedGhostLeavesNothingBehind) {
  ASSERT_EQ(wire->drop(incoming(), "x", a), 0);
  ASSERT_EQ(wire->rename(incoming(), "x", incoming(), "y").error, 0);

  EXPECT_FALSE(is_there("x"));
  EXPECT_THAT(in_incoming(), UnorderedElementsAre("report.jsonl", "y"));

  restart();
  EXPECT_FALSE(is_there("x"));
  EXPECT_EQ(wire->read(wire->find({"incoming", "y"})), a);
}

TEST_F(IncomingTest, SoDoesARenamedFolder) {
  const auto folder = wire->mkdir(incoming(), "D");
  ASSERT_EQ(wire->drop(folder, "x", a), 0);
  ASSERT_EQ(wire->rename(incoming(), "D", incoming(), "E").error, 0);

  EXPECT_FALSE(is_there("D"));
  restart();
  EXPECT_FALSE(is_there("D"));
  EXPECT_EQ(wire->read(wire->find({"incoming", "E", "x"})), a);
}

TEST_F(IncomingTest, CompanyOfImagesIsIgnoredAtTheTopToo) {
  for (const auto* name : {"index.html", "viewer.jar", "LICENSE", "VERSION", "run.sh"})
    EXPECT_EQ(wire->drop(incoming(), name, "not an image\n"), 0) << name;
  for (const auto* name : {"notes.txt", "help.pdf", "hostname"})
    EXPECT_EQ(wire->drop(incoming(), name, "not an image\n"), EINVAL) << name;
  EXPECT_EQ(wire->drop(incoming(), "image.sh", a), 0);

  EXPECT_THAT(stored(), ElementsAre(a));
  EXPECT_THAT(rejected(), testing::SizeIs(6));
}

TEST_F(IncomingTest, AnImageIsStoredWhateverItsNameSays) {
  EXPECT_EQ(wire->drop(incoming(), "ReadmeCT.dcm", a), 0);
  EXPECT_EQ(wire->drop(wire->mkdir(incoming(), "CD"), "viewer.exe", b), 0);

  EXPECT_THAT(stored(), UnorderedElementsAre(a, b));
}

TEST_F(IncomingTest, WhatWasRejectedIsListedByWhoListedBefore) {
  const auto folder = wire->find({"rejected"});
  const auto modified = [&] {
    const auto attr = wire->getattr(folder).as<fuse_attr_out>().attr;
    return std::pair(attr.mtime, attr.mtimensec);
  };
  EXPECT_EQ(wire->drop(incoming(), "x", "junk"), EINVAL);
  const auto before = modified();
  EXPECT_EQ(wire->drop(incoming(), "y", "junk"), EINVAL);

  EXPECT_NE(modified(), before);
}

// -- what is not the file's fault

TEST_F(IncomingTest, AStoreAtItsMaximumSizeKeepsNothingOfWhatItRefuses) {
  wire.reset();
  store.reopen({.size_max_bytes = 1});
  wire.emplace(*store);

  EXPECT_NE(wire->drop(incoming(), "x", a), 0);

  EXPECT_THAT(rejected(), IsEmpty());
  EXPECT_THAT(in_incoming(), ElementsAre("report.jsonl"));
}

TEST_F(IncomingTest, ARenameOnAFullDiskKeepsTheBytesAndCanBeTriedAgain) {
  ASSERT_EQ(wire->drop(incoming(), ".x", a), 0);
  {
    const FullDisk full;
    EXPECT_EQ(wire->rename(incoming(), ".x", incoming(), "x").error, ENOSPC);
  }
  EXPECT_THAT(stored(), IsEmpty());
  EXPECT_EQ(wire->read(wire->find({"incoming", ".x"})), a);

  EXPECT_EQ(wire->rename(incoming(), ".x", incoming(), "x").error, 0);

  EXPECT_THAT(stored(), ElementsAre(a));
  EXPECT_THAT(rejected(), IsEmpty());
}

TEST_F(IncomingTest, WhatIsPutOffIsTriedAgainByTheNextStart) {
  const auto file = wire->create_file(incoming(), "x");
  wire->write(file, 0, a);
  {
    const FullDisk full;
    wire->release(file);  // nobody hears an error: as a mapping that writes after the last flush
    EXPECT_EQ(wire->rename(incoming(), "x", incoming(), "y").error, ENOSPC);
  }

  restart();

  EXPECT_THAT(stored(), ElementsAre(a));
}

TEST_F(IncomingTest, WhatCannotEvenBeRejectedIsKept) {
  ASSERT_EQ(wire->drop(incoming(), ".x", "junk"), 0);
  {
    const FullDisk full;
    EXPECT_EQ(wire->rename(incoming(), ".x", incoming(), "x").error, EINVAL);
  }
  EXPECT_EQ(wire->read(wire->find({"incoming", ".x"})), "junk");

  EXPECT_EQ(wire->rename(incoming(), ".x", incoming(), "x").error, EINVAL);

  EXPECT_THAT(rejected(), Contains("x"));
}

// -- names

TEST_F(IncomingTest, AFileRenamedWhileOpenIsImportedUnderItsNewName) {
  const auto file = wire->create_file(incoming(), ".goutputstream-1");
  wire->write(file, 0, a);
  ASSERT_EQ(wire->rename(incoming(), ".goutputstream-1", incoming(), "new.dcm").error, 0);
  EXPECT_THAT(stored(), IsEmpty());

  EXPECT_EQ(wire->close(file), 0);

  EXPECT_THAT(stored(), ElementsAre(a));
  EXPECT_THAT(report(), HasSubstr(R"("Path": "new.dcm")"));
}

TEST_F(IncomingTest, ARenameTellsWhyItsFileIsRefusedAndLeavesTheName) {
  ASSERT_EQ(wire->drop(incoming(), ".x", "junk"), 0);

  EXPECT_EQ(wire->rename(incoming(), ".x", incoming(), "x").error, EINVAL);

  EXPECT_THAT(in_incoming(), Not(Contains("x")));
  EXPECT_THAT(rejected(), Contains("x"));
}

TEST_F(IncomingTest, RenamingAFolderToAFinalNameImportsWhatIsInIt) {
  const auto folder = wire->mkdir(incoming(), "CD.part");
  ASSERT_EQ(wire->drop(folder, "IM1", a), 0);
  ASSERT_EQ(wire->drop(folder, "IM2", b), 0);
  EXPECT_THAT(stored(), IsEmpty());

  EXPECT_EQ(wire->rename(incoming(), "CD.part", incoming(), "CD").error, 0);

  EXPECT_THAT(stored(), UnorderedElementsAre(a, b));
}

TEST_F(IncomingTest, WhatWaitsForItsFinalNameHoldsNoDescriptor) {
  const auto descriptors = [] {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return std::distance(begin(all), end(all));
  };
  const auto folder = wire->mkdir(incoming(), ".CD");
  ASSERT_EQ(wire->drop(folder, "IM0", a), 0);
  const auto before = descriptors();
  for (int i = 1; i < 50; ++i) {
    ASSERT_EQ(wire->drop(folder, "IM" + std::to_string(i), make_dicom().bytes()), 0);
  }
  EXPECT_LT(descriptors(), before + 10);

  // Opened again it is read and written as before.
  const auto file = wire->open(wire->find({"incoming", ".CD", "IM0"}), O_RDWR);
  EXPECT_EQ(wire->read(file), a);
  wire->write(file, a.size() - 2, "\xff\xff");
  EXPECT_EQ(wire->close(file), 0);
  EXPECT_EQ(wire->truncate({0, wire->find({"incoming", ".CD", "IM1"}), 0}, 0), 0);

  EXPECT_EQ(wire->rename(incoming(), ".CD", incoming(), "CD").error, 0);
  EXPECT_THAT(stored(), testing::SizeIs(49));
  EXPECT_THAT(stored(), Contains(a.substr(0, a.size() - 2) + "\xff\xff"));
}

// -- stopping

TEST_F(IncomingTest, WhatIsWrittenAndNotImportedSurvivesARestart) {
  ASSERT_EQ(wire->drop(incoming(), ".x", a), 0);

  restart();
  ASSERT_OK(store->expire(now() + std::chrono::hours(25)));

  EXPECT_THAT(rejected(), Contains(HasSubstr("x")));
}

TEST_F(IncomingTest, AFolderStandsWhereAFileThatWasAcceptedStood) {
  ASSERT_EQ(wire->drop(wire->mkdir(wire->mkdir(incoming(), "CD"), "DICOM"), "IM1", a), 0);

  restart();

  // cp -r makes a folder that is not there, and its files with O_EXCL then.
  EXPECT_THAT(in_incoming(), Not(Contains("CD")));
  EXPECT_EQ(wire->find_in(incoming(), "CE"), 0);
  const auto folder = wire->find({"incoming", "CD", "DICOM"});
  ASSERT_NE(folder, 0);
  EXPECT_NE(wire->find_in(folder, "IM1"), 0);
  EXPECT_EQ(wire->find_in(folder, "IM2"), 0);
}

TEST_F(IncomingTest, WhoRemovesAFolderFindsNothingInTheNextOfThatName) {
  ASSERT_EQ(wire->drop(wire->mkdir(wire->mkdir(incoming(), "CD"), "DICOM"), "IM1", a), 0);
  restart();
  ASSERT_NE(wire->find({"incoming", "CD"}), 0);

  ASSERT_EQ(wire->rmdir(incoming(), "CD"), 0);  // as mv does with what stands in its way

  EXPECT_EQ(wire->find_in(incoming(), "CD"), 0);
  const auto folder = wire->mkdir(wire->mkdir(incoming(), "CD"), "DICOM");
  EXPECT_EQ(wire->find_in(folder, "IM1"), 0);
  ASSERT_EQ(wire->drop(folder, "IM2", b), 0);
  restart();
  const auto again = wire->find({"incoming", "CD", "DICOM"});
  EXPECT_EQ(wire->find_in(again, "IM1"), 0);
  EXPECT_NE(wire->find_in(again, "IM2"), 0);
}

TEST_F(IncomingTest, CompanyCanBeReadAndWrittenOnUntilItsNameGoes) {
  const auto folder = wire->mkdir(incoming(), "CD");
  const auto file = wire->create_file(folder, "readme.txt");
  wire->write(file, 0, "Sunday");
  ASSERT_EQ(wire->flush(file), 0);
  EXPECT_THAT(in_spool(), ElementsAre(testing::EndsWith(".part"))) << "a crash may drop it";
  EXPECT_EQ(wire->write(file, 6, " morning").error, 0);
  EXPECT_EQ(wire->close(file), 0);

  EXPECT_EQ(wire->read(file.inode), "Sunday morning");
  EXPECT_THAT(rejected(), IsEmpty());
  ASSERT_EQ(wire->unlink(folder, "readme.txt"), 0);
  EXPECT_THAT(in_spool(), IsEmpty());
}

TEST_F(IncomingTest, CompanyThatNobodyHasOpenHoldsNoDescriptor) {
  const auto descriptors = [] {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return std::distance(begin(all), end(all));
  };
  const auto folder = wire->mkdir(incoming(), "CD");
  const auto before = descriptors();

  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(wire->drop(folder, "readme" + std::to_string(i), "hello"), 0);
  }

  EXPECT_LT(descriptors(), before + 10);
}

}  // namespace
}  // namespace dcmfs::fs
