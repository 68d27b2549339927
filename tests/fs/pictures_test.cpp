#include "fs/pictures.h"

#include <atomic>
#include <latch>

#include <gmock/gmock.h>

namespace dcmfs::fs {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

constexpr std::chrono::seconds kLongEnough{20};

// Pictures whose making the test holds up and watches.
class Workshop {
 public:
  explicit Workshop(Pictures::Limits limits = {.threads = 1}) {
    pictures.emplace([this](const PictureId& id, std::stop_token stop) { return make(id, stop); },
                     limits);
  }
  ~Workshop() {
    finish_all();
    pictures.reset();
  }

  // All that is begun ends from now on, or (once) what is being made.
  void finish_all() {
    const std::scoped_lock lock(mutex_);
    free_ = true;
    changed_.notify_all();
  }
  void finish_one() {
    const std::scoped_lock lock(mutex_);
    ++permits_;
    changed_.notify_all();
  }
  void wait_for_begun(std::size_t count) {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, kLongEnough, [&] { return begun_.size() >= count; }));
  }
  std::vector<int> begun() {
    const std::scoped_lock lock(mutex_);
    return begun_;
  }
  int at_once_max() const { return at_once_max_; }

  Pictures::Open open(int instance, std::int64_t bytes = 10) {
    return pictures->open({{RowId{instance}, 0}, bytes});
  }

  std::optional<Pictures> pictures;
  std::int64_t bytes_made = 10;
  std::optional<Errc> fails;
  std::atomic<bool> throws = false;

 private:
  Result<std::string> make(const PictureId& id, const std::stop_token& stop) {
    at_once_max_ = std::max(at_once_max_.load(), ++at_once_);
    std::unique_lock lock(mutex_);
    begun_.push_back(static_cast<int>(value(id.instance)));
    changed_.notify_all();
    changed_.wait(lock, stop, [&] { return free_ || permits_ > 0; });
    if (permits_ > 0) --permits_;
    --at_once_;
    if (stop.stop_requested()) return Error{Errc::cancelled, "stopped"};
    if (throws) throw std::bad_alloc();
    if (fails) return Error{*fails, "cannot be decoded"};
    return std::string(static_cast<std::size_t>(bytes_made), 'x');
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<int> begun_;
  int permits_ = 0;
  bool free_ = false;
  std::atomic<int> at_once_ = 0, at_once_max_ = 0;
};

// Somebody who waits for one picture.
class Reader {
 public:
  explicit Reader(const Pictures::Open& open) {
    ticket = open.get([this](const Result<Pictures::Bytes>& got) {
      result = got;
      came.count_down();
    });
  }
  const Result<Pictures::Bytes>& wait() {
    came.wait();
    return *result;
  }

  Pictures::Ticket ticket;
  std::optional<Result<Pictures::Bytes>> result;
  std::latch came{1};
};

TEST(Pictures, ThoseWhoWantOneAtTheSameTimeShareOneDecode) {
  Workshop shop({.threads = 4});
  const auto a = shop.open(1), b = shop.open(1);
  Reader first(a), second(b), third(a);
  shop.finish_all();

  EXPECT_EQ(first.wait()->get(), second.wait()->get());
  EXPECT_EQ(first.wait()->get(), third.wait()->get());
  EXPECT_EQ(shop.pictures->figures().made, 1);
}

TEST(Pictures, IsBegunWhenItsFileIsOpened) {
  Workshop shop;
  const auto open = shop.open(1);

  shop.wait_for_begun(1);
}

TEST(Pictures, OpenedAgainSoonIsNotMadeAgain) {
  Workshop shop;
  shop.finish_all();
  for (int time = 0; time < 3; ++time) {
    const auto open = shop.open(1);
    EXPECT_TRUE(Reader(open).wait().ok());
  }

  EXPECT_EQ(shop.pictures->figures().made, 1);
}

TEST(Pictures, FramesOfOneInstanceAreDifferentPictures) {
  Workshop shop;
  shop.finish_all();
  for (int frame = 0; frame < 3; ++frame) {
    const auto open = shop.pictures->open({{RowId{1}, frame}, 10});
    EXPECT_TRUE(Reader(open).wait().ok());
  }

  EXPECT_EQ(shop.pictures->figures().made, 3);
}

TEST(Pictures, NoMoreDecodesRunAtOnceThanThereAreThreads) {
  Workshop shop({.threads = 2});
  std::vector<Pictures::Open> open;
  for (int i = 1; i <= 8; ++i) open.push_back(shop.open(i));
  shop.wait_for_begun(2);
  shop.finish_all();
  for (const auto& one : open) EXPECT_TRUE(Reader(one).wait().ok());

  EXPECT_EQ(shop.at_once_max(), 2);
}

