// Pictures through a real mount: what the kernel makes of readers that come, go and are killed.
#include <algorithm>
#include <fstream>

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/mman.h>

#include "fs/session.h"
#include "tests/fs/held_up_files.h"
#include "tests/support/program.h"
#include "tests/support/temp_store.h"

namespace dcmfs::fs {
namespace {

class MountedPictures : public testing::Test {
 protected:
  void SetUp() override {
    if (::access("/dev/fuse", R_OK | W_OK) != 0) GTEST_SKIP() << "/dev/fuse cannot be opened";
    for (std::size_t i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) {
      blocked.push_back(add(100 + static_cast<int>(i)));
    }
    std::filesystem::create_directory(path());
    auto mounted = Session::mount(*store, path(), Options{});
    if (!mounted) GTEST_SKIP() << "nothing can be mounted here: " << mounted.error().message;
    session = *std::move(mounted);
    server = std::jthread([this] { (void)session->run(); });
    ASSERT_TRUE(comes_true([&] { return std::filesystem::exists(path() / "README.txt"); }));
  }
  void TearDown() override {
    files.let_go();
    if (session) session->stop();
    if (server.joinable()) server.join();
    session.reset();
  }

  std::filesystem::path path() { return folder / "mnt"; }
  RowId add(int number) {
    return store
        .add(make_dicom()
                 .patient("1", "DOE")
                 .study("1.2.3")
                 .series("1.2.3.4")
                 .set(tags::InstanceNumber, std::to_string(number))
                 .pixels(512, 512, 16))
        .instance.row;
  }
  std::filesystem::path png(int number) {
    const auto name = "000" + std::to_string(number) + ".png";
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path() / "patients")) {
      const auto file = entry.path().filename().string();
      if (file == name.substr(name.size() - 8)) return entry.path();
    }
    return {};
  }
  std::int64_t made() { return session->pictures().made; }
  void block_the_pool() {
    for (std::size_t i = 0; i < blocked.size(); ++i) {
      const auto file = png(100 + static_cast<int>(i));
      ASSERT_TRUE(files.hold(blocked[i]));
      const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
      ASSERT_GE(fd, 0);
      open_files.emplace_back(fd, 0);
    }
    ASSERT_TRUE(comes_true([&] { return made() == std::ssize(blocked); }));
  }

  TempFolder folder;
  TempStore store;
  std::vector<RowId> blocked;
  HeldUpFiles files{store.root()};
  std::unique_ptr<Session> session;
  std::jthread server;
  std::vector<Blob> open_files;
};

std::string whole(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_F(MountedPictures, ThumbnailsOfASeriesCostEachSliceOneDecode) {
  constexpr int kSlices = 30;
  for (int i = 1; i <= kSlices; ++i) add(i);
  std::vector<std::string> all;
  for (int i = 1; i <= kSlices; ++i) all.push_back(png(i).string());
  std::vector<std::string> heads{"-c", "64"};
  heads.insert(heads.end(), all.begin(), all.end());

  ASSERT_EQ(run("head", heads).exit_code, 0);  // to learn the types
  ASSERT_EQ(run("cat", all).exit_code, 0);
  std::jthread one([&] { EXPECT_EQ(run("cat", all).exit_code, 0); });
  std::jthread other([&] { EXPECT_EQ(run("cat", all).exit_code, 0); });
  one.join();
  other.join();

  // Ahead of the last one nothing more is there but what the fixture added.
  EXPECT_GE(made(), kSlices);
  EXPECT_LE(made(), kSlices + std::ssize(blocked));
}

TEST_F(MountedPictures, AReaderThatIsKilledIsLetGoAndItsPictureIsNotMade) {
  add(1);
  const auto file = png(1).string();
  block_the_pool();
  {
    Running reader("cat", {file});
    ASSERT_TRUE(comes_true([&] { return session->pictures_waited_for() > 0; }));
    reader.signal(SIGKILL);
    EXPECT_EQ(reader.wait().exit_code, 128 + SIGKILL);
  }

  EXPECT_TRUE(comes_true([&] { return session->pictures_waited_for() == 0; }));
  // The kernel tells of its close a little later.
  ASSERT_TRUE(comes_true([&] { return session->open_files() == open_files.size(); }));
  files.let_go();
  open_files.clear();
  EXPECT_EQ(whole(png(1)).size(), std::filesystem::file_size(png(1)));
  EXPECT_EQ(made(), std::ssize(blocked) + 1) << "once, for the second reader";
}

// The kernel flushes at every close of a descriptor, also of a copy.
TEST_F(MountedPictures, WhoSharesTheFileWithOneThatClosesItReadsOn) {
  add(1);
  const auto file = png(1);
  block_the_pool();
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  const Blob mine(fd, 0);
  std::vector<std::byte> bytes(1000);
  std::jthread reader([&] {
    const auto got = mine.read(0, bytes);
    EXPECT_TRUE(got.ok()) << got.error().message;
    EXPECT_EQ(got ? *got : 0, bytes.size());
  });
  ASSERT_TRUE(comes_true([&] { return session->pictures_waited_for() > 0; }));
  ::close(::dup(fd));  // lets the reads go; the kernel asks again
  ASSERT_TRUE(comes_true([&] { return session->pictures_waited_for() > 0; }));
  files.let_go();
  reader.join();

  EXPECT_EQ(static_cast<char>(bytes[1]), 'P');
}

TEST_F(MountedPictures, APictureIsMappedLikeAnyFile) {
  add(1);
  const auto file = png(1);
  const auto expected = whole(file);
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  const Blob mine(fd, 0);
  void* map = ::mmap(nullptr, expected.size(), PROT_READ, MAP_PRIVATE, fd, 0);
  ASSERT_NE(map, MAP_FAILED);

  EXPECT_EQ(std::string_view(static_cast<const char*>(map), expected.size()), expected);
  ::munmap(map, expected.size());
}

}  // namespace
}  // namespace dcmfs::fs
