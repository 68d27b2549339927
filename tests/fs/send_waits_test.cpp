#include "fs/send_waits.h"

#include <chrono>
#include <future>
#include <new>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/detail/sqlite.h"
#include "tests/fs/modalities_fixture.h"
#include "tests/support/temp_store.h"

namespace dcmfs::fs {
namespace {

using testing::SizeIs;

class SendWaitsTest : public testing::Test {
 protected:
  OutboxId put() {
    auto file = TempStore::require(spooled(*store, make_dicom().bytes()));
    return TempStore::require(store->outbox().put(file, "x", "PACS", now()));
  }

  static bool stays() { return false; }

  TempStore store;
};

TEST_F(SendWaitsTest, OneWhoCannotBeAnsweredHoldsUpNobodyElse) {
  const auto first = put(), second = put();
  SendWaits waits(*store);
  std::promise<int> answer;
  waits.add(
      first, [](int) { throw std::bad_alloc(); }, stays);
  waits.add(
      second, [&](int error) { answer.set_value(error); }, stays);

  ASSERT_OK(store->outbox().give_up(first));
  ASSERT_OK(store->outbox().give_up(second));

  EXPECT_EQ(answer.get_future().get(), 0);
}

TEST_F(SendWaitsTest, WhatTheDestinationHasAndDoesNotYetCommitToIsSent) {
  const auto entry = put();
  SendWaits waits(*store);
  std::promise<int> answer;
  waits.add(
      entry, [&](int error) { answer.set_value(error); }, stays);

  const auto sent =
      TempStore::require(store->outbox().claim("PACS", 1, now(), std::chrono::minutes(1)));
  ASSERT_OK(store->outbox().await_commitment(sent, "1.2.3", now(), now() + std::chrono::hours(24)));

  EXPECT_EQ(answer.get_future().get(), 0);
}

TEST_F(SendWaitsTest, WhoStillWaitsAtTheEndIsToldThatItWasInterrupted) {
  const auto entry = put();
  std::vector<int> answers;
  {
    SendWaits waits(*store);
    waits.add(
        entry, [](int) { throw std::bad_alloc(); }, stays);
    waits.add(
        entry, [&](int error) { answers.push_back(error); }, stays);
  }

  EXPECT_EQ(answers, std::vector{EINTR});
}

// -- by fsync

TEST_F(ModalitiesTest, FsyncAnswersWhatTheDestinationAnswers) {
  const auto file = wire->create_file(pacs(), "x");
  wire->write(file, 0, a.bytes());
  fuse_fsync_in in{};
  in.fh = file.handle;
  const auto asked = [&] { return wire->begin(FUSE_FSYNC, file.inode, Wire::bytes_of(in)); };
  const auto claim = [&] {
    for (int i = 0; i < 2000; ++i) {
      auto some =
          TempStore::require(store->outbox().claim("PACS", 100, now(), std::chrono::minutes(1)));
      if (!some.empty()) return some;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return std::vector<Outgoing>();
  };
  const auto later = [] { return now() + std::chrono::hours(1); };

  // Left alone, so that nothing can be claimed before who waits has had it tried at once.
  letter("A");
  ASSERT_OK(store->outbox().postpone("PACS", {}, {Trouble::refused, "nobody"}, now(), later()));

  const auto unreachable = asked();
  auto entries = claim();
  EXPECT_FALSE(wire->is_answered(unreachable));
  ASSERT_OK(
      store->outbox().postpone("PACS", entries, {Trouble::unreachable, "no way"}, now(), later()));
  EXPECT_EQ(wire->finish(unreachable).error, EHOSTUNREACH);

  const auto refused = asked();
  entries = claim();
  ASSERT_THAT(entries, SizeIs(1));
  ASSERT_OK(store->outbox().retry(entries.front(), {Trouble::answered, "A700"}, now(), later()));
  EXPECT_EQ(wire->finish(refused).error, EIO);

  const auto timed_out = asked();
  ASSERT_OK(store->outbox().retry(claim().front(), {Trouble::timed_out, "silent"}, now(), later()));
  EXPECT_EQ(wire->finish(timed_out).error, ETIMEDOUT);

  const auto sent = asked();
  ASSERT_OK(store->outbox().done(claim(), now()));
  EXPECT_EQ(wire->finish(sent).error, 0);
  EXPECT_EQ(wire->fsync(file), 0);
  EXPECT_EQ(wire->close(file), 0);
}

TEST_F(ModalitiesTest, WhoIsKilledDoesNotWaitInFsync) {
  const auto file = wire->create_file(pacs(), "x");
  wire->write(file, 0, a.bytes());
  fuse_fsync_in in{};
  in.fh = file.handle;
  const auto asked = wire->begin(FUSE_FSYNC, file.inode, Wire::bytes_of(in));

  wire->interrupt(asked);

  EXPECT_EQ(wire->finish(asked).error, EINTR);
  EXPECT_THAT(queued(), SizeIs(1));
}

TEST_F(ModalitiesTest, FsyncTellsThatTheQueueCannotBeRead) {
  const auto file = wire->create_file(pacs(), "x");
  wire->write(file, 0, a.bytes());
  ASSERT_EQ(wire->flush(file), 0);
  const auto db = TempStore::require(
      detail::Connection::open(store.root() / "index.db", detail::Connection::Access::read_write));
  ASSERT_OK(db->run("ALTER TABLE outgoing RENAME TO gone"));

  EXPECT_EQ(wire->fsync(file), EIO);

  ASSERT_OK(db->run("ALTER TABLE gone RENAME TO outgoing"));
}

}  // namespace
}  // namespace dcmfs::fs
