// C-MOVE and C-GET, asked of a whole node.
#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/retrieve_service.h"
#include "net/server.h"
#include "store/dicom/writer.h"
#include "tests/net/storage_peer.h"
#include "tests/net/wire.h"
#include "tests/support/temp_store.h"

namespace dcmfs::net {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr std::string_view kCtImage = "1.2.840.10008.5.1.4.1.1.2";
constexpr std::string_view kStudyUid = "1.2.3";

std::vector<std::string> little_endian() {
  return {std::string(uids::ExplicitVRLittleEndian), std::string(uids::ImplicitVRLittleEndian)};
}

// What came back of a C-MOVE or C-GET.
struct Responses {
  std::vector<Message> pending;
  Message last;
  std::vector<std::string> failed;    // UIDs
  std::vector<std::string> received;  // C-GET
  std::vector<std::string> datasets;
  std::vector<std::string> syntaxes;

  std::int64_t count(Tag tag) const { return last.command.integer(tag).value_or(-1); }
  std::int64_t completed() const { return count(tags::NumberOfCompletedSuboperations); }
  std::int64_t failures() const { return count(tags::NumberOfFailedSuboperations); }
  std::int64_t warnings() const { return count(tags::NumberOfWarningSuboperations); }
  std::int64_t remaining() const { return count(tags::NumberOfRemainingSuboperations); }
};

class Retrieve : public testing::Test {
 protected:
  void start(Options options = {}) {
    options.nodes_titled = [this](std::string_view aet) {
      std::vector<Destination> nodes;
      if (const auto found = nodes_.find(std::string(aet)); found != nodes_.end())
        nodes.push_back({.aet = found->first, .host = "127.0.0.1", .port = found->second});
      return nodes;
    };
    server_ = TempStore::require(Server::start(*store_, std::move(options)));
    nodes_["DCMFS"] = server_->port();
  }

  // Adds instances 1.2.3.1.1 ... of one series.
  void add(int count) {
    for (int i = 1; i <= count; ++i) store_.add(instance(i));
  }
  static DicomBuilder instance(int number) {
    return make_dicom()
        .sop_class(kCtImage)
        .study(kStudyUid)
        .series("1.2.3.1")
        .instance(uid(number))
        .pixels(8, 8, 16);
  }
  static std::string uid(int number) { return "1.2.3.1." + std::to_string(number); }

  Association associate(std::string_view sop_class, std::vector<ProposedContext> more = {}) {
    std::vector<ProposedContext> contexts{
        {.abstract_syntax = std::string(sop_class), .transfer_syntaxes = little_endian()}};
    contexts.insert(contexts.end(), more.begin(), more.end());
    return TempStore::require(Association::request({.aet = "DCMFS",
                                                    .host = "127.0.0.1",
                                                    .port = server_->port(),
                                                    .calling_aet = "WORKSTATION"},
                                                   contexts));
  }
  static ProposedContext storage(Roles roles = kScp,
                                 std::vector<std::string> syntaxes = little_endian()) {
    return {.abstract_syntax = std::string(kCtImage),
            .transfer_syntaxes = std::move(syntaxes),
            .roles = roles};
  }
  static Dataset study() {
    Dataset identifier;
    identifier.set_text(tags::QueryRetrieveLevel, "STUDY");
    identifier.set_text(tags::StudyInstanceUID, kStudyUid);
    return identifier;
  }

  static void ask_move(Association& association, std::string_view destination,
                       const Dataset& identifier) {
    auto request = make_request(CommandField::c_move_rq, 7, kMoveSopClasses[1]);
    request.set_number(tags::Priority, 0);
    request.set_text(tags::MoveDestination, destination);
    ASSERT_OK(association.send(1, request, identifier));
  }
  static void ask_get(Association& association, const Dataset& identifier) {
    auto request = make_request(CommandField::c_get_rq, 7, kGetSopClasses[1]);
    request.set_number(tags::Priority, 0);
    ASSERT_OK(association.send(1, request, identifier));
  }
  static Dataset cancel() {
    Dataset command;
    command.set_number(tags::CommandField, static_cast<double>(CommandField::c_cancel_rq));
    command.set_number(tags::MessageIDBeingRespondedTo, 7);
    return command;
  }

