// Storage commitment as SCU: what the outbox makes of reports, on either association.
#include "net/awaited_commitments.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/commitment_service.h"
#include "net/server.h"
#include "store/dicom/transfer_syntax.h"
#include "tests/net/ends.h"
#include "tests/support/temp_store.h"

namespace dcmfs::net {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr std::string_view kTransaction = "1.2.3.9";

class AwaitedCommitments : public testing::Test {
 protected:
  // Sent to a destination that is asked to commit to them.
  void await(int count) {
    for (int i = 1; i <= count; ++i) {
      const auto added =
          store_.add(make_dicom().sop_class(kCt).study("1.2.3").series("1.2.3.1").instance(uid(i)));
      TempStore::require(outbox().put({.what = added.instance, .destination = "PACS"}, now()));
    }
    const auto claimed =
        TempStore::require(outbox().claim("PACS", 100, now(), std::chrono::hours(1)));
    ASSERT_OK(
        outbox().await_commitment(claimed, kTransaction, now(), now() + std::chrono::hours(1)));
  }
  static std::string uid(int number) { return "1.2.3.1." + std::to_string(number); }
  static SopReference ct_image(int number) { return {std::string(kCt), uid(number)}; }
  static NotCommitted lost(int number) { return {ct_image(number), statuses::kNoSuchSopInstance}; }
  Outbox& outbox() { return store_->outbox(); }
  std::vector<Outgoing> list(SendState state) {
    return TempStore::require(outbox().list("PACS", state, {}, 100));
  }
  std::int64_t sent() { return TempStore::require(outbox().status("PACS")).sent; }

