// Storage commitment, asked of a whole node.
#include <atomic>
#include <filesystem>
#include <map>
#include <new>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/commitments.h"
#include "net/find_service.h"
#include "net/retrieve_service.h"
#include "net/server.h"
#include "store/detail/file_ops.h"
#include "store/dicom/transfer_syntax.h"
#include "tests/net/commitment_peer.h"
#include "tests/net/wire.h"
#include "tests/support/temp_store.h"

namespace dcmfs::net {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::string_view kMr = "1.2.840.10008.5.1.4.1.1.4";

SopReference ct_image(int number) {
  return {std::string(kCt), "1.2.3.1." + std::to_string(number)};
}

class Commitment : public testing::Test {
 protected:
  void start(Options options = {}) {
    options.report_backoff = {.first = std::chrono::milliseconds(20),
                              .longest = std::chrono::milliseconds(100)};
    options.report_after = std::chrono::milliseconds(50);
    options.nodes_titled = [this](std::string_view aet) {
      if (throws_.exchange(false)) throw std::bad_alloc();
      std::vector<Destination> nodes;
      if (aet == "SENDER" && peer_port_ != 0)
        nodes.push_back({.aet = "SENDER", .host = "127.0.0.1", .port = peer_port_});
      return nodes;
    };
    options.log = [this](std::string_view) { ++lines_; };
    server_ = TempStore::require(Server::start(*store_, std::move(options)));
  }
  void stop() { server_.reset(); }
  void TearDown() override {
    stop();
    store_.close();  // nobody uses it any more
    detail::file_ops::set_fault({});
  }
  void wait_for_lines(int count) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (lines_ < count && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    EXPECT_GE(lines_, count);
  }

  Added add(int number) {
    return store_.add(make_dicom().sop_class(kCt).study("1.2.3").series("1.2.3.1").instance(
        ct_image(number).sop_instance));
  }

  Association associate(std::string aet = "SENDER", std::vector<ProposedContext> more = {}) {
    more.insert(more.begin(), commitment_context(kScu));
    return TempStore::require(Association::request({.aet = "DCMFS",
                                                    .host = "127.0.0.1",
                                                    .port = server_->port(),
                                                    .calling_aet = std::move(aet)},
                                                   more));
  }
  static ProposedContext context_of(std::string_view sop_class, Roles roles = kScu) {
    return {.abstract_syntax = std::string(sop_class),
            .transfer_syntaxes = {std::string(uids::ExplicitVRLittleEndian)},
            .roles = roles};
  }
  static Dataset action(std::string_view instance = kCommitmentInstance, int type = 1) {
    auto command = make_request(CommandField::n_action_rq, 7, kCommitmentSopClasses.front());
    command.set_text(tags::RequestedSOPInstanceUID, instance);
    command.set_number(tags::ActionTypeID, type);
    return command;
  }
  static Status ask(Association& association, const Dataset& command, const Dataset& dataset) {
    EXPECT_OK(association.send(1, command, dataset));
    const auto answer = association.receive();
    EXPECT_OK(answer);
    if (!answer) return statuses::kProcessingFailure;
    EXPECT_EQ(answer->field(), response(CommandField::n_action_rq));
    EXPECT_EQ(answer->responded_id(), 7);
    return answer->status();
  }
  static Status ask(Association& association, const CommitmentRequest& request) {
    return ask(association, action(), to_dataset(request));
  }
  // And releases at once.
  Status ask_and_leave(const CommitmentRequest& request) {
    auto association = associate();
    const auto status = ask(association, request);
    EXPECT_OK(association.release());
    return status;
  }
  // On one association.
  ReceivedReport report_on(const CommitmentRequest& request) {
    auto association = associate();
    EXPECT_EQ(ask(association, request), statuses::kSuccess);
    return receive_report(association);
  }

  // As an earlier process left them.
  void keep_pending(const std::string& aet, std::size_t count) {
    std::map<std::string, std::string> all;
    for (std::size_t i = 1; i <= count; ++i) {
      const auto number = std::to_string(i);
      all[std::string(19 - number.size(), '0') + number] =
          "1\n" + aet + "\n1.2.3.8." + number + "\n" + std::to_string(to_ms(now())) +
          "\n0\n1\n0\n\n" + ct_image(1).sop_class + " " + ct_image(1).sop_instance + "\n";
    }
    EXPECT_OK(store_->kept_values().set_all("commitment", all));
  }
  std::size_t kept() { return store_->kept_values().all("commitment")->size(); }

