// Pictures through the protocol: how often they are decoded, who waits, and who is let go.
#include <algorithm>
#include <filesystem>
#include <thread>

#include <gmock/gmock.h>

#include "fs/node.h"
#include "tests/fs/held_up_files.h"
#include "tests/fs/wire.h"

namespace dcmfs::fs {
namespace {

class PictureReadsTest : public testing::Test {
 protected:
  PictureReadsTest() {
    while (blocked.size() < std::max(1U, std::thread::hardware_concurrency())) {
      blocked.push_back(add(1000 + static_cast<int>(blocked.size())));
    }
  }

  RowId add(int number, int frames = 1) {
    const auto added = store.add(make_dicom()
                                     .patient("1", "DOE")
                                     .study("1.2.3")
                                     .set(tags::StudyDate, "20040119")
                                     .set(tags::StudyDescription, "Brain")
                                     .modality("CT")
                                     .series(number < 1000 ? "1.2.3.4" : "1.2.3.5")
                                     .set(tags::SeriesNumber, number < 1000 ? "1" : "2")
                                     .set(tags::InstanceNumber, std::to_string(number))
                                     .pixels(200, 300, 16, frames));
    return added.instance.row;
  }
  std::uint64_t series() {
    return wire.find({"patients", "DOE [1]", "2004-01-19 CT Brain", "001 CT"});
  }
  OpenFile open(std::string_view name) { return wire.open(wire.find_in(series(), name), O_RDONLY); }
  std::string read_whole(std::string_view name) {
    const auto file = open(name);
    auto bytes = wire.read(file);
    wire.close(file);
    return bytes;
  }
  // Of the seven that follow the second of nine.
  std::int64_t pictures_ahead() {
    return std::min<std::int64_t>(static_cast<std::int64_t>(wire.session().pictures_ahead()), 7);
  }
  std::int64_t made() { return wire.session().pictures().made; }

  // Every thread of the pool is in a decode that does not end before let_go().
  void block_the_pool() {
    for (const RowId row : blocked) {
      ASSERT_TRUE(files.hold(row));
      const auto file = wire.open(ino({Kind::instance_png, static_cast<std::uint64_t>(row)}), 0);
      ASSERT_EQ(file.error, 0);
    }
    const auto all = static_cast<std::int64_t>(blocked.size());
    ASSERT_TRUE(comes_true([&] { return made() == all; }));
  }

