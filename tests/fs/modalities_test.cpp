// modalities/NAME/ over the wire: what is queued of what programs do there. Nobody sends here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "fs/tree.h"
#include "tests/fs/full_disk.h"
#include "tests/fs/modalities_fixture.h"

namespace dcmfs::fs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;
using testing::UnorderedElementsAre;

TEST_F(ModalitiesTest, AreListedAndGoAndCome) {
  const auto folder = wire->find({"modalities"});
  EXPECT_THAT(names_of(wire->list(folder)), UnorderedElementsAre("PACS", "WS"));
  const auto before = wire->getattr(folder).as<fuse_attr_out>().attr;

  peers.set({"WS", "XR"});

  EXPECT_THAT(names_of(wire->list(folder)), UnorderedElementsAre("WS", "XR"));
  EXPECT_EQ(wire->find({"modalities", "PACS"}), 0u);
  const auto after = wire->getattr(folder).as<fuse_attr_out>().attr;
  EXPECT_NE(before.mtimensec, after.mtimensec);  // by that the kernel sees it
}

TEST_F(ModalitiesTest, ServersOfDicomwebStandInAFolderOfTheirOwn) {
  peers.set({"PACS", "peers/EAST", "peers/PACS"});

  EXPECT_THAT(names_of(wire->list(wire->find({"modalities"}))), UnorderedElementsAre("PACS"));
  EXPECT_THAT(names_of(wire->list(wire->find({"peers"}))), UnorderedElementsAre("EAST", "PACS"));
  EXPECT_NE(wire->find({"peers", "PACS"}), pacs());
  const auto east = wire->find({"peers", "EAST"});
  EXPECT_THAT(names_of(wire->list(east)), UnorderedElementsAre("status.json", "echo", "failed"))
      << "nothing is searched or fetched there";
  EXPECT_EQ(wire->find({"peers", "EAST", "find"}), 0u);
  EXPECT_EQ(wire->lookup(east, "..").as<fuse_entry_out>().nodeid, wire->find({"peers"}));
}

TEST_F(ModalitiesTest, WhatIsDroppedForAServerIsQueuedForItAlone) {
  peers.set({"PACS", "peers/PACS"});
  const auto folder = wire->find({"peers", "PACS"});

  ASSERT_EQ(wire->drop(folder, "IM0001", a.bytes()), 0);

  EXPECT_THAT(queued("peers/PACS"), SizeIs(1));
  EXPECT_THAT(queued("PACS"), IsEmpty());
}

TEST_F(ModalitiesTest, WithoutPeersThereIsNoFolder) {
  wire.reset();
  wire.emplace(*store);

  EXPECT_EQ(wire->find({"modalities"}), 0u);
}

TEST_F(ModalitiesTest, BytesFromElsewhereAreQueuedAndNotImported) {
  ASSERT_EQ(wire->drop(pacs(), "IM0001", a.bytes()), 0);

  ASSERT_THAT(queued(), SizeIs(1));
  EXPECT_EQ(queued().front().name, "IM0001");
  EXPECT_FALSE(queued().front().instance);
  EXPECT_EQ(content(queued().front()), a.bytes());
  EXPECT_EQ(instances(), 0);
  EXPECT_THAT(queued("WS"), IsEmpty());
}

TEST_F(ModalitiesTest, WithImportTheyAreStoredToo) {
  wire.reset();
  options.import_sent = true;
  wire.emplace(*store, options);

  ASSERT_EQ(wire->drop(pacs(), "IM0001", a.bytes()), 0);

  EXPECT_EQ(instances(), 1);
  ASSERT_THAT(queued(), SizeIs(1));
  EXPECT_TRUE(queued().front().instance);
}

TEST_F(ModalitiesTest, WhatIsNotDicomIsRefusedAndForgotten) {
  EXPECT_EQ(wire->drop(pacs(), "note", "hello"), EINVAL);
  EXPECT_EQ(wire->drop(pacs(), "short", a.bytes().substr(0, 300)), EINVAL);

  EXPECT_THAT(queued(), IsEmpty());
  EXPECT_EQ(wire->find_in(pacs(), "note"), 0u);
  EXPECT_THAT(names_of(wire->list(wire->find({"rejected"}))), IsEmpty());
}