  TempStore store_{{.durability = Durability::relaxed}};
  std::atomic<int> peer_port_ = 0;
  std::atomic<bool> throws_ = false;
  std::atomic<int> lines_ = 0;  // of the log
  std::unique_ptr<Server> server_;
};

TEST_F(Commitment, IsReportedOnTheSameAssociationToAPeerThatWaits) {
  add(1);
  add(2);
  start();

  const auto got = report_on({"1.2.3.9", {ct_image(1), ct_image(2)}});

  EXPECT_EQ(got.event_type, kAllCommitted);
  EXPECT_EQ(got.sop_instance, kCommitmentInstance);
  EXPECT_EQ(got.ours, kScu);
  EXPECT_EQ(got.report.transaction_uid, "1.2.3.9");
  EXPECT_THAT(got.report.committed, ElementsAre(ct_image(1), ct_image(2)));
  EXPECT_THAT(got.report.failed, IsEmpty());
}

TEST_F(Commitment, SaysOfEachInstanceWhyItIsNotCommittedTo) {
  add(1);
  start();

  const auto got =
      report_on({"1.2.3.9", {ct_image(1), ct_image(2), {std::string(kMr), "1.2.3.1.1"}}});

  EXPECT_EQ(got.event_type, kSomeNotCommitted);
  EXPECT_THAT(got.report.committed, ElementsAre(ct_image(1)));
  EXPECT_THAT(
      got.report.failed,
      ElementsAre(NotCommitted{ct_image(2), statuses::kNoSuchSopInstance},
                  NotCommitted{{std::string(kMr), "1.2.3.1.1"}, statuses::kClassInstanceConflict}));
}

TEST_F(Commitment, IsNotGivenForAFileThatIsNotWhole) {
  add(1);
  const auto cut = add(2), gone = add(3);
  const auto path = [&](const Added& added) {
    const auto blob = TempStore::require(store_->open_file(added.instance.row));
    return std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(blob.fd()));
  };
  std::filesystem::resize_file(path(cut), 100);
  std::filesystem::remove(path(gone));
  start();

  const auto got = report_on({"1.2.3.9", {ct_image(1), ct_image(2), ct_image(3)}});

  EXPECT_THAT(got.report.committed, ElementsAre(ct_image(1)));
  EXPECT_THAT(got.report.failed,
              ElementsAre(NotCommitted{ct_image(2), statuses::kProcessingFailure},
                          NotCommitted{ct_image(3), statuses::kProcessingFailure}));
}

TEST_F(Commitment, IsNotGivenForWhatCannotBeBroughtToTheDisk) {
  add(1);
  start();
  auto association = associate();
  detail::file_ops::set_fault(
      [](detail::file_ops::Op op) { return op == detail::file_ops::Op::sync ? EIO : 0; });

  EXPECT_EQ(ask(association, {"1.2.3.9", {ct_image(1)}}), statuses::kSuccess);
  wait_for_lines(1);

  EXPECT_FALSE(association.has_arrived()) << "no report";
  EXPECT_EQ(kept(), 1U);
}

TEST_F(Commitment, RequestsThatCannotBeTakenAreAnsweredSo) {
  start();
  auto association = associate();
  const auto good = to_dataset(CommitmentRequest{"1.2.3.9", {ct_image(1)}});
  auto no_transaction = good;
  no_transaction.erase(tags::TransactionUID);
  auto no_class = good;
  no_class.erase(tags::ReferencedSOPSequence);
  no_class.add_item(tags::ReferencedSOPSequence)
      .set_text(tags::ReferencedSOPInstanceUID, "1.2.3.1.1");
  auto other_class = action();
  other_class.set_text(tags::RequestedSOPClassUID, kCt);

  EXPECT_EQ(ask(association, action("1.2.3"), good), statuses::kNoSuchSopInstance);
  EXPECT_EQ(ask(association, action(kCommitmentInstance, 2), good), statuses::kNoSuchActionType);
  EXPECT_EQ(ask(association, other_class, good), statuses::kClassInstanceConflict);
  EXPECT_EQ(ask(association, action(), no_transaction), statuses::kInvalidArgumentValue);
  EXPECT_EQ(ask(association, action(), no_class), statuses::kInvalidArgumentValue);
  EXPECT_EQ(ask(association, {"1.2.3.9", {}}), statuses::kInvalidArgumentValue);
  EXPECT_EQ(kept(), 0U);
}

