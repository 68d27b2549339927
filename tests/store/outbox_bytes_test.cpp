// Entries with bytes of their own, storage commitment, and what outlives the index.
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/detail/outbox_files.h"
#include "tests/store/outbox_fixture.h"

namespace dcmfs {
namespace {

using std::chrono::minutes;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class OutboxBytes : public OutboxFixture {};

// -- bytes that are no instances of the store

TEST_F(OutboxBytes, BytesFromOutsideAreKeptUntilTheyAreSentAndNotImported) {
  const std::string bytes = make_dicom().instance("1.3.9").bytes();
  put_bytes(bytes);
  store_.reopen();

  const auto claimed = claim();

  ASSERT_THAT(sop_instances(claimed), ElementsAre("1.3.9"));
  EXPECT_EQ(claimed.front().instance, std::nullopt);
  EXPECT_EQ(claimed.front().name, "IM0001");
  EXPECT_EQ(content(claimed.front()), bytes);
  EXPECT_EQ(TempStore::require(store_->statistics()).instances, 0);
  ASSERT_OK(outbox().done(claimed, kNow));
  EXPECT_EQ(files(), 0);
}

TEST_F(OutboxBytes, RefusesWhatCannotBeSent) {
  const auto error_of = [&](std::string_view bytes) {
    auto file = TempStore::require(spooled(*store_, bytes));
    const auto put = outbox().put(file, "IM0001", "PACS", kNow);
    EXPECT_FALSE(file.path().empty()) << "it is as it was";
    return put ? Errc::not_found : put.error().code;
  };

  EXPECT_EQ(error_of("holiday"), Errc::not_dicom);
  const std::string bytes = make_dicom().pixels(64, 64, 8).bytes();
  EXPECT_EQ(error_of(std::string_view(bytes).substr(0, bytes.size() - 100)), Errc::corrupt);
  EXPECT_EQ(status().queued, 0);
  EXPECT_EQ(files(), 0);
}

TEST_F(OutboxBytes, AnInstanceThatIsRemovedIsSentAllTheSame) {
  const std::string bytes = make_dicom().patient("A", "DOE").instance("1.3.1").bytes();
  const Key instance = store_.add(bytes).instance;
  put(instance, "A");
  put(instance, "B");

  ASSERT_OK(store_->remove(above(instance, Level::patient)));
  store_.reopen();

  for (const char* destination : {"A", "B"}) {
    const auto claimed = claim(kNow, 100, destination);
    ASSERT_THAT(claimed, SizeIs(1));
    EXPECT_EQ(content(claimed.front()), bytes);
    ASSERT_OK(outbox().done(claimed, kNow));
  }
  EXPECT_EQ(files(), 0);
  expect_clean();
}

TEST_F(OutboxBytes, AnInstanceThatIsRemovedWhileItIsSentCanBeRead) {
  const std::string bytes = make_dicom().bytes();
  const Key instance = store_.add(bytes).instance;
  put(instance);
  const auto claimed = claim();

  ASSERT_OK(store_->remove(instance));

  EXPECT_EQ(content(claimed.front()), bytes);
  ASSERT_OK(outbox().done(claimed, kNow));
  EXPECT_EQ(files(), 0);
}

TEST_F(OutboxBytes, AnInstanceThatIsReplacedIsSentAsItWas) {
  store_.reopen({.overwrite = Overwrite::always});
  auto dicom = make_dicom().patient("A", "DOE").study("1.1").series("1.2").instance("1.3");
  const std::string before = dicom.bytes();
  put(store_.add(before).instance);

  store_.add(dicom.pixels(4, 4, 8).bytes());

  const auto claimed = claim();
  ASSERT_THAT(claimed, SizeIs(1));
  EXPECT_EQ(content(claimed.front()), before);
  expect_clean();
}

TEST_F(OutboxBytes, AnEntryWhoseBytesAreLostIsADeadLetter) {
  const OutboxId id = put_bytes(make_dicom().bytes());
  store_.close();
  for (const auto& e : std::filesystem::directory_iterator(store_.root() / "outbox"))
    std::filesystem::remove(e.path());
  ASSERT_THAT(TempStore::require(check(store_.root())).problems, SizeIs(1));

  store_.reopen();

  const auto entry = TempStore::require(outbox().get(id));
  EXPECT_EQ(entry.state, SendState::failed);
  EXPECT_EQ(entry.failure.trouble, Trouble::lost);
  expect_clean();
}

TEST_F(OutboxBytes, FilesWithoutAnEntryGoAtTheNextStart) {
  put_bytes(make_dicom().bytes());
  std::ofstream(store_.root() / "outbox" / "000004711.PACS.dcm") << "never promised";
  std::ofstream(store_.root() / "outbox" / "notes.txt") << "not ours";

  store_.reopen();

  EXPECT_EQ(files(), 2);
  EXPECT_THAT(claim(), SizeIs(1));
}

// -- storage commitment

TEST_F(OutboxBytes, AnEntryThatIsToBeCommittedCountsAsSentWhenItIs) {
  put(add("1.3.1"));
  put(add("1.3.2"));
  const auto claimed = claim();

  ASSERT_OK(outbox().await_commitment(claimed, "2.25.7", kNow, kNow + minutes(60)));
  store_.reopen();

  EXPECT_EQ(status().committing, 2);
  EXPECT_EQ(status().sent, 0);
  EXPECT_THAT(claim(kNow + kLease), IsEmpty());
  const auto reported = TempStore::require(outbox().committing("2.25.7"));
  ASSERT_THAT(sop_instances(reported), ElementsAre("1.3.1", "1.3.2"));
  ASSERT_OK(outbox().done(std::span(reported).first(1), kNow));
  ASSERT_OK(outbox().retry(reported.back(), {Trouble::answered, "0112"}, kNow, kNow));
  EXPECT_EQ(status().sent, 1);
  EXPECT_THAT(TempStore::require(outbox().committing("2.25.7")), IsEmpty());
  EXPECT_THAT(sop_instances(claim()), ElementsAre("1.3.2"));
}

TEST_F(OutboxBytes, ACommitmentThatIsNotReportedIsAskedForAgain) {
  put(add());
  ASSERT_OK(outbox().await_commitment(claim(), "2.25.7", kNow, kNow + minutes(60)));
  ASSERT_THAT(TempStore::require(outbox().overdue("PACS", kNow + minutes(59), 10)), IsEmpty());

  const auto overdue = TempStore::require(outbox().overdue("PACS", kNow + minutes(60), 10));
  ASSERT_THAT(overdue, SizeIs(1));
  ASSERT_OK(outbox().await_commitment(overdue, "2.25.8", kNow, kNow + minutes(120)));

  EXPECT_THAT(TempStore::require(outbox().committing("2.25.7")), IsEmpty());
  EXPECT_THAT(TempStore::require(outbox().committing("2.25.8")), SizeIs(1));
}

// -- when to look again

TEST_F(OutboxBytes, TellsWhenThereIsSomethingToDo) {
  const auto due = [&] { return TempStore::require(outbox().next_due("PACS")); };
  EXPECT_EQ(due(), std::nullopt);
  put(add());
  ASSERT_TRUE(due());
  EXPECT_LE(*due(), kNow);

  const auto claimed = claim();
  EXPECT_EQ(due(), kNow + kLease);
  ASSERT_OK(outbox().postpone("PACS", claimed, kRefused, kNow, kNow + minutes(7)));
  EXPECT_EQ(due(), kNow + minutes(7));
  ASSERT_OK(outbox().await_commitment(claim(kNow + minutes(7)), "2.25.7", kNow, kNow + minutes(9)));
  EXPECT_EQ(due(), kNow + minutes(9));
  const auto committing = TempStore::require(outbox().committing("2.25.7"));
  ASSERT_OK(outbox().fail(committing.front(), kOutOfSpace, kNow));
  EXPECT_EQ(due(), std::nullopt);
}

TEST_F(OutboxBytes, WakesWhoWaitsForNews) {
  const Key instance = add();
  const auto seen = outbox().news();
  std::jthread later([&] { put(instance); });

  outbox().wait(seen, std::chrono::hours(1), {});

  EXPECT_NE(outbox().news(), seen);
}

// -- followers, kept values, rebuild

TEST_F(OutboxBytes, APositionIsKeptTogetherWithWhatItMadeBeQueued) {
  const std::vector<Outbox::Order> orders{{add(), "PACS"}};
  EXPECT_EQ(TempStore::require(outbox().position("rules")), std::nullopt);

  ASSERT_OK(outbox().put(orders, kNow, Outbox::Position{"rules", 4}));
  EXPECT_EQ(TempStore::require(outbox().position("rules")), 4);
  ASSERT_OK(outbox().set_position({"rules", 9}));
  store_.reopen();

  EXPECT_EQ(TempStore::require(outbox().position("rules")), 9);
}

TEST_F(OutboxBytes, ValuesAreKeptByKindAndName) {
  KeptValues& values = store_->kept_values();
  ASSERT_OK(values.set("modality", "PACS", "1"));
  ASSERT_OK(values.set("modality", "PACS", "2"));
  ASSERT_OK(values.set("modality", "AWS", "3"));
  ASSERT_OK(values.set("other", "PACS", "4"));
  store_.reopen();
  KeptValues& again = store_->kept_values();

  EXPECT_THAT(TempStore::require(again.all("modality")),
              ElementsAre(std::pair("AWS", "3"), std::pair("PACS", "2")));
  ASSERT_OK(again.remove("modality", "AWS"));
  EXPECT_OK(again.remove("modality", "AWS"));
  EXPECT_EQ(TempStore::require(again.get("modality", "AWS")), std::nullopt);
  EXPECT_EQ(TempStore::require(again.get("other", "PACS")), "4");
  EXPECT_EQ(
      again.set("modality", "A", std::string(KeptValues::kValueBytesMax + 1, 'x')).error().code,
      Errc::too_large);
}

TEST_F(OutboxBytes, ValuesThatAreSetTogetherAreKeptAllOrNone) {
  KeptValues& values = store_->kept_values();
  const std::string too_long(KeptValues::kNameBytesMax + 1, 'x');

  ASSERT_OK(values.set_all("modality", {{"AWS", "1"}, {"PACS", "2"}}));
  EXPECT_EQ(Errc::too_large, values.set_all("other", {{"AWS", "3"}, {too_long, ""}}).error().code);

  EXPECT_THAT(TempStore::require(values.all("modality")),
              ElementsAre(std::pair("AWS", "1"), std::pair("PACS", "2")));
  EXPECT_TRUE(TempStore::require(values.all("other")).empty());
}

TEST_F(OutboxBytes, ARebuildKeepsWhatIsToBeSent) {
  const Key routed = add("1.3.1");
  const std::int64_t routed_seq = store_->changes().last();
  ASSERT_OK(outbox().set_position({"rules", routed_seq}));
  add("1.3.2");
  put(routed);
  put_bytes(make_dicom().instance("1.3.9").bytes());
  ASSERT_OK(outbox().fail(claim(kNow, 1).front(), kOutOfSpace, kNow));
  ASSERT_OK(store_->kept_values().set("modality", "PACS", "x"));
  store_.close();

  ASSERT_OK(rebuild(store_.root()));
  store_.reopen();

  EXPECT_EQ(status().failed, 1);
  const auto claimed = claim();
  ASSERT_THAT(sop_instances(claimed), ElementsAre("1.3.9"));
  EXPECT_OK(outbox().open(claimed.front()));
  EXPECT_EQ(TempStore::require(store_->kept_values().get("modality", "PACS")), "x");
  const auto seq = TempStore::require(outbox().position("rules"));
  const auto next = TempStore::require(store_->changes().read(seq.value_or(0), 100));
  ASSERT_THAT(next, SizeIs(1)) << "of what had been routed nothing is seen again";
  EXPECT_EQ(next.front().what, (Key{Level::instance, RowId{2}}));
  expect_clean();
}

TEST(DestinationNames, AreThoseThatTheOutboxTakes) {
  TempStore store;
  const Key instance = store.add(make_dicom()).instance;
  for (const char* part :
       {"PACS", "a b", "Röntgen", "AUX", "PACS:1", "CT*", "PACS.", "-X", ".x", ""}) {
    for (const std::string& name : {std::string(part), std::string(kPeersPrefix) + part}) {
      EXPECT_EQ(is_destination_name(part), is_destination(name)) << name;
      EXPECT_EQ(is_destination_name(part), store->outbox().put({instance, name}, kNow).ok())
          << name;
    }
  }
  EXPECT_TRUE(is_destination_name("PACS"));
  EXPECT_FALSE(is_destination_name("PACS:1"));
  EXPECT_FALSE(is_destination("other/PACS"));
  EXPECT_EQ("EAST", server_of("peers/EAST"));
  EXPECT_EQ("", server_of("EAST"));
}

TEST_F(OutboxBytes, ADestinationMayBeOneOfASort) {
  auto file = TempStore::require(spooled(*store_, make_dicom().instance("1.3.9").bytes()));
  ASSERT_OK(outbox().put(file, "IM1", "peers/EAST", kNow));
  for (const char* name : {"", "/", "peers/", "/EAST", "peers/..", "a/b/c"}) {
    auto other = TempStore::require(spooled(*store_, make_dicom().bytes()));
    EXPECT_EQ(Errc::invalid_argument, outbox().put(other, "IM1", name, kNow).error().code) << name;
  }
  store_.close();
  std::filesystem::remove(store_.root() / "index.db");
  ASSERT_OK(rebuild(store_.root()));
  store_.reopen();

  const auto claimed =
      TempStore::require(outbox().claim("peers/EAST", 10, kNow, std::chrono::minutes(1)));

  ASSERT_THAT(sop_instances(claimed), ElementsAre("1.3.9"));
  EXPECT_OK(outbox().open(claimed.front()));
}

TEST_F(OutboxBytes, ARebuildWithoutTheOldIndexQueuesTheFilesThatWait) {
  const std::string bytes = make_dicom().instance("1.3.9").bytes();
  put_bytes(bytes);
  store_.close();
  std::filesystem::remove(store_.root() / "index.db");
  EXPECT_FALSE(Store::open(store_.root())) << "a new index would take it for leavings";

  ASSERT_OK(rebuild(store_.root()));
  store_.reopen();

  const auto claimed = claim();
  ASSERT_THAT(sop_instances(claimed), ElementsAre("1.3.9"));
  EXPECT_EQ(content(claimed.front()), bytes);
}

}  // namespace
}  // namespace dcmfs
