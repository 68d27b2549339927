// worklists/ over the wire: what stands in STORE/worklists after what programs do there.
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/worklists.h"
#include "tests/fs/full_disk.h"
#include "tests/fs/wire.h"

namespace dcmfs::fs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

std::string item_of(std::string_view patient) {
  return R"({"PatientID": ")" + std::string(patient) +
         R"(", "ScheduledProcedureStepSequence": [{"Modality": "CT"}]})";
}

class WorklistItemsTest : public testing::Test {
 protected:
  std::uint64_t place() { return wire->find({"worklists"}); }
  std::uint64_t find(std::string_view name) { return wire->find({"worklists", name}); }
  std::vector<std::string> listed() { return names_of(wire->list(place())); }
  std::string content(std::string_view name) { return wire->read(find(name)); }
  int drop(std::string_view name, std::string_view bytes) {
    return wire->drop(place(), name, bytes);
  }
  int rename(std::string_view name, std::string_view new_name) {
    return wire->rename(place(), name, place(), new_name).error;
  }
  // PatientID of what the next query finds.
  std::vector<std::string> answered() {
    std::vector<std::string> ids;
    for (const auto& item : TempStore::require(worklists.items([](std::string_view) {})))
      ids.push_back(item->text_or(tags::PatientID, ""));
    return ids;
  }
  void write_outside(std::string_view name, std::string_view bytes) {
    std::filesystem::create_directory(folder);
    std::ofstream(folder / (std::string(name) + ".new")) << bytes;
    std::filesystem::rename(folder / (std::string(name) + ".new"), folder / name);
  }

  TempStore store;
  const std::filesystem::path folder = store.root() / "worklists";
  Worklists worklists{folder};
  std::optional<Wire> wire{std::in_place, *store};
  const std::string a = item_of("A"), b = item_of("B");
};

TEST_F(WorklistItemsTest, WhatIsClosedIsAnswered) {
  EXPECT_THAT(listed(), IsEmpty());

  EXPECT_EQ(drop("a.json", a), 0);

  EXPECT_THAT(listed(), ElementsAre("a.json"));
  EXPECT_EQ(content("a.json"), a);
  EXPECT_EQ(wire->size_of(find("a.json")), a.size());
  EXPECT_THAT(answered(), ElementsAre("A"));
}

TEST_F(WorklistItemsTest, AnItemIsThereUnderItsNumberAlsoWhenNobodyUsesIt) {
  EXPECT_EQ(drop("a.json", a), 0);
  const auto before = find("a.json");
  wire.reset();
  wire.emplace(*store);

  EXPECT_THAT(listed(), ElementsAre("a.json"));
  EXPECT_EQ(content("a.json"), a);
  EXPECT_NE(before, 0u);
  EXPECT_EQ(find("a.json"), find("a.json"));
}

TEST_F(WorklistItemsTest, WhatIsNoItemIsRefusedAndChangesNothing) {
  EXPECT_EQ(drop("a.json", a), 0);

  const auto file = wire->open(find("a.json"), O_WRONLY | O_TRUNC);
  (void)wire->write(file, 0, "nonsense");
  EXPECT_EQ(wire->close(file), EINVAL);
  EXPECT_EQ(drop("b.wl", a), EINVAL);
  EXPECT_EQ(drop("c.txt", a), EINVAL);

  EXPECT_THAT(listed(), ElementsAre("a.json"));
  EXPECT_EQ(content("a.json"), a);
  EXPECT_THAT(names_of(wire->list(wire->find({"rejected"}))),
              UnorderedElementsAre("a.json", "a.json.reason.txt", "b.wl", "b.wl.reason.txt",
                                   "c.txt", "c.txt.reason.txt"));
}

TEST_F(WorklistItemsTest, ATemporaryNameIsCheckedWhenItIsRenamed) {
  EXPECT_EQ(drop(".a.json.Xq2r1t", a), 0);
  EXPECT_EQ(drop(".b.json.Xq2r1t", "nonsense"), 0);
  EXPECT_THAT(answered(), IsEmpty());

  EXPECT_EQ(rename(".a.json.Xq2r1t", "a.json"), 0);
  EXPECT_EQ(rename(".b.json.Xq2r1t", "b.json"), EINVAL);

  EXPECT_THAT(answered(), ElementsAre("A"));
  EXPECT_EQ(content("a.json"), a);
}