TEST_F(Commitment, OfMoreThanTheLimitIsRefused) {
  start();
  auto association = associate();
  const std::vector<SopReference> many(kReferencesMax + 1, ct_image(1));

  EXPECT_EQ(ask(association, {"1.2.3.9", many}), statuses::kResourceLimitation);
}

TEST_F(Commitment, OfManyIsKeptInPartsAndReportedWhole) {
  add(1);
  start();
  std::vector<SopReference> many;
  for (int i = 1; i <= 50'000; ++i) many.push_back(ct_image(i));

  const auto got = report_on({"1.2.3.9", many});

  EXPECT_THAT(got.report.committed, ElementsAre(ct_image(1)));
  EXPECT_THAT(got.report.failed, SizeIs(many.size() - 1));
  EXPECT_EQ(got.report.failed.back().what, many.back());
}

TEST_F(Commitment, SeveralRequestsAreReportedOneAfterTheOther) {
  add(1);
  start();
  auto association = associate();

  EXPECT_EQ(ask(association, {"1.2.3.8", {ct_image(1)}}), statuses::kSuccess);
  EXPECT_EQ(ask(association, {"1.2.3.9", {ct_image(1)}}), statuses::kSuccess);

  EXPECT_EQ(receive_report(association).report.transaction_uid, "1.2.3.8");
  EXPECT_EQ(receive_report(association).report.transaction_uid, "1.2.3.9");
  EXPECT_OK(association.release());
}

// PS3.7 D.3.3.3: each side may have one request on its way.
TEST_F(Commitment, AnAnswerToAReportMayComeInTheMiddleOfAQuery) {
  add(1);
  start();
  auto association = associate("SENDER", {context_of(kFindSopClasses[1])});
  ASSERT_EQ(ask(association, {"1.2.3.9", {ct_image(1)}}), statuses::kSuccess);
  const auto report = TempStore::require(association.receive());
  Dataset identifier;
  identifier.set_text(tags::QueryRetrieveLevel, "STUDY");
  identifier.set_text(tags::StudyInstanceUID, "");

  ASSERT_OK(association.send(3, make_request(CommandField::c_find_rq, 9, kFindSopClasses[1]),
                             identifier, Association::Delivery::with_next));
  ASSERT_OK(association.send(1, make_response(report, statuses::kSuccess)));

  EXPECT_EQ(TempStore::require(association.receive()).status(), statuses::kPending);
  EXPECT_EQ(TempStore::require(association.receive()).status(), statuses::kSuccess);
  EXPECT_OK(association.release());
}

TEST_F(Commitment, AnAnswerToAReportMayComeBeforeThatToASubOperation) {
  add(1);
  start();
  auto association = associate("SENDER", {context_of(kGetSopClasses[1]), context_of(kCt, kScp)});
  ASSERT_EQ(ask(association, {"1.2.3.9", {ct_image(1)}}), statuses::kSuccess);
  const auto report = TempStore::require(association.receive());
  Dataset identifier;
  identifier.set_text(tags::QueryRetrieveLevel, "STUDY");
  identifier.set_text(tags::StudyInstanceUID, "1.2.3");

  ASSERT_OK(
      association.send(3, make_request(CommandField::c_get_rq, 9, kGetSopClasses[1]), identifier));
  EXPECT_EQ(TempStore::require(association.receive()).status(), statuses::kPending);
  const auto instance = TempStore::require(association.receive());
  ASSERT_OK(association.send(1, make_response(report, statuses::kSuccess)));
  ASSERT_OK(association.send(5, make_response(instance, statuses::kSuccess)));

  EXPECT_EQ(TempStore::require(association.receive()).status(), statuses::kSuccess);
  EXPECT_OK(association.release());
}

TEST_F(Commitment, WhatIsStoredAfterTheRequestCountsWhenTheReportIsMade) {
  start({.report_after = std::chrono::milliseconds(500)});
  ask_and_leave({"1.2.3.9", {ct_image(1)}});  // nobody knows the peer yet
  wait_for_lines(1);
  add(1);
  CommitmentPeer peer;
  peer_port_ = peer.port();

  EXPECT_EQ(peer.received(1).at(0).event_type, kAllCommitted);
}

TEST_F(Commitment, WhoLeavesGetsTheReportOnAnAssociationInWhichWeAreScp) {
  add(1);
  CommitmentPeer peer;
  peer_port_ = peer.port();
  start();

  EXPECT_EQ(ask_and_leave({"1.2.3.9", {ct_image(1)}}), statuses::kSuccess);
  const auto received = peer.received(1);

  ASSERT_THAT(received, SizeIs(1));
  EXPECT_EQ(received[0].event_type, kAllCommitted);
  EXPECT_EQ(received[0].ours, kScu);
  EXPECT_EQ(received[0].report.transaction_uid, "1.2.3.9");
}

// PS3.8 9.3.3, without an item of PS3.7 D.3.3.4.
std::string acceptance_without_roles() {
  return pdu(2, u16(1) + u16(0) + padded_title("SENDER") + padded_title("DCMFS") +
                    std::string(32, '\0') + item(0x10, "1.2.840.10008.3.1.1.1") +
                    item(0x21, std::string{1, 0, 0, 0} + item(0x40, "1.2.840.10008.1.2")) +
                    item(0x50, item(0x51, u32(16384)) + item(0x52, "1.2.3")));
}

TEST_F(Commitment, WhoSaysNothingOfRolesGetsTheReport) {
  add(1);
  const auto listening = TempStore::require(listen_on("127.0.0.1", 0));
  ::fcntl(listening.fd(), F_SETFL, 0);  // accept() waits
  peer_port_ = port_of(listening);
  start();

  ask_and_leave({"1.2.3.9", {ct_image(1)}});
  Wire peer(Socket(::accept(listening.fd(), nullptr, nullptr)));
  receive_pdu(peer);
  peer.send(acceptance_without_roles());

  EXPECT_TRUE(receive_pdu(peer).starts_with('\4'));  // P-DATA-TF
}

TEST_F(Commitment, AReportThatCannotBeGivenIsTriedAgain) {
  add(1);
  const int port = port_of(*listen_on("127.0.0.1", 0));  // closed at once
  peer_port_ = port;
  start();
  ask_and_leave({"1.2.3.9", {ct_image(1)}});
  wait_for_lines(3);

  CommitmentPeer peer({.answers = {statuses::kProcessingFailure}});
  peer_port_ = peer.port();

  EXPECT_THAT(peer.received(2), SizeIs(2));  // the first was not taken
}

TEST_F(Commitment, AReportForWhichThereIsNoMemoryIsTriedAgain) {
  add(1);
  CommitmentPeer peer;
  peer_port_ = peer.port();
  start();
  auto association = associate();
  ask(association, {"1.2.3.9", {ct_image(1)}});

  throws_ = true;
  EXPECT_OK(association.release());

  EXPECT_THAT(peer.received(1), SizeIs(1));
  EXPECT_FALSE(throws_);
}

TEST_F(Commitment, AReportThatIsRefusedIsNotTriedAgain) {
  add(1);
  CommitmentPeer peer({.answers = {statuses::kNoSuchSopInstance}});
  peer_port_ = peer.port();
  start();

  ask_and_leave({"1.2.3.8", {ct_image(1)}});
  peer.received(1);
  ask_and_leave({"1.2.3.9", {ct_image(1)}});
  const auto received = peer.received(2);

  ASSERT_THAT(received, SizeIs(2));
  EXPECT_EQ(received[1].report.transaction_uid, "1.2.3.9");
}

TEST_F(Commitment, AReportThatIsPendingSurvivesARestart) {
  add(1);
  start();
  std::vector<SopReference> many;
  for (int i = 1; i <= 40'000; ++i) many.push_back(ct_image(i));
  ask_and_leave({"1.2.3.8", {ct_image(1)}});
  ask_and_leave({"1.2.3.9", many});
  stop();
  store_.reopen();

  CommitmentPeer peer;
  peer_port_ = peer.port();
  start();
  const auto received = peer.received(2);

  ASSERT_THAT(received, SizeIs(2));
  EXPECT_EQ(received[0].report.transaction_uid, "1.2.3.8");
  EXPECT_EQ(received[0].event_type, kAllCommitted);
  EXPECT_EQ(received[1].report.transaction_uid, "1.2.3.9");
  EXPECT_THAT(received[1].report.failed, SizeIs(many.size() - 1));
}

TEST_F(Commitment, WhatIsReportedIsNotReportedAfterARestart) {
  add(1);
  start();
  auto association = associate();
  ask(association, {"1.2.3.8", {ct_image(1)}});
  receive_report(association);
  EXPECT_OK(association.release());
  stop();  // the answer has been taken by then
  store_.reopen();

  CommitmentPeer peer;
  peer_port_ = peer.port();
  start();
  ask_and_leave({"1.2.3.9", {ct_image(1)}});

  EXPECT_EQ(peer.received(1).at(0).report.transaction_uid, "1.2.3.9");
  EXPECT_TRUE(store_->kept_values().all("commitment part")->empty());
}

TEST_F(Commitment, ATransactionUidThatIsUsedForSomethingElseIsReportedSo) {
  add(1);
  add(2);
  start();
  const NotCommitted duplicate{ct_image(2), statuses::kDuplicateTransactionUid};

  EXPECT_EQ(report_on({"1.2.3.9", {ct_image(1)}}).event_type, kAllCommitted);
  const auto other = report_on({"1.2.3.9", {ct_image(2)}});
  stop();
  store_.reopen();
  start();
  const auto after_restart = report_on({"1.2.3.9", {ct_image(2)}});

  EXPECT_THAT(other.report.failed, ElementsAre(duplicate));
  EXPECT_THAT(after_restart.report.failed, ElementsAre(duplicate));
}

TEST_F(Commitment, TheSameRequestAgainIsReportedAgain) {
  add(1);
  start();

  EXPECT_EQ(report_on({"1.2.3.9", {ct_image(1)}}).event_type, kAllCommitted);
  EXPECT_EQ(report_on({"1.2.3.9", {ct_image(1)}}).event_type, kAllCommitted);
}

TEST_F(Commitment, OneAeTitleLeavesRoomForTheOthers) {
  peer_port_ = port_of(*listen_on("127.0.0.1", 0));  // closed at once
  keep_pending("SENDER", Commitments::kTitlePendingMax);
  start();

  auto one = associate("SENDER"), other = associate("OTHER");

  EXPECT_EQ(ask(one, {"1.2.3.9", {ct_image(1)}}), statuses::kResourceLimitation);
  EXPECT_EQ(ask(other, {"1.2.3.9", {ct_image(1)}}), statuses::kSuccess);
}

TEST_F(Commitment, OfTitlesThatNobodyKnowsTheLatestFewWaitAndTheLogHasALineForEach) {
  keep_pending("STRANGER", Commitments::kStrangersPendingMax + 50);

  start();

  for (int i = 0; i < 4000 && kept() > Commitments::kStrangersPendingMax; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  const auto left = TempStore::require(store_->kept_values().all("commitment"));
  EXPECT_THAT(left, SizeIs(Commitments::kStrangersPendingMax));
  EXPECT_EQ(std::stoi(left.begin()->first), 51) << "the oldest are gone";
  ask_and_leave({"1.2.3.9", {ct_image(1)}});
  wait_for_lines(2);
  EXPECT_EQ(lines_, 2);
}

TEST_F(Commitment, ARequestThatWasNotWrittenWholeIsForgotten) {
  auto& kept = store_->kept_values();
  EXPECT_OK(kept.set("commitment", "0000000000000000001", "0\nSENDER\n1.2.3.9\n0\n0\n2\n1\n\n"));
  EXPECT_OK(kept.set("commitment part", "0000000000000000001/1", "1.2 1.2.3.1.1\n"));

  start();

  EXPECT_TRUE(kept.all("commitment")->empty());
  EXPECT_TRUE(kept.all("commitment part")->empty());
}

TEST_F(Commitment, NeedsThePrivilege) {
  Options options;
  options.access.anybody.storage_commitment = false;
  start(options);

  EXPECT_TRUE(associate().facts().contexts.empty());
}

}  // namespace
}  // namespace dcmfs::net