TEST_F(ModalitiesTest, ACopyWithinTheMountNamesItsSource) {
  const auto source = add();
  const auto size = a.bytes().size();
  const auto file = wire->create_file(pacs(), "x.dcm");

  EXPECT_EQ(copy(inode_of(source), 0, file, 0, 1 << 30), static_cast<std::int64_t>(size));
  EXPECT_EQ(copy(inode_of(source), size, file, size, 1 << 30), 0);
  EXPECT_EQ(wire->size_of(file), size);
  EXPECT_EQ(wire->close(file), 0);

  ASSERT_THAT(queued(), SizeIs(1));
  EXPECT_EQ(queued().front().instance, source.row);
  EXPECT_EQ(wire->read(file.inode), a.bytes());
}

TEST_F(ModalitiesTest, ACopyMayComeInPieces) {
  const auto source = add();
  const auto size = a.bytes().size();
  const auto file = wire->create_file(pacs(), "x.dcm");

  EXPECT_EQ(copy(inode_of(source), 0, file, 0, 100), 100);
  EXPECT_EQ(copy(inode_of(source), 100, file, 100, size), static_cast<std::int64_t>(size - 100));
  EXPECT_EQ(wire->close(file), 0);

  EXPECT_THAT(queued(), SizeIs(1));
}

TEST_F(ModalitiesTest, APartOfAFileIsNoInstance) {
  const auto file = wire->create_file(pacs(), "x.dcm");
  EXPECT_EQ(copy(inode_of(add()), 0, file, 0, 100), 100);

  EXPECT_EQ(wire->close(file), EINVAL);

  EXPECT_THAT(queued(), IsEmpty());
}

TEST_F(ModalitiesTest, WhatIsCopiedOtherwiseHasToBeWritten) {
  const auto source = add();
  const auto bytes = a.bytes();
  const auto file = wire->create_file(pacs(), "x.dcm");
  EXPECT_EQ(copy(inode_of(source), 10, file, 0, 100), -EOPNOTSUPP);
  EXPECT_EQ(copy(inode_of(source), 0, file, 0, 100), 100);
  EXPECT_EQ(copy(inode_of(source), 300, file, 100, 100), -EOPNOTSUPP);

  wire->write(file, 100, bytes.substr(100));
  EXPECT_EQ(copy(inode_of(source), 0, file, 0, 100), -EOPNOTSUPP);
  EXPECT_EQ(wire->close(file), 0);

  ASSERT_THAT(queued(), SizeIs(1));
  EXPECT_FALSE(queued().front().instance);
  EXPECT_EQ(content(queued().front()), bytes);
}

TEST_F(ModalitiesTest, WhatIsMadeOfInstancesIsTakenAndNotSent) {
  const auto source = add();
  const auto json = inode_of(source, Kind::instance_json);
  const auto file = wire->create_file(pacs(), "x.json");

  EXPECT_EQ(copy(json, 0, file, 0, 1 << 30), static_cast<std::int64_t>(wire->size_of(json)));
  EXPECT_EQ(wire->close(file), 0);

  EXPECT_THAT(queued(), IsEmpty());
}

TEST_F(ModalitiesTest, OnlyThereACopyIsNotMoved) {
  const auto source = add();
  const auto file = wire->create_file(wire->find({"incoming"}), "x.dcm");

  EXPECT_EQ(copy(inode_of(source), 0, file, 0, 1 << 30), -EOPNOTSUPP);
}

TEST_F(ModalitiesTest, ALinkQueuesWhatItLeadsTo) {
  const auto source = add();
  const auto path = TempStore::require(path_of(*store, source));
  const auto study = path.substr(0, path.rfind('/', path.rfind('/') - 1));

  EXPECT_EQ(link(pacs(), "one", "../../" + path), 0);
  EXPECT_EQ(link(pacs(), "study", study + "/"), 0);
  EXPECT_EQ(link(pacs(), "link",
                 "../../instances/" + a.dataset().text_or(tags::SOPInstanceUID, "") + ".dcm"),
            0);

  EXPECT_THAT(queued(), SizeIs(3));
  const auto inode = wire->find_in(pacs(), "one");
  EXPECT_EQ(wire->call(FUSE_READLINK, inode, {}).bytes, "../../" + path);
  EXPECT_EQ(link(pacs(), "one", path), EEXIST);
}

