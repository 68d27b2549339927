// The operations that few programs use, and messages that no kernel sends.
#include <random>

#include <dirent.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "fs/drop.h"
#include "fs/node.h"
#include "tests/fs/wire.h"
#include "tests/support/make_dicom.h"

namespace dcmfs::fs {
namespace {

class WireOperations : public testing::Test {
 protected:
  std::uint64_t incoming() { return wire.find({"incoming"}); }
  std::uint64_t patients() { return wire.find({"patients"}); }
  std::uint64_t node_of(const Reply& made) { return made.as<fuse_entry_out>().nodeid; }
  Reply mkdir(std::uint64_t folder, std::string_view name) {
    fuse_mkdir_in in{};
    in.mode = 0755;
    return wire.call(FUSE_MKDIR, folder, Wire::bytes_of(in) + Wire::text(name));
  }
  Reply mknod(std::uint64_t folder, std::string_view name, std::uint32_t mode) {
    fuse_mknod_in in{};
    in.mode = mode;
    return wire.call(FUSE_MKNOD, folder, Wire::bytes_of(in) + Wire::text(name));
  }
  Reply setattr(std::uint64_t node, const fuse_setattr_in& in) {
    return wire.call(FUSE_SETATTR, node, Wire::bytes_of(in));
  }
  Reply setxattr(std::uint64_t node, std::string_view name, std::string_view value) {
    fuse_setxattr_in in{};
    in.size = static_cast<std::uint32_t>(value.size());
    // Without FUSE_SETXATTR_EXT the message ends before the extended flags.
    const auto head = Wire::bytes_of(in).substr(0, FUSE_COMPAT_SETXATTR_IN_SIZE);
    return wire.call(FUSE_SETXATTR, node, head + Wire::text(name) + std::string(value));
  }
  Reply getxattr(std::uint64_t node, std::string_view name) {
    fuse_getxattr_in in{};
    in.size = 1000;
    return wire.call(FUSE_GETXATTR, node, Wire::bytes_of(in) + Wire::text(name));
  }

  static int access(Wire& wire, std::uint64_t node, std::uint32_t wanted) {
    fuse_access_in in{};
    in.mask = wanted;
    return wire.call(FUSE_ACCESS, node, Wire::bytes_of(in)).error;
  }
  // Of the only patient: their folder and the first .dcm below.
  struct Stored {
    std::uint64_t folder = 0, dcm = 0;
  };
  static Stored stored(Wire& wire) {
    Stored found;
    auto at = wire.find({"patients"});
    for (int level = 0; level < 3; ++level) {
      at = wire.list(at).back().inode;
      if (level == 0) found.folder = at;
    }
    for (const auto& entry : wire.list(at))
      if (entry.name.ends_with(".dcm")) found.dcm = entry.inode;
    return found;
  }