TEST(Pictures, OneThatIsReadGoesBeforeThoseThatAreOnlyOpen) {
  Workshop shop;
  const auto busy = shop.open(1);
  shop.wait_for_begun(1);
  const auto a = shop.open(2), b = shop.open(3), c = shop.open(4);
  Reader reader(c);
  shop.pictures->expect({{{RowId{9}, 0}, 10}});
  shop.finish_all();

  shop.wait_for_begun(5);
  EXPECT_THAT(shop.begun(), ElementsAre(1, 4, 2, 3, 9));
}

TEST(Pictures, ClosedBeforeItsTurnIsNotMade) {
  Workshop shop;
  const auto busy = shop.open(1);
  shop.wait_for_begun(1);
  { const auto open = shop.open(2); }
  const auto last = shop.open(3);
  shop.finish_all();

  EXPECT_TRUE(Reader(last).wait().ok());
  EXPECT_THAT(shop.begun(), ElementsAre(1, 3));
}

TEST(Pictures, ClosedWhileBeingMadeIsStopped) {
  Workshop shop;
  {
    const auto open = shop.open(1);
    shop.wait_for_begun(1);
  }
  const auto other = shop.open(2);
  shop.wait_for_begun(2);  // without being told that the first may end

  EXPECT_EQ(shop.pictures->figures().stopped, 1);
}

TEST(Pictures, StoppedAndOpenedAgainIsMadeAfterAll) {
  Workshop shop({.threads = 1});
  auto first = std::optional(shop.open(1));
  shop.wait_for_begun(1);
  first.reset();
  const auto again = shop.open(1);
  Reader reader(again);
  shop.finish_all();

  EXPECT_TRUE(reader.wait().ok());
}

TEST(Pictures, ACancelledReaderIsNotCalled) {
  Workshop shop;
  const auto busy = shop.open(1);
  shop.wait_for_begun(1);
  const auto open = shop.open(2);
  Reader gone(open), stays(open);

  EXPECT_TRUE(open.cancel(gone.ticket));
  EXPECT_FALSE(open.cancel(gone.ticket)) << "only once";
  shop.finish_all();

  EXPECT_TRUE(stays.wait().ok());
  EXPECT_FALSE(gone.result.has_value());
  EXPECT_FALSE(open.cancel(stays.ticket));
}

TEST(Pictures, AFailureIsRememberedLikeAPicture) {
  Workshop shop;
  shop.fails = Errc::corrupt;
  shop.finish_all();
  for (int time = 0; time < 3; ++time) {
    const auto open = shop.open(1);
    EXPECT_EQ(Reader(open).wait().error().code, Errc::corrupt);
  }

  EXPECT_EQ(shop.pictures->figures().made, 1);
}

TEST(Pictures, AFailureThatPassesIsNot) {
  for (const auto why : {Errc::io, Errc::busy}) {
    Workshop shop;
    shop.fails = why;
    shop.finish_all();
    const auto open = shop.open(1);
    EXPECT_EQ(Reader(open).wait().error().code, why);

    shop.fails.reset();

    EXPECT_TRUE(Reader(open).wait().ok());
  }
}

TEST(Pictures, OneForWhichThereIsNoMemoryIsMadeWhenThereIs) {
  Workshop shop;
  shop.throws = true;
  shop.finish_all();
  const auto open = shop.open(1);
  EXPECT_EQ(Reader(open).wait().error().code, Errc::busy);

  shop.throws = false;

  EXPECT_TRUE(Reader(open).wait().ok());
}