  // Everything to the last response; C-STORE-RQs are answered by `answer`.
  using Answer = std::function<Status(std::string_view sop_instance)>;
  static Responses responses(
      Association& association, const Answer& answer = [](auto) { return statuses::kSuccess; }) {
    Responses all;
    for (;;) {
      auto message = TempStore::require(association.receive());
      if (message.field() == CommandField::c_store_rq) {
        all.received.push_back(message.sop_instance());
        all.syntaxes.push_back(association.context(message.context)->transfer_syntax);
        std::string& bytes = all.datasets.emplace_back();
        EXPECT_OK(association.receive_dataset([&](std::span<const std::byte> piece) {
          bytes.append(reinterpret_cast<const char*>(piece.data()), piece.size());
          return Result<>();
        }));
        EXPECT_OK(association.send(message.context,
                                   make_response(message, answer(message.sop_instance()))));
        continue;
      }
      EXPECT_EQ(message.responded_id(), 7);
      if (class_of(message.status()) == StatusClass::pending) {
        all.pending.push_back(std::move(message));
        continue;
      }
      if (message.has_dataset()) {
        all.failed =
            TempStore::require(association.receive_dataset()).texts(tags::FailedSOPInstanceUIDList);
      }
      all.last = std::move(message);
      return all;
    }
  }
  Responses move(std::string_view destination, const Dataset& identifier = study()) {
    auto association = associate(kMoveSopClasses[1]);
    ask_move(association, destination, identifier);
    return responses(association);
  }
  Responses get(
      const std::vector<ProposedContext>& contexts = {storage()},
      const Answer& answer = [](auto) { return statuses::kSuccess; }) {
    auto association = associate(kGetSopClasses[1], contexts);
    ask_get(association, study());
    return responses(association, answer);
  }