  TempStore store;
  Wire wire{*store};
};

TEST_F(WireOperations, MkdirAndRmdir) {
  const auto folder = node_of(mkdir(incoming(), "CD"));
  ASSERT_NE(folder, 0u);

  EXPECT_EQ(mkdir(incoming(), "CD").error, EEXIST);
  EXPECT_EQ(mkdir(patients(), "x").error, EROFS);
  ASSERT_NE(node_of(mkdir(folder, "IMAGES")), 0u);
  EXPECT_EQ(wire.call(FUSE_RMDIR, incoming(), Wire::text("CD")).error, ENOTEMPTY);
  EXPECT_EQ(wire.call(FUSE_RMDIR, folder, Wire::text("IMAGES")).error, 0);
  EXPECT_EQ(wire.call(FUSE_RMDIR, incoming(), Wire::text("CD")).error, 0);
  EXPECT_EQ(wire.find({"incoming", "CD"}), 0u);
}

TEST_F(WireOperations, FoldersDoNotNestWithoutEnd) {
  auto deepest = incoming();
  int depth = 0;
  for (; depth < 1000; ++depth) {
    const auto made = mkdir(deepest, "d");
    if (made.error != 0) {
      EXPECT_EQ(made.error, EFBIG);
      break;
    }
    deepest = node_of(made);
  }
  EXPECT_EQ(depth, 128);
  // Nor by moving what is deep into what is deep.
  const auto other = node_of(mkdir(incoming(), "other"));
  ASSERT_NE(node_of(mkdir(other, "inner")), 0u);
  const auto above = wire.find({"incoming", "d"});
  EXPECT_EQ(wire.rename(incoming(), "d", other, "d").error, EFBIG);
  EXPECT_EQ(wire.rename(incoming(), "other", above, "o").error, 0);
}

TEST_F(WireOperations, MknodMakesFilesOnly) {
  EXPECT_EQ(mknod(incoming(), "file", S_IFREG | 0644).error, 0);
  EXPECT_EQ(mknod(incoming(), "fifo", S_IFIFO | 0644).error, EPERM);
  EXPECT_EQ(mknod(patients(), "file", S_IFREG | 0644).error, EROFS);
}

TEST_F(WireOperations, LinksAreNotMade) {
  const auto file = node_of(wire.create(incoming(), "a"));

  EXPECT_EQ(wire.call(FUSE_SYMLINK, incoming(), Wire::text("x") + Wire::text("/etc/passwd")).error,
            EPERM);
  fuse_link_in in{};
  in.oldnodeid = file;
  EXPECT_EQ(wire.call(FUSE_LINK, incoming(), Wire::bytes_of(in) + Wire::text("b")).error, EPERM);
  EXPECT_EQ(wire.call(FUSE_SYMLINK, patients(), Wire::text("x") + Wire::text("y")).error, EROFS);
}

// As the kernel does for a file handle whose inode it has let go: "." gives the inode, ".." of a
// folder the way up.
void expect_found_by_number(Wire& wire, std::uint64_t folder) {
  for (const auto& entry : wire.list(folder)) {
    const auto again = wire.lookup(entry.inode, ".");
    EXPECT_EQ(again.error, 0) << entry.name;
    EXPECT_EQ(again.as<fuse_entry_out>().nodeid, entry.inode) << entry.name;
    EXPECT_EQ(again.as<fuse_entry_out>().attr.size, entry.size) << entry.name;
    if (entry.type != DT_DIR) continue;
    EXPECT_EQ(wire.lookup(entry.inode, "..").as<fuse_entry_out>().nodeid, folder) << entry.name;
    expect_found_by_number(wire, entry.inode);
  }
}

TEST_F(WireOperations, EveryEntryIsFoundAgainByItsNumber) {
  auto clip = make_dicom();
  clip.set(tags::StudyDate, "20040119").set(tags::SeriesDate, "20040119").pixels(4, 4, 8, 3);
  ASSERT_EQ(wire.drop(incoming(), "a", clip.bytes()), 0);
  ASSERT_EQ(wire.drop(incoming(), "b", make_dicom().set(tags::StudyDate, "").bytes()), 0);
  ASSERT_NE(node_of(mkdir(node_of(mkdir(incoming(), "CD")), "IMAGES")), 0u);

  expect_found_by_number(wire, FUSE_ROOT_ID);
}

TEST_F(WireOperations, FoldersOfFindAreFoundAgainWhileTheyAreRemembered) {
  const auto outer = wire.find({"find", "Modality=CT"});
  const auto inner = wire.find({"find", "Modality=CT", "PatientName=A*"});

  EXPECT_EQ(wire.find({"find", "Modality=CT", "PatientName=A*", "."}), inner);
  EXPECT_EQ(wire.find({"find", "Modality=CT", "PatientName=A*", ".."}), outer);
  EXPECT_EQ(wire.find({"find", "Modality=CT", ".."}), wire.find({"find"}));
}

TEST_F(WireOperations, NumbersThatNobodyGaveAreNotFound) {
  ASSERT_EQ(wire.drop(incoming(), "a", make_dicom().pixels(4, 4, 8).bytes()), 0);
  const auto none = [&](const Node& node) {
    const auto reply = wire.lookup(ino(node), ".");
    return reply.error == ENOENT || reply.as<fuse_entry_out>().nodeid == 0;
  };

  EXPECT_FALSE(none({Kind::instance_dcm, 1}));
  EXPECT_TRUE(none({Kind::instance_dcm, 2}));
  EXPECT_TRUE(none({Kind::instance_dcm, 1, 1}));
  EXPECT_TRUE(none({Kind::frames, 1}));
  EXPECT_TRUE(none({Kind::frame_png, 1, 1}));
  EXPECT_TRUE(none({Kind::patients, 7}));
  EXPECT_TRUE(none({Kind::incoming_node, 7}));
  EXPECT_TRUE(none({Kind::find_folder, 7}));
}

TEST_F(WireOperations, SetattrChangesWhatIsInIncoming) {
  const auto file = node_of(wire.create(incoming(), "a"));
  fuse_setattr_in in{};
  in.valid = FATTR_MODE | FATTR_UID | FATTR_GID | FATTR_MTIME;
  in.mode = S_IFREG | 0600;
  in.uid = 12;
  in.gid = 34;
  in.mtime = 1'000'000'000;

  ASSERT_EQ(setattr(file, in).error, 0);

  const auto attr = wire.getattr(file).as<fuse_attr_out>().attr;
  EXPECT_EQ(attr.mode, S_IFREG | 0600u);
  EXPECT_EQ(attr.uid, 12u);
  EXPECT_EQ(attr.gid, 34u);
  EXPECT_EQ(attr.mtime, 1'000'000'000u);
}

TEST_F(WireOperations, TruncateMakesLongerAndShorter) {
  const auto file = node_of(wire.create(incoming(), "a.part"));
  ASSERT_EQ(wire.write(file, 0, "0123456789").error, 0);
  fuse_setattr_in in{};
  in.valid = FATTR_SIZE;

  in.size = 4;
  ASSERT_EQ(setattr(file, in).error, 0);
  EXPECT_EQ(wire.size_of(file), 4u);
  in.size = 1000;
  ASSERT_EQ(setattr(file, in).error, 0);
  EXPECT_EQ(wire.size_of(file), 1000u);
}

TEST_F(WireOperations, XattrsOfIncomingAreTheWritersOwn) {
  const auto file = node_of(wire.create(incoming(), "a"));

  EXPECT_EQ(setxattr(file, "user.note", "hello").error, 0);
  EXPECT_EQ(setxattr(file, "security.selinux", "x").error, 0);  // taken and forgotten

  EXPECT_EQ(getxattr(file, "user.note").bytes, "hello");
  EXPECT_EQ(getxattr(file, "security.selinux").error, EOPNOTSUPP);
  EXPECT_EQ(wire.call(FUSE_REMOVEXATTR, file, Wire::text("user.note")).error, 0);
  EXPECT_EQ(wire.call(FUSE_REMOVEXATTR, file, Wire::text("user.note")).error, ENODATA);
  EXPECT_EQ(setxattr(patients(), "user.note", "x").error, EROFS);
}

TEST_F(WireOperations, AnXattrThatIsReplacedDoesNotCount) {
  const auto file = node_of(wire.create(incoming(), "a"));
  const std::string large(Drop::kXattrBytesMax * 2 / 3, 'x');
  ASSERT_EQ(setxattr(file, "user.note", large).error, 0);

  EXPECT_EQ(setxattr(file, "user.note", large).error, 0);
  EXPECT_EQ(setxattr(file, "user.other", large).error, ENOSPC);
}

TEST_F(WireOperations, FsyncOfFilesAndFolders) {
  const auto file = wire.create_file(incoming(), "a.part");
  ASSERT_EQ(wire.write(file, 0, "x").error, 0);

  EXPECT_EQ(wire.fsync(file), 0);
  EXPECT_EQ(wire.call(FUSE_FSYNCDIR, incoming(), Wire::bytes_of(fuse_fsync_in{})).error, 0);
}

TEST_F(WireOperations, AReadOnlyMountTakesNothing) {
  TempStore other;
  Options options;
  options.read_only = true;
  Wire read_only(*other, options);

  const auto folder = read_only.find({"incoming"});

  EXPECT_EQ(read_only.create(folder, "a").error, EROFS);
  EXPECT_EQ(access(read_only, folder, W_OK), EROFS);
}

TEST_F(WireOperations, AccessTellsWhatCannotBeWrittenOrRun) {
  store.add(make_dicom());
  const auto [folder, dcm] = stored(wire);
  const auto dropped = node_of(wire.create(incoming(), "a.part"));

  for (const auto inode : {std::uint64_t{FUSE_ROOT_ID}, patients(), folder, wire.find({"find"}),
                           wire.find({"rejected"}), wire.find({"incoming", "report.jsonl"}), dcm}) {
    EXPECT_EQ(access(wire, inode, W_OK), EROFS) << inode;
    EXPECT_EQ(access(wire, inode, R_OK), 0) << inode;
    EXPECT_EQ(access(wire, inode, F_OK), 0) << inode;
  }
  for (const auto inode : {incoming(), wire.find({"worklists"}), dropped})
    EXPECT_EQ(access(wire, inode, R_OK | W_OK), 0) << inode;
  EXPECT_EQ(access(wire, dcm, X_OK), EACCES);
  EXPECT_EQ(access(wire, dropped, X_OK), EACCES);
  for (const auto inode : {std::uint64_t{FUSE_ROOT_ID}, patients(), folder, incoming()})
    EXPECT_EQ(access(wire, inode, X_OK), 0) << inode;
  EXPECT_EQ(access(wire, ino({Kind::instance_dcm, 7}), W_OK), ESTALE);
}

TEST_F(WireOperations, AccessTellsWhatRmTakes) {
  TempStore other;
  Options options;
  options.allow_delete = true;
  Wire deleting(*other, options);
  other.add(make_dicom());
  const auto [folder, dcm] = stored(deleting);

  EXPECT_EQ(access(deleting, deleting.find({"patients"}), W_OK), 0);
  EXPECT_EQ(access(deleting, folder, W_OK), 0);
  EXPECT_EQ(access(deleting, dcm, W_OK), EACCES);
  EXPECT_EQ(access(deleting, deleting.find({"studies"}), W_OK), EROFS);
}

TEST_F(WireOperations, RemovingFromTheStoreIsRefusedUnlessAsked) {
  store.add(make_dicom().set(tags::InstanceNumber, "1"));
  const auto patient = wire.list(patients()).at(0);

  EXPECT_EQ(wire.call(FUSE_RMDIR, patients(), Wire::text(patient.name)).error, EROFS);
  EXPECT_EQ(wire.call(FUSE_UNLINK, patient.inode, Wire::text("patient.json")).error, EROFS);
}

// Every opcode with every kind of node and junk behind it: an answer each time, and still alive.
TEST(WireRemoval, FramesThatWentWithTheirInstanceCanStillBeRemovedOneByOne) {
  TempStore store;
  Options options;
  options.allow_delete = true;
  Wire wire(*store, options);
  const auto clip = make_dicom().pixels(4, 4, 8, 3).bytes();
  ASSERT_EQ(wire.drop(wire.find({"incoming"}), "a", clip), 0);
  auto series = wire.find({"patients"});
  for (int level = 0; level < 3; ++level) series = wire.list(series).back().inode;
  const auto frames = wire.list(series).back();
  ASSERT_THAT(frames.name, testing::EndsWith(".frames"));
  const auto stem = frames.name.substr(0, frames.name.find('.'));

  const auto second = wire.list(frames.inode).at(1);

  ASSERT_EQ(wire.unlink(series, stem + ".dcm"), 0);

  EXPECT_EQ(wire.getattr(frames.inode).error, 0);
  EXPECT_EQ(wire.lookup(frames.inode, second.name).as<fuse_entry_out>().nodeid, second.inode);
  EXPECT_EQ(wire.size_of(second.inode), second.size);
  for (const auto* name : {"0001.png", "0002.png", "0003.png"}) {
    EXPECT_EQ(wire.unlink(frames.inode, name), 0) << name;
  }
  EXPECT_EQ(wire.unlink(frames.inode, "0004.png"), ENOENT);
  EXPECT_THAT(wire.list(frames.inode), testing::IsEmpty());
  EXPECT_EQ(wire.rmdir(series, frames.name), 0);
  EXPECT_EQ(wire.unlink(frames.inode, "0001.png"), ENOENT);
}

// When its minute is over, nobody tells.
TEST(WireRemoval, WhatWentWithItsInstanceIsNotRememberedByTheKernel) {
  TempStore store;
  Options options;
  options.allow_delete = true;
  Wire wire(*store, options);
  store.add(make_dicom().pixels(4, 4, 8, 3));
  auto series = wire.find({"patients"});
  for (int level = 0; level < 3; ++level) series = wire.list(series).back().inode;
  std::string stem;
  for (const auto& entry : wire.list(series))
    if (entry.name.ends_with(".dcm")) stem = entry.name.substr(0, entry.name.size() - 4);
  ASSERT_GT(wire.lookup(series, stem + ".json").as<fuse_entry_out>().entry_valid, 0u);

  ASSERT_EQ(wire.unlink(series, stem + ".dcm"), 0);

  const auto frames = wire.find_in(series, stem + ".frames");
  for (const auto& [folder, name] :
       {std::pair(series, stem + ".json"), std::pair(series, stem + ".frames"),
        std::pair(frames, std::string("0002.png"))}) {
    const auto told = wire.lookup(folder, name).as<fuse_entry_out>();
    ASSERT_NE(told.nodeid, 0u) << name;
    EXPECT_EQ(told.entry_valid, 0u) << name;
    EXPECT_EQ(told.attr_valid, 0u) << name;
    EXPECT_EQ(wire.getattr(told.nodeid).as<fuse_attr_out>().attr_valid, 0u) << name;
    EXPECT_EQ(wire.lookup(told.nodeid, ".").as<fuse_entry_out>().attr_valid, 0u) << name;
  }
}

TEST_F(WireOperations, ListingsBeginWithTheFolderAndTheOneAboveIt) {
  store.add(make_dicom());
  const auto patients = wire.find({"patients"});
  const auto patient = wire.list(patients).at(0);

  for (const std::uint32_t bytes : {200u, 4096u}) {  // one entry at a time, all at once
    const auto listed = wire.list_all(patient.inode, bytes);

    EXPECT_THAT(names_of(listed), testing::ElementsAre(".", "..", "patient.json", testing::_));
    EXPECT_EQ(listed.at(0).inode,
              0);  // a number and no more: nothing that the kernel would have to forget
  }
  EXPECT_EQ(wire.list_all(FUSE_ROOT_ID).size(), 12u);
}

TEST_F(WireOperations, MessagesThatNoKernelSendsAreAnswered) {
  store.add(make_dicom().set(tags::InstanceNumber, "1").pixels(4, 4, 8));
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  constexpr std::uint32_t kOpcodes[] = {
      FUSE_LOOKUP,      FUSE_GETATTR,     FUSE_READLINK, FUSE_MKDIR,     FUSE_UNLINK,  FUSE_RMDIR,
      FUSE_RENAME,      FUSE_STATFS,      FUSE_GETXATTR, FUSE_LISTXATTR, FUSE_OPENDIR, FUSE_READDIR,
      FUSE_READDIRPLUS, FUSE_REMOVEXATTR, FUSE_SYMLINK,  FUSE_RENAME2,   FUSE_ACCESS};
  for (int i = 0; i < 3000; ++i) {
    const auto kind = static_cast<Kind>(1 + random() % (static_cast<unsigned>(Kind::count) + 3));
    const std::uint64_t number = static_cast<std::uint64_t>(kind) << 58 |
                                 std::uint64_t{random() % 4} << kPartBits | random() % 4;
    std::string junk(32 + random() % 200, '\0');
    for (auto& c : junk) c = static_cast<char>(random() % 4 == 0 ? random() : 'a');
    junk += std::string(2, '\0');

    (void)wire.call(kOpcodes[random() % std::size(kOpcodes)], number, junk);
  }

  EXPECT_EQ(wire.list(FUSE_ROOT_ID).size(), 10u);
}

}  // namespace
}  // namespace dcmfs::fs