TEST(Pictures, TheOnesUsedLongestAgoMakeRoom) {
  Workshop shop({.threads = 1, .kept_bytes_max = 350'000});
  shop.bytes_made = 100'000;
  shop.finish_all();
  const auto read = [&](int instance) {
    const auto open = shop.open(instance, shop.bytes_made);
    EXPECT_TRUE(Reader(open).wait().ok());
  };
  for (const int instance : {1, 2, 3, 1, 4}) read(instance);  // 2 is the oldest
  read(1);
  read(3);
  read(4);
  EXPECT_EQ(shop.pictures->figures().made, 4);

  read(2);
  EXPECT_EQ(shop.pictures->figures().made, 5);
}

TEST(Pictures, OpenFilesDoNotHoldMoreThanTheirShare) {
  Workshop shop({.threads = 1, .open_bytes_max = 250'000});
  shop.bytes_made = 100'000;
  shop.finish_all();
  std::vector<Pictures::Open> open;
  for (int i = 1; i <= 3; ++i) {
    open.push_back(shop.open(i, shop.bytes_made));
    EXPECT_TRUE(Reader(open.back()).wait().ok());
  }
  EXPECT_EQ(shop.pictures->figures().made, 3);

  EXPECT_TRUE(Reader(open[2]).wait().ok());
  EXPECT_EQ(shop.pictures->figures().made, 3) << "is held";
  EXPECT_TRUE(Reader(open[0]).wait().ok());
  EXPECT_EQ(shop.pictures->figures().made, 4) << "had to go, and came again";
}

TEST(Pictures, APictureLargerThanAllRoomIsMadeOnceForAllOfItsReads) {
  Workshop shop({.threads = 1, .kept_bytes_max = 10, .open_bytes_max = 10});
  shop.bytes_made = 100'000;
  shop.finish_all();
  const auto open = shop.open(1, shop.bytes_made);
  for (int part = 0; part < 5; ++part) EXPECT_TRUE(Reader(open).wait().ok());

  EXPECT_EQ(shop.pictures->figures().made, 1);
}

TEST(Pictures, LargeOnesAreDecodedOneAfterTheOther) {
  Workshop shop({.threads = 4, .decoding_bytes_max = 1'000'000});
  const std::int64_t large = 1'000'000;
  std::vector<Pictures::Open> open;
  for (int i = 1; i <= 3; ++i) open.push_back(shop.open(i, large));
  shop.wait_for_begun(1);
  for (std::size_t i = 2; i <= 3; ++i) {
    shop.finish_one();
    shop.wait_for_begun(i);
  }
  shop.finish_all();
  for (const auto& one : open) EXPECT_TRUE(Reader(one).wait().ok());

  EXPECT_EQ(shop.at_once_max(), 1);
}

TEST(Pictures, ExpectedOnesAreMadeWhenNothingElseIsToDo) {
  Workshop shop;
  shop.finish_all();
  shop.pictures->expect({{{RowId{1}, 0}, 10}, {{RowId{2}, 0}, 10}});
  shop.wait_for_begun(2);

  const auto open = shop.open(1);
  EXPECT_TRUE(Reader(open).wait().ok());
  EXPECT_EQ(shop.pictures->figures().made, 2);
}

TEST(Pictures, OldExpectationsGiveWayToNewOnes) {
  Workshop shop({.threads = 1});  // expects 2
  const auto busy = shop.open(1);
  shop.wait_for_begun(1);
  for (int i = 2; i <= 5; ++i) shop.pictures->expect({{{RowId{i}, 0}, 10}});
  const auto last = shop.open(9);
  shop.finish_all();
  EXPECT_TRUE(Reader(last).wait().ok());

  shop.wait_for_begun(4);
  EXPECT_THAT(shop.begun(), ElementsAre(1, 9, 4, 5));
}

TEST(Pictures, WhatIsExpectedMustFitInTheCache) {
  Workshop shop({.threads = 4, .kept_bytes_max = 1000});
  shop.finish_all();
  shop.pictures->expect({{{RowId{1}, 0}, 400}, {{RowId{2}, 0}, 400}});
  const auto open = shop.open(3);
  EXPECT_TRUE(Reader(open).wait().ok());
  shop.wait_for_begun(2);

  EXPECT_THAT(shop.begun(), UnorderedElementsAre(1, 3));
}

TEST(Pictures, WhoStillWaitsAtTheEndIsTold) {
  Workshop shop({.threads = 1});
  // As at an unmount, nobody closes it.
  alignas(Pictures::Open) std::byte room[sizeof(Pictures::Open)];
  const auto* open = new (room) Pictures::Open(shop.open(1));
  shop.wait_for_begun(1);
  Reader reader(*open);

  shop.pictures.reset();

  EXPECT_EQ(reader.wait().error().code, Errc::cancelled);
}

TEST(Pictures, ManyThreadsComeAndGo) {
  Workshop shop({.threads = 3, .kept_bytes_max = 5'000, .open_bytes_max = 5'000});
  shop.finish_all();
  std::vector<std::jthread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&shop, t] {
      for (unsigned i = 0; i < 500; ++i) {
        const auto open = shop.open(static_cast<int>((i * 7 + t * 3) % 11));
        if (i % 5 == 0) continue;
        Reader reader(open);
        if (i % 3 == 0 && open.cancel(reader.ticket)) continue;
        EXPECT_TRUE(reader.wait().ok());
        shop.pictures->expect({{{RowId{static_cast<int>(i % 11)}, 0}, 10}});
      }
    });
  }
}

}  // namespace
}  // namespace dcmfs::fs