  TempStore store;
  std::vector<RowId> blocked;
  Wire wire{*store};
  HeldUpFiles files{store.root()};
};

TEST_F(PictureReadsTest, AFileReadInPartsIsDecodedOnce) {
  add(1);
  const auto file = open("0001.png");
  const auto whole = wire.read(file);

  EXPECT_EQ(whole.size(), wire.size_of(file));
  EXPECT_EQ(wire.read(file, 50'000, 100), whole.substr(50'000, 100));
  EXPECT_EQ(wire.read(file, whole.size() - 5, 100), whole.substr(whole.size() - 5));
  EXPECT_EQ(wire.read(file, whole.size(), 100), "");
  EXPECT_EQ(made(), 1);
}

// As a file manager: the first bytes to learn the type, then all for the thumbnail, then again.
TEST_F(PictureReadsTest, ASeriesThatIsOpenedAgainAndAgainIsDecodedOnce) {
  constexpr int kSlices = 60;
  for (int i = 1; i <= kSlices; ++i) add(i);
  std::vector<std::string> names;
  for (const auto& entry : wire.list(series(), 1 << 16)) {
    if (entry.name.ends_with(".png")) names.push_back(entry.name);
  }
  ASSERT_EQ(names.size(), std::size_t{kSlices});
  for (const auto& name : names) {
    const auto file = open(name);
    EXPECT_EQ(wire.read(file, 0, 4096).substr(1, 3), "PNG");
    wire.close(file);
    EXPECT_EQ(read_whole(name), read_whole(name));
  }

  EXPECT_EQ(made(), kSlices);
}

TEST_F(PictureReadsTest, TheMiddleFrameIsSharedWithThePictureOfTheInstance) {
  add(1, 3);
  const auto frames = wire.find_in(series(), "0001.frames");
  const auto frame = wire.open(wire.find_in(frames, "0002.png"), O_RDONLY);

  EXPECT_EQ(read_whole("0001.png"), wire.read(frame));
  EXPECT_EQ(made(), 1);
}

TEST_F(PictureReadsTest, WhoReadsInOrderFindsTheNextOnesMade) {
  for (int i = 1; i <= 9; ++i) add(10 - i);  // names against rows
  const auto ahead = pictures_ahead();
  read_whole("0001.png");
  EXPECT_EQ(made(), 1);
  read_whole("0002.png");

  EXPECT_TRUE(comes_true([&] { return made() == 2 + ahead; }));
  const auto file = open("0003.png");
  EXPECT_FALSE(wire.read(file).empty());
  wire.close(file);
  EXPECT_TRUE(comes_true([&] { return made() == std::min<std::int64_t>(3 + ahead, 9); }));
}

TEST_F(PictureReadsTest, WhoReadsAsTheFolderListsFindsTheNextOnesMade) {
  for (int i = 1; i <= 9; ++i) add(10 - i);
  const auto ahead = pictures_ahead();
  read_whole("0009.png");
  read_whole("0008.png");

  EXPECT_TRUE(comes_true([&] { return made() == 2 + ahead; }));
}

TEST_F(PictureReadsTest, WhoReadsFramesInOrderFindsTheNextOnesMade) {
  add(1, 9);
  const auto frames = wire.find_in(series(), "0001.frames");
  const auto ahead = pictures_ahead();
  for (const auto* name : {"0001.png", "0002.png"}) {
    const auto file = wire.open(wire.find_in(frames, name), O_RDONLY);
    EXPECT_FALSE(wire.read(file).empty());
    wire.close(file);
  }

  EXPECT_TRUE(comes_true([&] { return made() == 2 + ahead; }));
}

TEST_F(PictureReadsTest, WhileThePoolIsBusyEverythingElseIsAnswered) {
  add(1);
  block_the_pool();
  const auto file = open("0001.png");
  const auto waiting = wire.begin_read(file, 0, 100);

  EXPECT_FALSE(read_whole("0001.dcm").empty());
  EXPECT_FALSE(read_whole("0001.json").empty());
  EXPECT_EQ(wire.drop(wire.find({"incoming"}), "junk", "this is not DICOM"), EINVAL);
  EXPECT_FALSE(wire.is_answered(waiting));
  files.let_go();
  EXPECT_EQ(wire.finish(waiting).bytes.substr(1, 3), "PNG");
}

TEST_F(PictureReadsTest, AnInterruptedReadIsLetGoAtOnceAndOthersAreNot) {
  add(1);
  block_the_pool();
  const auto file = open("0001.png");
  const auto gone = wire.begin_read(file, 0, 100), stays = wire.begin_read(file, 100, 100);
  wire.interrupt(gone);

  EXPECT_EQ(wire.finish(gone).error, EINTR);
  EXPECT_FALSE(wire.is_answered(stays));
  files.let_go();
  EXPECT_EQ(wire.finish(stays).bytes.size(), 100U);
}

TEST_F(PictureReadsTest, AFileThatIsClosedLetsItsReadsGoAndIsNotDecoded) {
  add(1);
  block_the_pool();
  const auto file = open("0001.png");
  const auto a = wire.begin_read(file, 0, 100), b = wire.begin_read(file, 100, 100);
  EXPECT_EQ(wire.flush(file), 0);

  EXPECT_EQ(wire.finish(a).error, EINTR);
  EXPECT_EQ(wire.finish(b).error, EINTR);
  wire.release(file);
  const auto before = made();
  files.let_go();
  add(2);
  EXPECT_FALSE(read_whole("0002.png").empty());
  EXPECT_EQ(made(), before + 1) << "the closed one was not made";
}

TEST_F(PictureReadsTest, AReadAfterAnInterruptOrAFlushIsAnswered) {
  add(1);
  block_the_pool();
  const auto file = open("0001.png");
  const auto first = wire.begin_read(file, 0, 100);
  wire.interrupt(first);
  EXPECT_EQ(wire.finish(first).error, EINTR);
  EXPECT_EQ(wire.flush(file), 0);  // by a process that shares the file
  const auto again = wire.begin_read(file, 0, 100);
  files.let_go();

  EXPECT_EQ(wire.finish(again).bytes.size(), 100U);
}

TEST_F(PictureReadsTest, AnInterruptThatComesTooLateIsNothing) {
  add(1);
  const auto file = open("0001.png");
  for (int i = 0; i < 200; ++i) {
    const auto read = wire.begin_read(file, 0, 100);
    wire.interrupt(read);
    const auto reply = wire.finish(read);
    EXPECT_TRUE(reply.error == EINTR || reply.bytes.size() == 100) << reply.error;
  }
  EXPECT_EQ(wire.read(file).size(), wire.size_of(file));
}

TEST_F(PictureReadsTest, APictureThatCannotBeMadeIsAnErrorOfTheRead) {
  const RowId row = add(1);
  std::filesystem::resize_file(files.blob(row), 2000);
  const auto file = open("0001.png");

  EXPECT_EQ(wire.read_part(file, 0, 100).error, EIO);
  EXPECT_EQ(wire.read_part(file, 0, 100).error, EIO);
  EXPECT_EQ(made(), 1);
}

TEST_F(PictureReadsTest, TheMountEndsWhileReadsWait) {
  add(1);
  block_the_pool();
  const auto file = open("0001.png");
  (void)wire.begin_read(file, 0, 100);
  std::jthread soon([this] { files.let_go(); });  // a decode is finished before the mount ends
}

}  // namespace
}  // namespace dcmfs::fs