TEST_F(ModalitiesTest, ALinkToAnythingElseIsRefused) {
  const auto path = TempStore::require(path_of(*store, add()));

  for (const std::string target : {"", "/", "..", "/etc/passwd", "patients", "README.txt",
                                   "nothing", "patients/../..", "modalities/PACS", "rejected"}) {
    EXPECT_EQ(link(pacs(), "x", target), ENOENT) << target;
  }
  EXPECT_EQ(link(pacs(), "x", path.substr(0, path.size() - 4) + ".json"), ENOENT);
  EXPECT_EQ(link(pacs(), "status.json", path), EPERM);
  EXPECT_THAT(queued(), IsEmpty());
}

TEST_F(ModalitiesTest, ATemporaryNameIsQueuedByTheRename) {
  ASSERT_EQ(wire->drop(pacs(), ".IM1.x7Gh2k", a.bytes()), 0);
  EXPECT_THAT(queued(), IsEmpty());

  EXPECT_EQ(wire->rename(pacs(), ".IM1.x7Gh2k", pacs(), "IM1").error, 0);

  ASSERT_THAT(queued(), SizeIs(1));
  EXPECT_EQ(queued().front().name, "IM1");
}

TEST_F(ModalitiesTest, AnotherPlaceIsAnotherDevice) {
  ASSERT_EQ(wire->drop(pacs(), "x", a.bytes()), 0);
  const auto ws = wire->find({"modalities", "WS"});

  EXPECT_EQ(wire->rename(pacs(), "x", ws, "x").error, EXDEV);
  EXPECT_EQ(wire->rename(pacs(), "x", wire->find({"incoming"}), "x").error, EXDEV);
  EXPECT_EQ(wire->rename(wire->find({"patients"}), "x", pacs(), "x").error, EXDEV);
}

TEST_F(ModalitiesTest, ABeginningThatWasAFileByItselfMakesWayForTheWhole) {
  const auto whole = a.bytes();
  const auto pixels = whole.find("\xe0\x7f\x10\x00");
  const auto file = wire->create_file(pacs(), "x");
  wire->write(file, 0, whole.substr(0, pixels));
  ASSERT_EQ(wire->flush(file), 0);
  ASSERT_THAT(queued(), SizeIs(1));

  wire->write(file, pixels, whole.substr(pixels));
  ASSERT_EQ(wire->close(file), 0);

  ASSERT_THAT(queued(), SizeIs(1));
  EXPECT_EQ(content(queued().front()), whole);
}

TEST_F(ModalitiesTest, StatusTellsTheQueueInAsManyBytesAsItSays) {
  wire->drop(pacs(), "x", a.bytes());
  const auto inode = wire->find_in(pacs(), "status.json");

  const auto text = wire->read(inode);

  EXPECT_EQ(text.size(), wire->size_of(inode));
  EXPECT_THAT(text, HasSubstr("\"Queued\": 1,"));
  EXPECT_THAT(text, HasSubstr("\"QueuedBytes\": " + std::to_string(a.bytes().size())));
}

TEST_F(ModalitiesTest, EchoIsAskedWhenItIsRead) {
  const auto inode = wire->find_in(pacs(), "echo");

  const auto text = wire->read(inode);

  EXPECT_THAT(text, StartsWith("PACS was asked "));
  EXPECT_EQ(text.size(), wire->size_of(inode));
  EXPECT_TRUE(text.ends_with('\n'));
}

TEST_F(ModalitiesTest, ALetterIsTriedAgainByItsTimeAndGivenUpByRemoval) {
  const auto again = letter("A"), gone = letter("B");
  const auto failed = wire->find_in(pacs(), "failed");
  const auto listed = names_of(wire->list(failed));
  ASSERT_THAT(listed, SizeIs(4));
  EXPECT_THAT(wire->read(wire->find_in(failed, listed[1])),
              StartsWith("C000: cannot understand\n"));
  const auto mtime = [&] { return wire->getattr(failed).as<fuse_attr_out>().attr.mtimensec; };
  const auto before = mtime();

  EXPECT_EQ(touch(wire->find_in(failed, listed[0])), 0);
  EXPECT_EQ(wire->unlink(failed, listed[2]), 0);
  EXPECT_EQ(wire->unlink(failed, listed[3]), 0);  // its reason, which went by itself

  EXPECT_NE(mtime(), before);
  EXPECT_THAT(wire->list(failed), IsEmpty());
  ASSERT_THAT(queued(), SizeIs(1));
  EXPECT_EQ(queued().front().id, again);
  EXPECT_FALSE(store->outbox().get(gone).ok());
  EXPECT_EQ(wire->unlink(failed, listed[0]), ENOENT);
}

