#include <gtest/gtest.h>

#include "fs/incoming_names.h"
#include "fs/node.h"

namespace dcmfs::fs {
namespace {

TEST(IncomingNames, WhatProgramsWriteFirstIsTemporary) {
  for (const auto name :
       {".IM1.dcm.Ab12Cd", ".goutputstream-XYZ", "a.part", "a.partial", "a.crdownload", "a.tmp",
        "a.filepart", "~$a.dcm", ".~lock.a#", "sedAb12Cd", ".hidden", ".a.dcm.swp", "a.dcm~",
        "CD/.rsync-partial/IM1", ".tmpdir/IM1"}) {
    EXPECT_TRUE(is_temporary(name)) << name;
  }
}

TEST(IncomingNames, OtherNamesAreFinal) {
  for (const auto name : {"IM000001", "a.dcm", "part", "tmp", "sediment.dcm", "sed", "sedAb12C",
                          "CD/IM1.dcm", "a.partially", "._IM1", "x.tmp.dcm"}) {
    EXPECT_FALSE(is_temporary(name)) << name;
  }
}

TEST(IncomingNames, SomeNamesAreNeverImages) {
  for (const auto name : {"DICOMDIR", "dicomdir", "README.TXT", "autorun.inf", "AUTORUN.INF",
                          "._IM1", "Thumbs.db", "viewer.EXE", "desktop.ini", ".DS_Store"}) {
    EXPECT_TRUE(is_never_image(name)) << name;
  }
  for (const auto name : {"IM000001", "notes.txt", "a.dcm", "exe"}) {
    EXPECT_FALSE(is_never_image(name)) << name;
  }
}

TEST(Node, AnInodeNumberTellsItsNode) {
  for (int k = 1; k < static_cast<int>(Kind::count); ++k) {
    const auto kind = static_cast<Kind>(k);
    const Node n{kind, kind_info(kind).numbered == Numbered::one ? 0 : kRowMask - 7,
                 kind_info(kind).numbered == Numbered::part ? kPartMask - 3 : 0};
    EXPECT_EQ(node(ino(n)), n) << k;
  }
}

TEST(Node, NumbersOfNoKindAreNone) {
  for (const Ino number : {Ino{0}, Ino{2}, Ino{1} << 40, ~Ino{0}, Ino{1} << 58}) {
    EXPECT_EQ(node(number).kind, Kind::none) << number;
  }
}

}  // namespace
}  // namespace dcmfs::fs