TEST_F(WorklistItemsTest, ARenameOnAFullDiskKeepsTheBytes) {
  ASSERT_EQ(drop(".a.json.tmp", a), 0);
  {
    const FullDisk full;
    EXPECT_EQ(rename(".a.json.tmp", "a.json"), ENOSPC);
  }

  EXPECT_EQ(rename(".a.json.tmp", "a.json"), 0);

  EXPECT_THAT(answered(), ElementsAre("A"));
}

TEST_F(WorklistItemsTest, ARenameMovesTheFile) {
  EXPECT_EQ(drop("a.json", a), 0);
  EXPECT_EQ(drop("b.json", b), 0);
  const auto number = find("a.json");

  EXPECT_EQ(rename("a.json", "b.json"), 0);

  EXPECT_THAT(listed(), ElementsAre("b.json"));
  EXPECT_EQ(find("b.json"), number);
  EXPECT_THAT(answered(), ElementsAre("A"));
  EXPECT_EQ(rename("b.json", "b.wl"), EINVAL);
  EXPECT_THAT(listed(), ElementsAre("b.json"));
}

// As vim does: the old file is put away, a new one is written, the old one goes.
TEST_F(WorklistItemsTest, AnEditorsBackupHidesTheItem) {
  EXPECT_EQ(drop("a.json", a), 0);

  EXPECT_EQ(rename("a.json", "a.json~"), 0);
  EXPECT_THAT(answered(), IsEmpty());
  EXPECT_EQ(drop("a.json", b), 0);
  EXPECT_EQ(wire->unlink(place(), "a.json~"), 0);

  EXPECT_THAT(listed(), ElementsAre("a.json"));
  EXPECT_THAT(answered(), ElementsAre("B"));
}

TEST_F(WorklistItemsTest, WhatIsRemovedIsNotAnsweredAndStaysReadable) {
  EXPECT_EQ(drop("a.json", a), 0);
  const auto file = wire->open(find("a.json"), O_RDONLY);

  EXPECT_EQ(wire->unlink(place(), "a.json"), 0);

  EXPECT_THAT(answered(), IsEmpty());
  EXPECT_THAT(listed(), IsEmpty());
  EXPECT_EQ(find("a.json"), 0u);
  EXPECT_EQ(wire->read(file), a);
  wire->release(file);
}

TEST_F(WorklistItemsTest, WhoClosesARemovedFileDoesNotBringItBack) {
  const auto file = wire->create_file(place(), "a.json");
  (void)wire->write(file, 0, a);
  EXPECT_EQ(wire->unlink(place(), "a.json"), 0);

  EXPECT_EQ(wire->close(file), 0);

  EXPECT_THAT(answered(), IsEmpty());
}

TEST_F(WorklistItemsTest, AppendingIsCheckedAsAWhole) {
  EXPECT_EQ(drop("a.json", a), 0);
  const auto more = wire->open(find("a.json"), O_WRONLY);
  (void)wire->write(more, a.size(), "\n");
  EXPECT_EQ(wire->close(more), 0);
  EXPECT_EQ(content("a.json"), a + "\n");

  const auto bad = wire->open(find("a.json"), O_WRONLY);
  (void)wire->write(bad, a.size() + 1, "and");
  EXPECT_EQ(wire->close(bad), EINVAL);

  EXPECT_EQ(content("a.json"), a + "\n");
}

// (head; tail) > a.json: each of them flushes it.
TEST_F(WorklistItemsTest, AFlushInTheMidstIsForgotten) {
  const auto file = wire->create_file(place(), "a.json");
  (void)wire->write(file, 0, a.substr(0, 20));
  EXPECT_EQ(wire->flush(file), EINVAL);
  (void)wire->write(file, 20, a.substr(20));

  EXPECT_EQ(wire->close(file), 0);

  EXPECT_THAT(answered(), ElementsAre("A"));
  EXPECT_THAT(wire->list(wire->find({"rejected"})), IsEmpty());
}