// As a shell does it: the names are listed first.
TEST_F(ModalitiesTest, LettersAndTheirReasonsAreTouchedAlike) {
  letter("A");
  letter("B");
  const auto failed = wire->find_in(pacs(), "failed");

  for (const auto& name : names_of(wire->list(failed)))
    EXPECT_EQ(touch(wire->find_in(failed, name)), 0) << name;

  EXPECT_THAT(wire->list(failed), IsEmpty());
  EXPECT_THAT(queued(), SizeIs(2));
}

TEST_F(ModalitiesTest, LettersTakeAModeAndAReasonATimeForNothing) {
  letter("A");
  const auto listed = wire->list(wire->find_in(pacs(), "failed"));
  fuse_setattr_in in{};
  in.valid = FATTR_MODE;
  for (const auto& entry : listed) {
    EXPECT_EQ(wire->call(FUSE_SETATTR, entry.inode, Wire::bytes_of(in)).error, 0) << entry.name;
    EXPECT_EQ(wire->truncate({0, entry.inode, 0}, 0), EPERM) << entry.name;
    EXPECT_EQ(wire->call(FUSE_ACCESS, entry.inode, Wire::bytes_of(fuse_access_in{W_OK, 0})).error,
              EACCES);
  }
  EXPECT_EQ(touch(listed.back().inode), 0);

  EXPECT_THAT(wire->list(wire->find_in(pacs(), "failed")), SizeIs(2));
}

TEST_F(ModalitiesTest, ManyLettersAreListedInPieces) {
  constexpr int kCount = 30;
  for (int i = 0; i < kCount; ++i) letter("IM" + std::to_string(i));

  const auto listed = wire->list(wire->find_in(pacs(), "failed"), 512);

  EXPECT_THAT(listed, SizeIs(2 * kCount));
  for (const auto& entry : listed) {
    EXPECT_EQ(wire->read(entry.inode).size(), entry.size) << entry.name;
  }
}

TEST_F(ModalitiesTest, CompanyCanBeReadAndWrittenOn) {
  fuse_mkdir_in in{};
  in.mode = 0755;
  const auto folder = wire->call(FUSE_MKDIR, pacs(), Wire::bytes_of(in) + Wire::text("CD"))
                          .as<fuse_entry_out>()
                          .nodeid;
  const auto file = wire->create_file(folder, "readme.txt");
  wire->write(file, 0, "Sunday");
  ASSERT_EQ(wire->flush(file), 0);
  EXPECT_EQ(wire->write(file, 6, " morning").error, 0);
  EXPECT_EQ(wire->close(file), 0);

  EXPECT_EQ(wire->read(file.inode), "Sunday morning");
  EXPECT_THAT(queued(), IsEmpty());
}

TEST_F(ModalitiesTest, ARenameOnAFullDiskKeepsTheBytes) {
  ASSERT_EQ(wire->drop(pacs(), ".x", a.bytes()), 0);
  {
    const FullDisk full;
    EXPECT_EQ(wire->rename(pacs(), ".x", pacs(), "x").error, ENOSPC);
  }

  EXPECT_EQ(wire->rename(pacs(), ".x", pacs(), "x").error, 0);

  EXPECT_EQ(TempStore::require(store->outbox().status("PACS")).queued, 1);
}

TEST_F(ModalitiesTest, TheLastErrorIsToldToItsLastLetter) {
  const std::string reason = "kein Gerät dä";
  letter("A");
  const auto id = TempStore::require(store->outbox().put({add(), "PACS", ""}, now())).first;
  const auto claimed =
      TempStore::require(store->outbox().claim("PACS", 100, now(), std::chrono::minutes(1)));
  ASSERT_EQ(claimed.front().id, id);
  ASSERT_OK(store->outbox().fail(claimed.front(), {Trouble::answered, reason}, now()));

  EXPECT_THAT(wire->read(wire->find({"modalities", "PACS", "status.json"})),
              HasSubstr(reason + '"'));
}

