// Peers that make it hard for the mount: they are silent, or there is no memory for what they say.
#include <atomic>
#include <condition_variable>
#include <new>

#include <gtest/gtest.h>

#include "fs/peers.h"
#include "tests/fs/held_up_files.h"
#include "tests/fs/wire.h"

namespace dcmfs::fs {
namespace {

class HardPeers final : public Peers {
 public:
  std::vector<std::string> names() const override {
    if (names_throw) throw std::bad_alloc();
    return {"PACS"};
  }
  std::string echo(const std::string&) override {
    if (echo_throws) throw std::bad_alloc();
    std::unique_lock lock(mutex_);
    ++waiting_;
    woken_.wait(lock, [this] { return answers_; });
    return "answered";
  }
  Result<std::vector<Dataset>> find_studies(const std::string&, const Keys&) override {
    throw std::bad_alloc();
  }
  Result<> retrieve(const std::string&, const std::string&) override { return {}; }
  Retrieving retrieving(const std::string&) override { return {}; }

  int waiting() const {
    const std::scoped_lock lock(mutex_);
    return waiting_;
  }
  void answer() {
    const std::scoped_lock lock(mutex_);
    answers_ = true;
    woken_.notify_all();
  }
  std::atomic<bool> names_throw = false, echo_throws = false;

 private:
  mutable std::mutex mutex_;
  std::condition_variable woken_;
  int waiting_ = 0;
  bool answers_ = false;
};

class HardPeersTest : public testing::Test {
 protected:
  ~HardPeersTest() override { peers.answer(); }
  OpenFile echo() { return wire.open(wire.find({"modalities", "PACS", "echo"}), O_RDONLY); }

  TempStore store;
  HardPeers peers;
  Options options = [this] {
    Options with_peers;
    with_peers.peers = &peers;
    return with_peers;
  }();
  Wire wire{*store, options};
};

TEST_F(HardPeersTest, ThoseThatAreSilentHoldUpNobodyWhoDropsFiles) {
  std::vector<std::uint64_t> reads;
  for (int i = 0; i < 40; ++i) reads.push_back(wire.begin_read(echo(), 0, 256));
  ASSERT_TRUE(comes_true([&] { return peers.waiting() > 0; }));
  const auto incoming = wire.find({"incoming"});
  ASSERT_EQ(wire.drop(incoming, ".x", make_dicom().bytes()), 0);

  fuse_rename2_in in{};
  in.newdir = incoming;
  const auto renamed =
      wire.begin(FUSE_RENAME2, incoming, Wire::bytes_of(in) + Wire::text(".x") + Wire::text("x"));

  EXPECT_TRUE(comes_true([&] { return wire.is_answered(renamed); }));
  peers.answer();
  EXPECT_EQ(wire.finish(renamed).error, 0);
  for (const auto read : reads) EXPECT_EQ(wire.finish(read).error, 0);
}

TEST_F(HardPeersTest, WithoutMemoryARequestFailsAndTheMountLives) {
  const auto file = echo();
  const auto modalities = wire.find({"modalities"});

  peers.names_throw = true;
  EXPECT_EQ(wire.lookup(modalities, "PACS").error, ENOMEM);
  peers.names_throw = false;

  EXPECT_EQ(wire.lookup(modalities, "PACS").error, 0);

  peers.echo_throws = true;  // in a pool
  EXPECT_EQ(wire.read_part(file, 0, 256).error, ENOMEM);
  const auto found = wire.find({"modalities", "PACS", "find", "PatientName=X*"});
  EXPECT_EQ(wire.lookup(found, "x.json").error, ENOMEM);
  EXPECT_EQ(wire.drop(wire.find({"incoming"}), "x", make_dicom().bytes()), 0);
}

}  // namespace
}  // namespace dcmfs::fs