TEST_F(WorklistItemsTest, ATruncatedItemIsCheckedAtOnce) {
  EXPECT_EQ(drop("a.json", a + "\n\n"), 0);

  EXPECT_EQ(wire->truncate({0, find("a.json"), 0}, a.size()), 0);
  EXPECT_EQ(content("a.json"), a);
  EXPECT_EQ(wire->truncate({0, find("a.json"), 0}, 5), EINVAL);
  EXPECT_EQ(wire->truncate({0, find("a.json"), 0}, 0), EINVAL);

  EXPECT_EQ(content("a.json"), a);
}

TEST_F(WorklistItemsTest, WhatIsEmptiedAndNotWrittenIsAsItWas) {
  EXPECT_EQ(drop("a.json", a), 0);

  const auto file = wire->open(find("a.json"), O_WRONLY | O_TRUNC);
  EXPECT_EQ(wire->size_of(file), 0u);
  EXPECT_EQ(wire->close(file), 0);

  EXPECT_EQ(content("a.json"), a);
}

TEST_F(WorklistItemsTest, WhatOthersDoInTheFolderIsSeen) {
  write_outside("a.json", a);
  EXPECT_THAT(listed(), ElementsAre("a.json"));
  EXPECT_EQ(content("a.json"), a);
  const auto mtime = wire->getattr(place()).as<fuse_attr_out>().attr;
  const auto open = wire->open(find("a.json"), O_RDONLY);

  write_outside("a.json", b + " ");
  write_outside("b.json", b);

  EXPECT_EQ(content("a.json"), b + " ");
  EXPECT_EQ(wire->read(open), a) << "of the file that was opened";
  wire->release(open);
  EXPECT_THAT(listed(), UnorderedElementsAre("a.json", "b.json"));
  const auto later = wire->getattr(place()).as<fuse_attr_out>().attr;
  EXPECT_NE(std::pair(mtime.mtime, mtime.mtimensec), std::pair(later.mtime, later.mtimensec));
  std::filesystem::remove(folder / "a.json");
  EXPECT_EQ(find("a.json"), 0u);
  EXPECT_THAT(listed(), ElementsAre("b.json"));
}

TEST_F(WorklistItemsTest, ATimeThatIsSetIsTheFiles) {
  EXPECT_EQ(drop("a.json", a), 0);
  fuse_setattr_in in{};
  in.valid = FATTR_MTIME;
  in.mtime = 1'000'000'000;
  EXPECT_EQ(wire->call(FUSE_SETATTR, find("a.json"), Wire::bytes_of(in)).error, 0);

  wire.reset();
  wire.emplace(*store);

  EXPECT_EQ(wire->getattr(find("a.json")).as<fuse_attr_out>().attr.mtime, 1'000'000'000u);
}

TEST_F(WorklistItemsTest, ThereAreNoFoldersAndLinks) {
  EXPECT_EQ(wire->mkdir(place(), "d"), 0u);
  EXPECT_EQ(wire->call(FUSE_SYMLINK, place(), Wire::text("l") + Wire::text("a.json")).error, EPERM);
}

TEST_F(WorklistItemsTest, AnotherPlaceIsAnotherDevice) {
  EXPECT_EQ(drop("a.json", a), 0);

  EXPECT_EQ(wire->rename(place(), "a.json", wire->find({"incoming"}), "a.json").error, EXDEV);
}

TEST_F(WorklistItemsTest, AReadOnlyMountChangesNothing) {
  EXPECT_EQ(drop("a.json", a), 0);
  Options options;
  options.read_only = true;
  wire.reset();
  wire.emplace(*store, options);

  EXPECT_EQ(content("a.json"), a);
  EXPECT_EQ(drop("b.json", b), EROFS);
  EXPECT_EQ(wire->open(find("a.json"), O_WRONLY).error, EROFS);
  EXPECT_EQ(wire->truncate({0, find("a.json"), 0}, 0), EROFS);
  EXPECT_EQ(wire->unlink(place(), "a.json"), EROFS);
  EXPECT_EQ(rename("a.json", "b.json"), EROFS);
  EXPECT_EQ(wire->getattr(find("a.json")).as<fuse_attr_out>().attr.mode & 0222, 0u);
}

}  // namespace
}  // namespace dcmfs::fs
