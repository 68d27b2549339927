#include "store/outbox.h"

#include <array>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/store/outbox_fixture.h"

namespace dcmfs {
namespace {

using std::chrono::minutes;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class OutboxTest : public OutboxFixture {};

// -- putting and claiming

TEST_F(OutboxTest, TellsAWorkerAllItNeedsToNegotiate) {
  const Key instance = add();
  const std::string sop_class =
      TempStore::require(store_->get(instance)).attributes.at(tags::SOPClassUID);
  put(instance);

  const auto claimed = claim();

  ASSERT_THAT(claimed, SizeIs(1));
  const Outgoing& entry = claimed.front();
  EXPECT_EQ(entry.destination, "PACS");
  EXPECT_EQ(entry.state, SendState::sending);
  EXPECT_EQ(entry.instance, instance.row);
  EXPECT_EQ(entry.sop_class, sop_class);
  EXPECT_EQ(entry.sop_instance, "1.3.1");
  EXPECT_EQ(entry.transfer_syntax, uids::ExplicitVRLittleEndian);
  EXPECT_EQ(entry.size, TempStore::require(store_->file(instance.row)).size);
  EXPECT_EQ(entry.put, kNow);
  EXPECT_EQ(entry.due, kNow + kLease);
}

TEST_F(OutboxTest, QueuesEverythingBelowAStudyInOrder) {
  const Key first = add("1.3.1", "1.2.1");
  add("1.3.2", "1.2.2");
  add("1.3.3", "1.2.1");

  const auto queued = TempStore::require(outbox().put({above(first, Level::study), "PACS"}, kNow));

  EXPECT_EQ(queued.entries, 3);
  EXPECT_EQ(value(queued.last) - value(queued.first), 2);
  EXPECT_THAT(sop_instances(claim()), ElementsAre("1.3.1", "1.3.3", "1.3.2"));
}

TEST_F(OutboxTest, QueuesNothingOfWhatIsNotThere) {
  const auto queued = TempStore::require(outbox().put({{Level::study, RowId{4711}}, "PACS"}, kNow));

  EXPECT_EQ(queued.entries, 0);
}

TEST_F(OutboxTest, PutsAllOrdersOrNone) {
  const Key instance = add();
  const std::vector<Outbox::Order> orders{{instance, "PACS"}, {instance, "a/b/c"}};

  const auto queued = outbox().put(orders, kNow, Outbox::Position{"rules", 7});

  ASSERT_FALSE(queued);
  EXPECT_EQ(queued.error().code, Errc::invalid_argument);
  EXPECT_THAT(TempStore::require(outbox().destinations()), IsEmpty());
  EXPECT_EQ(TempStore::require(outbox().position("rules")), std::nullopt);
}

TEST_F(OutboxTest, RefusesDestinationsThatNoFileCouldBeCalled) {
  const Key instance = add();
  for (const std::string name : {"", ".", "..", "a/b/c", ".hidden", "a\nb", "NUL"})
    EXPECT_FALSE(outbox().put({instance, name}, kNow)) << name;
  EXPECT_FALSE(outbox().put({instance, std::string(65, 'A')}, kNow));
}

TEST_F(OutboxTest, GivesAnEntryToOneWorkerOnly) {
  put(add());

  EXPECT_THAT(claim(), SizeIs(1));
  EXPECT_THAT(claim(), IsEmpty());
}

TEST_F(OutboxTest, GivesAnEntryAgainWhenTheLeaseHasExpired) {
  put(add());
  const auto first = claim();

  const auto second = claim(kNow + kLease);

  ASSERT_THAT(second, SizeIs(1));
  EXPECT_NE(second.front().claim, first.front().claim);
  EXPECT_EQ(second.front().attempts, 0);
}

TEST_F(OutboxTest, ALeaseCanBeExtendedByWhoHoldsIt) {
  put(add());
  const auto first = claim();
  ASSERT_OK(outbox().extend(first, kNow + 2 * kLease));
  ASSERT_THAT(claim(kNow + kLease), IsEmpty());
  const auto second = claim(kNow + 2 * kLease);

  ASSERT_OK(outbox().extend(first, kNow + 10 * kLease));

  EXPECT_THAT(second, SizeIs(1));
  EXPECT_THAT(claim(kNow + 3 * kLease), SizeIs(1));
}

TEST_F(OutboxTest, ClaimsNoMoreThanAsked) {
  for (int i = 1; i <= 5; ++i) put(add("1.3." + std::to_string(i)));

  EXPECT_THAT(sop_instances(claim(kNow, 2)), ElementsAre("1.3.1", "1.3.2"));
  EXPECT_THAT(sop_instances(claim(kNow, 2)), ElementsAre("1.3.3", "1.3.4"));
}

TEST_F(OutboxTest, KeepsDestinationsApart) {
  const Key instance = add();
  put(instance, "A");
  const OutboxId to_b = put(instance, "B");

  EXPECT_THAT(ids(claim(kNow, 100, "B")), ElementsAre(to_b));
  EXPECT_EQ(status("A").queued, 1);
  EXPECT_EQ(status("B").sending, 1);
}

TEST_F(OutboxTest, TwoWorkersNeverGetTheSame) {
  constexpr int kEntries = 200;
  const Key instance = add();
  for (int i = 0; i < kEntries; ++i) put(instance);
  std::array<std::vector<OutboxId>, 4> got;
  {
    std::vector<std::jthread> workers;
    for (auto& mine : got) {
      workers.emplace_back([&] {
        for (;;) {
          const auto claimed = outbox().claim("PACS", 3, kNow, kLease);
          if (!claimed || claimed->empty()) return;
          for (const Outgoing& entry : *claimed) mine.push_back(entry.id);
        }
      });
    }
  }

  std::set<OutboxId> all;
  std::size_t sum = 0;
  for (const auto& mine : got) {
    all.insert(mine.begin(), mine.end());
    sum += mine.size();
  }
  EXPECT_EQ(sum, kEntries);
  EXPECT_EQ(all.size(), kEntries);
}

TEST_F(OutboxTest, SurvivesAReopen) {
  const OutboxId id = put(add());
  (void)claim();

  store_.reopen();

  EXPECT_EQ(status().sending, 1);
  EXPECT_THAT(claim(kNow + minutes(1)), IsEmpty());
  EXPECT_THAT(ids(claim(kNow + kLease)), ElementsAre(id));
}

TEST_F(OutboxTest, TheOnlySenderNeedNotWaitForDeadLeases) {
  const OutboxId id = put(add());
  (void)claim();

  ASSERT_OK(outbox().forget_claims(kNow));

  EXPECT_THAT(ids(claim()), ElementsAre(id));
}

// -- outcomes

TEST_F(OutboxTest, WhatIsSentIsForgottenAndCounted) {
  const OutboxId id = put(add());

  ASSERT_OK(outbox().done(claim(), kNow));

  EXPECT_EQ(outbox().get(id).error().code, Errc::not_found);
  const auto after = status();
  EXPECT_EQ(after.sent, 1);
  EXPECT_GT(after.sent_bytes, 0);
  EXPECT_EQ(after.last_sent, kNow);
  EXPECT_EQ(after.queued + after.sending + after.failed, 0);
}

TEST_F(OutboxTest, DoneTwiceCountsOnce) {
  put(add());
  const auto claimed = claim();

  ASSERT_OK(outbox().done(claimed, kNow));
  ASSERT_OK(outbox().done(claimed, kNow));

  EXPECT_EQ(status().sent, 1);
}

TEST_F(OutboxTest, ARetryWaitsUntilItIsDue) {
  const OutboxId id = put(add());

  ASSERT_OK(outbox().retry(claim().front(), kOutOfSpace, kNow, kNow + minutes(5)));

  EXPECT_THAT(claim(kNow + minutes(4)), IsEmpty());
  const auto entry = TempStore::require(outbox().get(id));
  EXPECT_EQ(entry.state, SendState::waiting);
  EXPECT_EQ(entry.attempts, 1);
  EXPECT_EQ(entry.failure.trouble, Trouble::answered);
  EXPECT_EQ(entry.failure.reason, kOutOfSpace.reason);
  EXPECT_EQ(status().last_failure.reason, kOutOfSpace.reason);
  EXPECT_EQ(status().queued, 1);
  EXPECT_THAT(ids(claim(kNow + minutes(5))), ElementsAre(id));
}

TEST_F(OutboxTest, WhatIsDueAgainGoesBehindWhatWasPutMeanwhile) {
  const OutboxId tried = put(add("1.3.1"));
  ASSERT_OK(outbox().retry(claim().front(), kOutOfSpace, kNow, kNow + minutes(5)));
  const OutboxId meanwhile = put(add("1.3.2"));
  const OutboxId behind = put_at(kNow + minutes(6), add("1.3.3"));

  EXPECT_THAT(ids(claim(kNow + minutes(7))), ElementsAre(meanwhile, tried, behind));
}

TEST_F(OutboxTest, WhatWasTriedAndIsReleasedGoesBehindWhatWaited) {
  const OutboxId tried = put(add("1.3.1"));
  ASSERT_OK(outbox().retry(claim().front(), kOutOfSpace, kNow, kNow + minutes(1)));
  const OutboxId waited = put_at(kNow + minutes(2), add("1.3.2"));
  ASSERT_OK(outbox().release(claim(kNow + minutes(3)), kNow + minutes(3)));

  EXPECT_THAT(ids(claim(kNow + minutes(3))), ElementsAre(waited, tried));
}

TEST_F(OutboxTest, WhoHasLostTheClaimDecidesNothing) {
  const OutboxId id = put(add());
  const auto late = claim().front();
  const auto current = claim(kNow + kLease).front();

  ASSERT_OK(outbox().retry(late, kOutOfSpace, kNow, kNow));
  ASSERT_OK(outbox().fail(late, kOutOfSpace, kNow));
  ASSERT_OK(outbox().release(std::span(&late, 1), kNow));

  const auto entry = TempStore::require(outbox().get(id));
  EXPECT_EQ(entry.state, SendState::sending);
  EXPECT_EQ(entry.claim, current.claim);
  EXPECT_EQ(entry.attempts, 0);
}

TEST_F(OutboxTest, ADestinationThatCannotBeReachedIsLeftAlone) {
  const OutboxId id = put(add("1.3.1"));

  ASSERT_OK(outbox().postpone("PACS", claim(), kRefused, kNow, kNow + minutes(1)));
  const OutboxId later = put(add("1.3.2"));

  EXPECT_THAT(claim(kNow + minutes(1) - std::chrono::milliseconds(1)), IsEmpty());
  const auto down = status();
  EXPECT_EQ(down.failures, 1);
  EXPECT_EQ(down.not_before, kNow + minutes(1));
  EXPECT_EQ(down.last_failure.trouble, Trouble::refused);
  EXPECT_EQ(down.last_failed, kNow);
  EXPECT_EQ(TempStore::require(outbox().get(id)).attempts, 0) << "it is not the entry's fault";
  EXPECT_THAT(ids(claim(kNow + minutes(1))), ElementsAre(id, later));
}

TEST_F(OutboxTest, SuccessEndsTheRowOfFailures) {
  put(add());
  ASSERT_OK(outbox().postpone("PACS", claim(), kRefused, kNow, kNow + minutes(1)));

  ASSERT_OK(outbox().done(claim(kNow + minutes(1)), kNow + minutes(1)));

  EXPECT_EQ(status().failures, 0);
  EXPECT_EQ(status().last_failure.reason, kRefused.reason) << "for people, it stays";
}

TEST_F(OutboxTest, WhatIsReleasedStandsWhereItStood) {
  const OutboxId first = put(add("1.3.1"));
  const OutboxId second = put(add("1.3.2"));
  const auto claimed = claim(kNow, 1);

  ASSERT_OK(outbox().release(claimed, kNow));

  EXPECT_THAT(ids(claim()), ElementsAre(first, second));
}

// -- dead letters

TEST_F(OutboxTest, ADeadLetterIsNotTriedAgainByItself) {
  const OutboxId id = put(add());

  ASSERT_OK(outbox().fail(claim().front(), kOutOfSpace, kNow));

  EXPECT_THAT(claim(kNow + std::chrono::years(1)), IsEmpty());
  const auto dead = TempStore::require(outbox().list("PACS", SendState::failed, OutboxId{0}, 10));
  ASSERT_THAT(ids(dead), ElementsAre(id));
  EXPECT_EQ(dead.front().failure.reason, kOutOfSpace.reason);
  EXPECT_EQ(dead.front().since, kNow);
  EXPECT_EQ(status().failed, 1);
}

TEST_F(OutboxTest, ADeadLetterIsTriedAgainOnDemand) {
  const OutboxId id = put(add());
  ASSERT_OK(outbox().fail(claim().front(), kOutOfSpace, kNow));
  ASSERT_OK(outbox().postpone("PACS", {}, kRefused, kNow, kNow + minutes(9)));

  ASSERT_OK(outbox().again(id, kNow));

  const auto claimed = claim();
  ASSERT_THAT(ids(claimed), ElementsAre(id));
  EXPECT_EQ(claimed.front().attempts, 0);
}

TEST_F(OutboxTest, ADeadLetterCanBeGivenUp) {
  const OutboxId id = put_bytes(make_dicom().bytes());
  ASSERT_OK(outbox().fail(claim().front(), kOutOfSpace, kNow));

  ASSERT_OK(outbox().give_up(id));
  EXPECT_OK(outbox().give_up(id)) << "giving up what is gone is no error";

  EXPECT_EQ(status().failed, 0);
  EXPECT_EQ(status().sent, 0);
  EXPECT_EQ(files(), 0);
}

TEST_F(OutboxTest, ListsInPages) {
  for (int i = 1; i <= 5; ++i) put(add("1.3." + std::to_string(i)));
  std::vector<std::string> all;
  for (OutboxId after{0};;) {
    const auto page = TempStore::require(outbox().list("PACS", SendState::queued, after, 2));
    if (page.empty()) break;
    for (const Outgoing& entry : page) all.push_back(entry.sop_instance);
    after = page.back().id;
  }

  EXPECT_THAT(all, ElementsAre("1.3.1", "1.3.2", "1.3.3", "1.3.4", "1.3.5"));
}

}  // namespace
}  // namespace dcmfs
