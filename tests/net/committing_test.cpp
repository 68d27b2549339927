// Sending to a node that is asked to commit, which is a whole one of ours with a store of its own.
#include "net/committing.h"

#include <functional>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/awaited_commitments.h"
#include "net/server.h"
#include "tests/net/ends.h"
#include "tests/net/peer_thread.h"
#include "tests/net/sender.h"
#include "tests/support/temp_store.h"

namespace dcmfs::net {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class Committing : public testing::Test {
 protected:
  Committing() : destinations_(TempStore::require(Destinations::open(ours_->kept_values(), {}))) {}

  void start_peer(Options options = {}) {
    options.aet = "THERE";
    options.report_after = std::chrono::milliseconds(50);
    peer_ = TempStore::require(Server::start(*theirs_, std::move(options)));
    EXPECT_OK(destinations_.put(
        "PACS",
        {.aet = "THERE", .host = "127.0.0.1", .port = peer_->port(), .storage_commitment = true}));
  }
  void start_sender() { sender_ = std::make_unique<Sender>(*ours_, destinations_); }
  void put(int number) {
    const auto added =
        ours_.add(make_dicom().sop_class(kCt).study("1.2.3").series("1.2.3.1").instance(
            "1.2.3.1." + std::to_string(number)));
    TempStore::require(ours_->outbox().put({.what = added.instance, .destination = "PACS"}, now()));
  }
  DestinationStatus status() { return TempStore::require(ours_->outbox().status("PACS")); }
  std::vector<Outgoing> list(SendState state) {
    return TempStore::require(ours_->outbox().list("PACS", state, {}, 1000));
  }
  static bool comes(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition() && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return condition();
  }

  TempStore ours_{{.durability = Durability::relaxed}},
      theirs_{{.durability = Durability::relaxed}};
  Destinations destinations_;
  std::unique_ptr<Server> peer_;
  std::unique_ptr<Sender> sender_;
};

TEST_F(Committing, WhatIsCommittedIsSent) {
  start_peer();
  for (int i = 1; i <= 120; ++i) put(i);

  start_sender();

  EXPECT_TRUE(comes([&] { return status().sent == 120; }));
  EXPECT_THAT(list(SendState::committing), IsEmpty());
  EXPECT_FALSE(theirs_->kept_values().all("commitment")->empty());  // it was asked
}

TEST_F(Committing, ADestinationThatDoesNotCommitGetsDeadLetters) {
  Options options;
  options.access.anybody.storage_commitment = false;
  start_peer(options);
  put(1);

  start_sender();

  ASSERT_TRUE(comes([&] { return status().failed == 1; }));
  EXPECT_EQ(list(SendState::failed)[0].failure.trouble, Trouble::not_accepted);
  EXPECT_EQ(status().sent, 0);
}

TEST_F(Committing, WhatIsOverdueIsAskedForAgainAndNotSentAgain) {
  start_peer();
  put(1);
  const auto claimed =
      TempStore::require(ours_->outbox().claim("PACS", 1, now(), std::chrono::hours(1)));
  ASSERT_OK(ours_->outbox().await_commitment(claimed, "1.2.3.9", now(), now()));
  theirs_.add(make_dicom().sop_class(kCt).study("1.2.3").series("1.2.3.1").instance("1.2.3.1.1"));

  start_sender();

  EXPECT_TRUE(comes([&] { return status().sent == 1; }));
}

TEST_F(Committing, WhatCannotBeAskedForIsOverdueSoon) {
  start_peer();
  peer_.reset();
  put(1);
  const auto claimed =
      TempStore::require(ours_->outbox().claim("PACS", 1, now(), std::chrono::hours(1)));
  std::optional<Association> none;
  const auto to = *destinations_.get("PACS");

  const auto asked = ask_commitment(
      *ours_, none, {.aet = to.aet, .host = to.host, .port = to.port, .calling_aet = "HERE"},
      claimed);

  EXPECT_FALSE(asked);
  const auto waiting = list(SendState::committing);
  ASSERT_THAT(waiting, SizeIs(1));
  EXPECT_LT(waiting[0].due, now() + std::chrono::minutes(2));
}

TEST_F(Committing, AfterADayItIsADeadLetter) {
  start_peer();
  const auto added = ours_.add(make_dicom());
  const auto long_ago = now() - std::chrono::hours(30);
  TempStore::require(
      ours_->outbox().put({.what = added.instance, .destination = "PACS"}, long_ago));
  const auto claimed =
      TempStore::require(ours_->outbox().claim("PACS", 1, now(), std::chrono::hours(1)));
  ASSERT_OK(ours_->outbox().await_commitment(claimed, "1.2.3.9", long_ago, now()));

  start_sender();

  EXPECT_TRUE(comes([&] { return status().failed == 1; }));
}

// Says that it will, and no more.
void promise_commitment(Socket client) {
  auto association = Association::accept(std::move(client), {}, accept_all);
  ASSERT_OK(association);
  const auto request = association->receive();
  ASSERT_OK(request);
  ASSERT_OK(association->send(request->context, make_response(*request, statuses::kSuccess)));
}

TEST_F(Committing, WhoTakesItsTimeIsAskedMoreSeldomAndItsLateReportCounts) {
  using std::chrono::hours;
  PeerThread peer([](Socket client, std::stop_token) { promise_commitment(std::move(client)); });
  const Peer to{.aet = "THERE", .host = "127.0.0.1", .port = peer.port(), .calling_aet = "HERE"};
  put(1);
  const auto sent = now() - hours(6);
  const auto claimed = TempStore::require(ours_->outbox().claim("PACS", 1, sent, hours(1)));
  ASSERT_OK(ours_->outbox().await_commitment(claimed, "1.2.3.9", sent, now() - hours(1)));

  (void)ask_overdue_commitments(*ours_, to, "PACS");  // the peer leaves at once

  const auto waiting = list(SendState::committing);
  ASSERT_THAT(waiting, SizeIs(1));
  EXPECT_NE(waiting[0].transaction_uid, "1.2.3.9");
  EXPECT_GT(waiting[0].due, now() + hours(5));
  ASSERT_OK(settle_report(*ours_, {"1.2.3.9", {{std::string(kCt), "1.2.3.1.1"}}, {}}, now()));
  EXPECT_EQ(status().sent, 1);
}

TEST_F(Committing, TheDayBeginsWhenItWasSent) {
  using std::chrono::hours;
  const auto added = ours_.add(make_dicom());
  TempStore::require(
      ours_->outbox().put({.what = added.instance, .destination = "PACS"}, now() - hours(72)));
  const auto committing_since = [&](hours ago) {
    auto entries = list(SendState::committing);
    if (entries.empty())
      entries = TempStore::require(
          ours_->outbox().claim("PACS", 10, now() - ago, std::chrono::minutes(1)));
    ASSERT_OK(ours_->outbox().await_commitment(entries, "1.2.3", now() - ago, now() - hours(1)));
  };
  const auto ask = [&] {
    (void)ask_overdue_commitments(
        *ours_, {.aet = "THERE", .host = "127.0.0.1", .port = 1, .calling_aet = "HERE"}, "PACS");
  };

  committing_since(hours(2));
  ask();
  EXPECT_THAT(list(SendState::committing), SizeIs(1))
      << "queued for three days, sent two hours ago";
  // Asked again, which is not sent again.
  committing_since(hours(1));
  EXPECT_GE(now() - list(SendState::committing).at(0).since, hours(2));
}

}  // namespace
}  // namespace dcmfs::net