  TempStore store_{{.durability = Durability::relaxed}};
};

Status report_to(Association& association, std::string_view transaction, int event_type,
                 const CommitmentReport& report) {
  auto command = make_request(CommandField::n_event_report_rq, 1, kCommitmentSopClasses.front());
  command.set_text(tags::AffectedSOPInstanceUID, kCommitmentInstance);
  command.set_number(tags::EventTypeID, event_type);
  auto dataset = to_dataset(report);
  dataset.set_text(tags::TransactionUID, transaction);
  EXPECT_OK(association.send(1, command, dataset));
  const auto answer = association.receive();
  EXPECT_OK(answer);
  return answer ? answer->status() : statuses::kProcessingFailure;
}

TEST_F(AwaitedCommitments, ThoseThatAreCommittedAreDoneAndOthersAreSentAgain) {
  await(3);

  ASSERT_OK(settle_report(*store_, {std::string(kTransaction), {ct_image(1)}, {lost(2)}}, now()));

  EXPECT_EQ(sent(), 1);
  const auto again = list(SendState::waiting), still = list(SendState::committing);
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_EQ(again[0].sop_instance, uid(2));
  EXPECT_EQ(again[0].attempts, 1);
  EXPECT_EQ(again[0].failure.trouble, Trouble::answered);
  ASSERT_THAT(still, SizeIs(1));  // nothing was said of it
  EXPECT_EQ(still[0].sop_instance, uid(3));
}

TEST_F(AwaitedCommitments, AReportThatNobodyWaitsForChangesNothing) {
  await(1);

  EXPECT_OK(settle_report(*store_, {"1.2.3.8", {ct_image(1)}, {}}, now()));

  EXPECT_THAT(list(SendState::committing), SizeIs(1));
}

TEST_F(AwaitedCommitments, AReportCountsAlsoIfOtherRequestsTookItsPlaceForADay) {
  const auto replace = [&](std::string_view by, Time at) {
    const auto entries = list(SendState::committing);
    ASSERT_OK(remember_replaced(*store_, entries, by, at));
    ASSERT_OK(outbox().await_commitment(entries, by, at, at + std::chrono::hours(1)));
  };
  await(2);
  replace("1.2.3.10", now() - std::chrono::hours(25));
  replace("1.2.3.11", now());
  replace("1.2.3.12", now());

  EXPECT_OK(settle_report(*store_, {std::string(kTransaction), {ct_image(1)}, {}}, now()));
  EXPECT_EQ(sent(), 0) << "that one is forgotten";
  EXPECT_OK(settle_report(*store_, {"1.2.3.10", {ct_image(1)}, {}}, now()));
  EXPECT_EQ(sent(), 1);
  EXPECT_OK(settle_report(*store_, {"1.2.3.12", {ct_image(2)}, {}}, now()));
  EXPECT_EQ(sent(), 2);
}

TEST_F(AwaitedCommitments, AskOneAfterTheOtherAndTakeTheReportOnTheSameAssociation) {
  await(2);
  Ends ends({.contexts = {commitment_context(kScu)}});
  CommitmentRequest received;
  std::thread peer([&] {
    const auto request = ends.scp().receive();
    ASSERT_OK(request);
    received = *parse_commitment_request(*ends.scp().receive_dataset());
    EXPECT_EQ(request->command.integer(tags::ActionTypeID), kRequestCommitment);
    EXPECT_EQ(request->sop_instance(), kCommitmentInstance);
    ASSERT_OK(ends.scp().send(1, make_response(*request, statuses::kSuccess)));
    EXPECT_EQ(
        report_to(ends.scp(), kTransaction, kAllCommitted, {{}, {ct_image(1), ct_image(2)}, {}}),
        statuses::kSuccess);
  });

  const auto status = request_commitment(*store_, ends.scu(),
                                         {std::string(kTransaction), {ct_image(1), ct_image(2)}});
  const auto waited =
      await_report(*store_, ends.scu(), kTransaction, std::chrono::milliseconds(20'000));
  peer.join();

  EXPECT_OK(status);
  EXPECT_EQ(*status, statuses::kSuccess);
  EXPECT_OK(waited);
  EXPECT_THAT(received.references, testing::ElementsAre(ct_image(1), ct_image(2)));
  EXPECT_EQ(sent(), 2);
}

TEST_F(AwaitedCommitments, AReportMayComeBeforeTheAnswer) {
  await(1);
  Ends ends({.contexts = {commitment_context(kScu)}});
  std::thread peer([&] {
    const auto request = ends.scp().receive();
    ASSERT_OK(request);
    EXPECT_EQ(report_to(ends.scp(), kTransaction, kAllCommitted, {{}, {ct_image(1)}, {}}),
              statuses::kSuccess);
    ASSERT_OK(ends.scp().send(1, make_response(*request, statuses::kSuccess)));
  });

  const auto status =
      request_commitment(*store_, ends.scu(), {std::string(kTransaction), {ct_image(1)}});
  peer.join();

  EXPECT_OK(status);
  EXPECT_EQ(sent(), 1);
}

TEST_F(AwaitedCommitments, WithoutAContextNothingIsAsked) {
  Ends ends;

  EXPECT_EQ(code_of(request_commitment(*store_, ends.scu(), {"1.2.3.9", {ct_image(1)}})),
            Errc::not_supported);
  EXPECT_TRUE(ends.scu().is_open());
}

TEST_F(AwaitedCommitments, OurNodeTakesReportsOnAssociationsInWhichThePeerIsScp) {
  await(1);
  const auto server = TempStore::require(Server::start(*store_, {}));
  auto association = TempStore::require(Association::request(
      {.aet = "DCMFS", .host = "127.0.0.1", .port = server->port(), .calling_aet = "PACS"},
      {commitment_context(kScp)}));

  EXPECT_EQ(report_to(association, kTransaction, 3, {{}, {ct_image(1)}, {}}),
            statuses::kNoSuchEventType);
  EXPECT_EQ(report_to(association, kTransaction, kAllCommitted, {{}, {ct_image(1)}, {}}),
            statuses::kSuccess);
  EXPECT_EQ(report_to(association, kTransaction, kAllCommitted, {{}, {ct_image(1)}, {}}),
            statuses::kSuccess);  // told twice

  EXPECT_EQ(sent(), 1);
  EXPECT_THAT(list(SendState::committing), IsEmpty());
}

TEST_F(AwaitedCommitments, TransactionUidsAreValidAndNeverTheSame) {
  const auto one = make_transaction_uid();

  EXPECT_TRUE(is_valid_uid(one)) << one;
  EXPECT_NE(one, make_transaction_uid());
}

}  // namespace
}  // namespace dcmfs::net