TEST_F(ModalitiesTest, StudiesOfAPeerAreListedWhenSomebodyLooks) {
  const auto find = wire->find_in(pacs(), "find");
  const auto folder = wire->find_in(wire->find_in(find, "PatientName=DOE*"), "Modality=CT");
  ASSERT_NE(folder, 0u);
  EXPECT_EQ(peers.asked(), 0);
  EXPECT_THAT(wire->list(find), IsEmpty());
  EXPECT_EQ(wire->find_in(find, "PatientNam=DOE"), 0u);

  const auto listed = wire->list(folder);

  EXPECT_EQ(peers.asked(), 1);
  EXPECT_EQ(peers.keys(),
            (Peers::Keys{{tags::PatientName, "DOE*"}, {tags::ModalitiesInStudy, "CT"}}));
  ASSERT_THAT(listed, SizeIs(2));
  EXPECT_EQ(listed[0].name, "DOE^JANE [4711] 2024-01-19 CT.json");
  EXPECT_NE(listed[0].name, listed[1].name);
  for (const auto& entry : listed) {
    const auto text = wire->read(wire->find_in(folder, entry.name));
    EXPECT_EQ(text.size(), entry.size);
    EXPECT_THAT(text, HasSubstr("StudyInstanceUID"));
  }
  EXPECT_EQ(wire->lookup(folder, "..").as<fuse_entry_out>().nodeid,
            wire->find_in(find, "PatientName=DOE*"));
}

TEST_F(ModalitiesTest, APeerThatDoesNotAnswerAQueryIsAnError) {
  const auto folder = wire->find({"modalities", "WS", "find", "PatientName=DOE*"});
  fuse_read_in in{};
  in.size = 4096;

  EXPECT_EQ(wire->call(FUSE_READDIRPLUS, folder, Wire::bytes_of(in)).error, ETIMEDOUT);
}

TEST_F(ModalitiesTest, WhatIsPutIntoRetrieveIsFetched) {
  const auto retrieve = wire->find_in(pacs(), "retrieve");
  const auto folder = wire->find({"modalities", "PACS", "find", "PatientName=DOE*"});
  const auto json = wire->read(wire->list(folder)[1].inode);

  EXPECT_NE(wire->mkdir(retrieve, "1.2.3"), 0u);
  EXPECT_EQ(wire->mkdir(retrieve, "study"), 0u);
  EXPECT_EQ(wire->drop(retrieve, "a.json", json), 0);
  EXPECT_EQ(wire->drop(retrieve, "b.json", "{}"), EINVAL);

  EXPECT_THAT(peers.fetched(), ElementsAre("PACS 1.2.3", "PACS 1.2.4"));
  EXPECT_THAT(queued(), IsEmpty());
  EXPECT_EQ(wire->rmdir(retrieve, "1.2.3"), 0);
  EXPECT_EQ(wire->rmdir(pacs(), "retrieve"), EPERM);
  EXPECT_EQ(wire->rename(pacs(), "retrieve", pacs(), "other").error, EPERM);
  EXPECT_NE(wire->mkdir(pacs(), "1.2.5"), 0u);  // a folder as any
  EXPECT_THAT(peers.fetched(), SizeIs(2));
}

TEST_F(ModalitiesTest, EveryEntryIsFoundAgainByItsNumber) {
  letter("A");
  const auto failed = wire->find_in(pacs(), "failed");
  const auto folder = wire->mkdir(pacs(), "CD");
  for (const auto inode : {wire->find({"modalities"}), pacs(), wire->find_in(pacs(), "status.json"),
                           wire->find_in(pacs(), "echo"), failed, folder,
                           wire->list(failed).front().inode, wire->list(failed).back().inode}) {
    const auto again = wire->lookup(inode, ".");
    EXPECT_EQ(again.error, 0) << inode;
    EXPECT_EQ(again.as<fuse_entry_out>().nodeid, inode);
  }
  EXPECT_EQ(wire->lookup(folder, "..").as<fuse_entry_out>().nodeid, pacs());
  EXPECT_EQ(wire->lookup(failed, "..").as<fuse_entry_out>().nodeid, pacs());
  EXPECT_EQ(wire->lookup(pacs(), "..").as<fuse_entry_out>().nodeid, wire->find({"modalities"}));
}

TEST_F(ModalitiesTest, AReadOnlyMountSendsNothing) {
  wire.reset();
  options.read_only = true;
  wire.emplace(*store, options);
  letter("A");
  const auto failed = wire->find_in(pacs(), "failed");

  EXPECT_EQ(wire->create(pacs(), "x").error, EROFS);
  EXPECT_EQ(link(pacs(), "x", "patients"), EROFS);
  EXPECT_EQ(touch(wire->list(failed).front().inode), EROFS);
  EXPECT_EQ(touch(wire->list(failed).back().inode), EROFS);
  EXPECT_EQ(wire->unlink(failed, wire->list(failed).front().name), EROFS);
}

}  // namespace
}  // namespace dcmfs::fs