  TempStore store_{{.durability = Durability::relaxed}};
  std::map<std::string, int> nodes_;  // ports by AE title
  std::unique_ptr<Server> server_;
};

TEST_F(Retrieve, GetSendsEachInstanceOnTheSameAssociation) {
  add(3);
  start();

  const auto got = get();

  EXPECT_EQ(got.last.status(), statuses::kSuccess);
  EXPECT_THAT(got.received, UnorderedElementsAre(uid(1), uid(2), uid(3)));
  EXPECT_EQ(
      got.datasets.front(),
      *encode_dataset(instance(1).dataset(), *find_transfer_syntax(uids::ExplicitVRLittleEndian)));
  EXPECT_EQ(got.completed(), 3);
  EXPECT_EQ(got.failures(), 0);
  EXPECT_EQ(got.warnings(), 0);
  EXPECT_EQ(got.remaining(), -1);
}

TEST_F(Retrieve, PendingResponsesCountDown) {
  add(3);
  start();

  const auto got = get({storage()}, [](auto) {
    std::this_thread::sleep_for(std::chrono::milliseconds(110));  // a response is due
    return statuses::kSuccess;
  });

  ASSERT_THAT(got.pending, SizeIs(3));
  for (int completed = 0; completed < 3; ++completed) {
    const auto& one = got.pending[static_cast<std::size_t>(completed)];
    EXPECT_EQ(one.command.integer(tags::NumberOfRemainingSuboperations), 3 - completed);
    EXPECT_EQ(one.command.integer(tags::NumberOfCompletedSuboperations), completed);
    EXPECT_FALSE(one.has_dataset());
  }
}

TEST_F(Retrieve, GetCountsFailuresAndWarningsAndGoesOn) {
  add(4);
  start();

  const auto got = get({storage()}, [](std::string_view instance) {
    if (instance == uid(1)) return statuses::kOutOfResources;
    return instance == uid(2) ? statuses::kCoercionOfElements : statuses::kSuccess;
  });

  EXPECT_EQ(got.last.status(), statuses::kSuboperationsWithFailures);
  EXPECT_THAT(got.received, SizeIs(4));
  EXPECT_EQ(got.completed(), 2);
  EXPECT_EQ(got.failures(), 1);
  EXPECT_EQ(got.warnings(), 1);
  EXPECT_THAT(got.failed, ElementsAre(uid(1)));
}

TEST_F(Retrieve, WithoutARoleNothingCanBeSent) {
  add(2);
  start();

  const auto got = get({storage(kScu)});

  EXPECT_EQ(got.last.status(), statuses::kUnableToPerformSuboperations);
  EXPECT_THAT(got.received, IsEmpty());
  EXPECT_EQ(got.failures(), 2);
  EXPECT_THAT(got.failed, UnorderedElementsAre(uid(1), uid(2)));
}

TEST_F(Retrieve, GetServesAPeerThatWantsBothRoles) {
  add(1);
  start();

  EXPECT_EQ(get({storage(kBothRoles)}).completed(), 1);
}

TEST_F(Retrieve, GetSendsAsStoredWhereThatIsAccepted) {
  store_.add(instance(1).in(uids::ImplicitVRLittleEndian));
  start();

  const auto got = get({storage(kScp, {std::string(uids::ExplicitVRLittleEndian)}),
                        storage(kScp, {std::string(uids::ImplicitVRLittleEndian)})});

  EXPECT_THAT(got.syntaxes, ElementsAre(uids::ImplicitVRLittleEndian));
}

TEST_F(Retrieve, GetConvertsWhereNothingElseIsAccepted) {
  store_.add(instance(1).in(uids::ExplicitVRBigEndian));
  start();

  const auto got = get();

  EXPECT_EQ(got.completed(), 1);
  EXPECT_THAT(got.syntaxes, ElementsAre(uids::ExplicitVRLittleEndian));
  EXPECT_EQ(
      got.datasets.front(),
      *encode_dataset(instance(1).dataset(), *find_transfer_syntax(uids::ExplicitVRLittleEndian)));
}

TEST_F(Retrieve, OfAMixedContextAnUncompressedSyntaxIsChosen) {
  add(1);
  start();

  const auto got =
      get({storage(kScp, {"1.2.840.10008.1.2.4.70", std::string(uids::ExplicitVRLittleEndian)})});

  EXPECT_EQ(got.completed(), 1);
}

TEST_F(Retrieve, GetIsCancelledWhileAnInstanceIsOnItsWay) {
  add(5);
  start();
  auto association = associate(kGetSopClasses[1], {storage()});
  ask_get(association, study());

  const auto got = responses(association, [&](auto) {
    EXPECT_OK(association.send(1, cancel()));
    return statuses::kSuccess;
  });

  EXPECT_EQ(got.last.status(), statuses::kCancelled);
  EXPECT_THAT(got.received, SizeIs(1));
  EXPECT_EQ(got.completed(), 1);
  EXPECT_EQ(got.remaining(), 4);
}

TEST_F(Retrieve, ARetrieveOfNothingIsASuccess) {
  start();
  nodes_["PACS"] = 1;

  const auto got = get(), moved = move("PACS");

  EXPECT_EQ(got.last.status(), statuses::kSuccess);
  EXPECT_EQ(got.completed(), 0);
  EXPECT_EQ(moved.last.status(), statuses::kSuccess);
  EXPECT_EQ(moved.completed(), 0);
}

TEST_F(Retrieve, IdentifiersThatDoNotFitAreRefused) {
  start();
  nodes_["PACS"] = 1;
  Dataset all;
  all.set_text(tags::QueryRetrieveLevel, "STUDY");

  const auto moved = move("PACS", all);

  EXPECT_EQ(moved.last.status(), statuses::kDatasetDoesNotMatch);
  EXPECT_NE(moved.last.command.text_or(tags::ErrorComment, ""), "");
}

TEST_F(Retrieve, StrictlyTheLevelsAboveMustBeNamedUnlessRelationalRetrievalIsNegotiated) {
  add(1);
  start({.strict_hierarchy = true});
  Dataset series;
  series.set_text(tags::QueryRetrieveLevel, "SERIES");
  series.set_text(tags::SeriesInstanceUID, "1.2.3.1");
  const auto status = [&](const ExtendedNegotiation& extended) {
    auto association = TempStore::require(Association::request(
        {.aet = "DCMFS", .host = "127.0.0.1", .port = server_->port(), .calling_aet = "WS"},
        {{.abstract_syntax = std::string(kMoveSopClasses[1]),
          .transfer_syntaxes = little_endian()}},
        extended));
    ask_move(association, "DCMFS", series);
    return responses(association).last.status();
  };

  EXPECT_EQ(status({}), statuses::kDatasetDoesNotMatch);
  EXPECT_EQ(status({{std::string(kMoveSopClasses[1]), "\1"}}), statuses::kSuccess);
}

TEST_F(Retrieve, AnAssociationGoesOnAfterEachRequest) {
  add(1);
  start();
  StoragePeer peer;
  nodes_["PACS"] = peer.port();
  auto association = associate(kMoveSopClasses[1]);

  ask_move(association, "NOBODY", study());
  EXPECT_EQ(responses(association).last.status(), statuses::kMoveDestinationUnknown);
  ask_move(association, "PACS", study());
  EXPECT_EQ(responses(association).last.status(), statuses::kSuccess);
  ask_move(association, "PACS", study());
  EXPECT_EQ(responses(association).last.status(), statuses::kSuccess);
}

TEST_F(Retrieve, MoveSendsAllOverOneAssociationAndSaysWhoAsked) {
  add(20);
  start();
  StoragePeer peer;
  nodes_["PACS"] = peer.port();

  const auto moved = move("PACS ");

  EXPECT_EQ(moved.last.status(), statuses::kSuccess);
  EXPECT_EQ(moved.completed(), 20);
  EXPECT_EQ(moved.remaining(), -1);
  EXPECT_EQ(peer.associations(), 1);
  EXPECT_THAT(peer.received(), SizeIs(20));
  EXPECT_THAT(peer.received(), Each(AllOf(Field(&StoragePeer::Received::originator, "WORKSTATION"),
                                          Field(&StoragePeer::Received::originator_id, 7))));
}

TEST_F(Retrieve, MoveListsWhatTheDestinationRefused) {
  add(4);
  start();
  StoragePeer peer({.answers = {{uid(2), statuses::kOutOfResources},
                                {uid(3), statuses::kElementsDiscarded},
                                {uid(4), statuses::kCannotUnderstand}}});
  nodes_["PACS"] = peer.port();

  const auto moved = move("PACS");

  EXPECT_EQ(moved.last.status(), statuses::kSuboperationsWithFailures);
  EXPECT_EQ(moved.completed(), 1);
  EXPECT_EQ(moved.warnings(), 1);
  EXPECT_EQ(moved.failures(), 2);
  EXPECT_THAT(moved.failed, UnorderedElementsAre(uid(2), uid(4)));
}

TEST_F(Retrieve, MoveGoesOnAfterAnInstanceThatBreaksTheAssociation) {
  add(5);
  start();
  StoragePeer peer({.breaks_at = {uid(2)}});
  nodes_["PACS"] = peer.port();

  const auto moved = move("PACS");

  EXPECT_EQ(moved.completed(), 4);
  EXPECT_THAT(moved.failed, ElementsAre(uid(2)));
  EXPECT_EQ(peer.associations(), 2);
}

TEST_F(Retrieve, MoveGivesUpADestinationThatBreaksEveryTime) {
  add(50);
  start();
  std::set<std::string> all;
  for (int i = 1; i <= 50; ++i) all.insert(uid(i));
  StoragePeer peer({.breaks_at = all});
  nodes_["PACS"] = peer.port();

  const auto moved = move("PACS");

  EXPECT_EQ(moved.last.status(), statuses::kUnableToPerformSuboperations);
  EXPECT_EQ(moved.failures(), 50);
  EXPECT_LT(peer.associations(), 10);
}

TEST_F(Retrieve, MoveToWhereNobodyListensFailsEachInstance) {
  add(3);
  start();
  nodes_["PACS"] = port_of(*listen_on("127.0.0.1", 0));  // closed at once

  const auto moved = move("PACS");

  EXPECT_EQ(moved.last.status(), statuses::kUnableToPerformSuboperations);
  EXPECT_EQ(moved.failures(), 3);
  EXPECT_THAT(moved.failed, SizeIs(3));
}

TEST_F(Retrieve, MoveIsCancelledBetweenTwoInstances) {
  add(20);
  start();
  std::atomic<int> instances = 0;
  std::atomic<bool> is_cancelled = false;
  StoragePeer peer({.on_instance = [&] {
    if (++instances == 2) is_cancelled.wait(false);
  }});
  nodes_["PACS"] = peer.port();
  auto association = associate(kMoveSopClasses[1]);
  ask_move(association, "PACS", study());

  while (instances < 2) std::this_thread::yield();
  EXPECT_OK(association.send(1, cancel()));
  is_cancelled = true;
  is_cancelled.notify_all();
  const auto moved = responses(association);

  EXPECT_EQ(moved.last.status(), statuses::kCancelled);
  EXPECT_EQ(moved.completed(), 2);
  EXPECT_EQ(moved.remaining(), 18);
}

TEST_F(Retrieve, MoveToOurselvesIsAnswered) {
  add(5);
  start({.associations_max = 2});

  const auto moved = move("DCMFS");

  EXPECT_EQ(moved.last.status(), statuses::kSuccess);
  EXPECT_EQ(moved.completed(), 5);
}

TEST_F(Retrieve, MoveToOurselvesWithNoAssociationLeftFailsAtOnce) {
  add(1);
  start({.associations_max = 1});

  EXPECT_EQ(move("DCMFS").last.status(), statuses::kUnableToPerformSuboperations);
}

TEST_F(Retrieve, MoveOfManySopClassesTakesSeveralAssociations) {
  constexpr int kClasses = 150;
  for (int i = 1; i <= kClasses; ++i)
    store_.add(instance(i).sop_class("1.2.826.0.1.3680043.9.7777." + std::to_string(i)));
  start();
  StoragePeer peer;
  nodes_["PACS"] = peer.port();

  EXPECT_EQ(move("PACS").completed(), kClasses);

  EXPECT_GT(peer.associations(), 1);
  EXPECT_LT(peer.associations(), 5);
}

TEST_F(Retrieve, MoveSendsAllButWhatCannotBeNegotiated) {
  store_.add(instance(1).sop_class("1.2." + std::string(70, '3')));
  store_.add(instance(2));
  start();
  StoragePeer peer;
  nodes_["PACS"] = peer.port();

  const auto moved = move("PACS");

  EXPECT_EQ(moved.completed(), 1);
  EXPECT_THAT(moved.failed, ElementsAre(uid(1)));
  EXPECT_THAT(peer.instances(), ElementsAre(uid(2)));
}

TEST_F(Retrieve, MoveConvertsForADestinationThatTakesNothingElse) {
  store_.add(instance(1).in(uids::ExplicitVRBigEndian));
  start();
  StoragePeer peer({.syntaxes = {std::string(uids::ImplicitVRLittleEndian)}});
  nodes_["PACS"] = peer.port();

  EXPECT_EQ(move("PACS").completed(), 1);

  EXPECT_EQ(
      peer.received().front().dataset,
      *encode_dataset(instance(1).dataset(), *find_transfer_syntax(uids::ImplicitVRLittleEndian)));
}

TEST_F(Retrieve, TheEndOfTheNodeDoesNotWaitForTheDestinationOfAMove) {
  add(1);
  start({.scu_timeout = std::chrono::seconds(600)});
  std::atomic<bool> is_reached = false;
  PeerThread silent([&](Socket client, std::stop_token) {
    auto association = Association::accept(std::move(client), {}, accept_all);
    ASSERT_OK(association);
    ASSERT_OK(association->receive());
    is_reached = true;
    is_reached.notify_all();
    (void)association->receive();  // and no answer
  });
  nodes_["PACS"] = silent.port();
  auto association = associate(kMoveSopClasses[1]);
  ask_move(association, "PACS", study());
  is_reached.wait(false);

  const auto before = std::chrono::steady_clock::now();
  server_.reset();

  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(20));
}

TEST_F(Retrieve, AClientThatGoesAwayEndsItsMove) {
  add(20);
  start();
  std::atomic<int> instances = 0;
  std::atomic<bool> is_gone = false;
  StoragePeer peer({.on_instance = [&] {
    ++instances;
    is_gone.wait(false);
  }});
  nodes_["PACS"] = peer.port();
  auto request = make_request(CommandField::c_move_rq, 7, kMoveSopClasses[1]);
  request.set_text(tags::MoveDestination, "PACS");
  request.set_number(tags::CommandDataSetType, 1);
  auto client = std::make_unique<Wire>(server_->port());

  client->send(associate_request({.contexts = {{.abstract_syntax = kMoveSopClasses[1]}}}) +
               data_pdu(kLastCommand, encode_command(request)) +
               data_pdu(kLastData, *encode_dataset(study(), *find_transfer_syntax(
                                                                uids::ImplicitVRLittleEndian))));
  while (instances < 1) std::this_thread::yield();
  client.reset();
  is_gone = true;
  is_gone.notify_all();
  server_.reset();  // waits for the end

  EXPECT_EQ(instances, 1);
}

}  // namespace
}  // namespace dcmfs::net
