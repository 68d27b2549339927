#include "net/association.h"

#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/net/ends.h"
#include "tests/net/peer_thread.h"
#include "tests/net/wire.h"
#include "tests/support/temp_folder.h"

namespace dcmfs::net {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

Dataset find_request(Association& association) {
  return make_request(CommandField::c_find_rq, association.next_message_id(), kCt);
}

Dataset identifier(std::string_view patient) {
  Dataset dataset;
  dataset.set_text(tags::PatientID, patient);
  return dataset;
}

TEST(Association, CarriesACommandWithAnIdentifier) {
  Ends pair;

  ASSERT_OK(pair.scu().send(1, find_request(pair.scu()), identifier("4711")));
  const auto request = pair.scp().receive();
  ASSERT_OK(request);
  const auto dataset = pair.scp().receive_dataset();

  ASSERT_OK(dataset);
  EXPECT_EQ(dataset->text_or(tags::PatientID, ""), "4711");
  EXPECT_EQ(request->field(), CommandField::c_find_rq);
  EXPECT_EQ(request->id(), 1);
  EXPECT_EQ(request->context, 1);
  EXPECT_EQ(request->sop_class(), kCt);
  EXPECT_TRUE(request->has_dataset());
}

TEST(Association, CarriesResponsesBack) {
  Ends pair;
  ASSERT_OK(pair.scu().send(1, find_request(pair.scu()), identifier("")));
  const auto request = pair.scp().receive();
  ASSERT_OK(request);

  ASSERT_OK(pair.scp().send(1, make_response(*request, statuses::kPending), identifier("1")));
  ASSERT_OK(pair.scp().send(1, make_response(*request, statuses::kSuccess)));
  const auto first = pair.scu().receive();
  ASSERT_OK(first);
  ASSERT_OK(pair.scu().receive_dataset());
  const auto last = pair.scu().receive();
  ASSERT_OK(last);

  EXPECT_EQ(first->status(), statuses::kPending);
  EXPECT_EQ(first->responded_id(), 1);
  EXPECT_EQ(last->status(), statuses::kSuccess);
  EXPECT_FALSE(last->has_dataset());
}

TEST(Association, MessagesThatWaitForTheNextArriveInTheirOrder) {
  Ends pair;
  ASSERT_OK(pair.scu().send(1, find_request(pair.scu()), identifier("")));
  const auto request = pair.scp().receive();
  ASSERT_OK(request);
  const auto pending = make_response(*request, statuses::kPending);
  const auto send = [&](int number) {
    return pair.scp().send(1, pending, identifier(std::to_string(number)),
                           Association::Delivery::with_next);
  };
  constexpr int kCount = 500;  // several times what is held back

  ASSERT_OK(send(0));
  EXPECT_FALSE(pair.scu().has_arrived());
  for (int i = 1; i < kCount; ++i) ASSERT_OK(send(i));
  ASSERT_OK(pair.scp().send(1, make_response(*request, statuses::kSuccess)));

  for (int i = 0; i < kCount; ++i) {
    ASSERT_OK(pair.scu().receive());
    const auto answer = pair.scu().receive_dataset();
    ASSERT_OK(answer);
    ASSERT_EQ(answer->text_or(tags::PatientID, ""), std::to_string(i));
  }
  const auto last = pair.scu().receive();
  ASSERT_OK(last);
  EXPECT_EQ(last->status(), statuses::kSuccess);
}

TEST(Association, DropsADatasetThatNobodyTook) {
  Ends pair;
  ASSERT_OK(pair.scu().send(1, find_request(pair.scu()), identifier("1")));
  ASSERT_OK(pair.scu().send(1, find_request(pair.scu())));

  ASSERT_OK(pair.scp().receive());
  const auto second = pair.scp().receive();

  ASSERT_OK(second);
  EXPECT_EQ(second->id(), 2);
}

TEST(Association, StreamsAPieceOfAFileThroughSmallPdus) {
  Ends pair({.requestor_pdu = kPduBytesMin, .acceptor_pdu = kPduBytesMin});
  TempFolder folder;
  const auto path = folder / "file";
  std::string content(1'000'003, ' ');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 7 / 3);
  folder.write("file", content);
  const Socket file(::open(path.c_str(), O_RDONLY));
  std::string received;

  auto sent = std::async(std::launch::async, [&] {
    return pair.scu().send(1, find_request(pair.scu()), {file.fd(), 3, 1'000'000});
  });
  ASSERT_OK(pair.scp().receive());
  ASSERT_OK(pair.scp().receive_dataset([&](auto bytes) -> Result<> {
    received.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  }));

  EXPECT_OK(sent.get());
  EXPECT_TRUE(received == content.substr(3));
}

TEST(Association, AFileThatIsTooShortEndsTheAssociation) {
  Ends pair;
  TempFolder folder;
  folder.write("file", "short");
  const Socket file(::open((folder / "file").c_str(), O_RDONLY));
  auto received = std::async(std::launch::async, [&] {
    while (pair.scp().receive()) {
    }
    pair.accepted = Error{Errc::io, "gone"};
  });

  EXPECT_FALSE(pair.scu().send(1, find_request(pair.scu()), {file.fd(), 0, 10}));

  EXPECT_FALSE(pair.scu().is_open());
  received.get();
}

TEST(Association, GoesOnWhenTheSinkFails) {
  Ends pair;
  ASSERT_OK(pair.scu().send(1, find_request(pair.scu()), identifier(std::string(60, 'x'))));
  ASSERT_OK(pair.scu().send(1, find_request(pair.scu())));
  ASSERT_OK(pair.scp().receive());

  const auto received = pair.scp().receive_dataset([](auto) -> Result<> {
    return Error{Errc::no_space, "full"};
  });

  EXPECT_EQ(code_of(received), Errc::no_space);
  EXPECT_OK(pair.scp().receive());
}

TEST(Association, GoesOnAfterAnIdentifierThatIsTooLong) {
  Ends pair;
  ASSERT_OK(pair.scu().send(1, find_request(pair.scu()), identifier(std::string(1000, 'x'))));
  ASSERT_OK(pair.scu().send(1, find_request(pair.scu())));
  ASSERT_OK(pair.scp().receive());

  EXPECT_EQ(code_of(pair.scp().receive_dataset({.bytes_max = 100})), Errc::too_large);

  EXPECT_OK(pair.scp().receive());
}

TEST(Association, TellsReleaseFromAbortAndSilence) {
  Ends released, aborted, silent({.idle = std::chrono::milliseconds(100)});

  auto answer = std::async(std::launch::async, [&] { return released.scp().receive(); });
  EXPECT_OK(released.scu().release());
  std::thread aborting([&] { aborted.scu().abort(); });

  EXPECT_EQ(code_of(answer.get()), Errc::cancelled);
  EXPECT_EQ(code_of(aborted.scp().receive()), Errc::io);
  aborting.join();
  EXPECT_EQ(code_of(silent.scp().receive()), Errc::timed_out);
  EXPECT_FALSE(released.scp().is_open());
  EXPECT_FALSE(aborted.scp().is_open());
  EXPECT_FALSE(silent.scp().is_open());
}

// PS3.8 9.2: Sta7, AR-8, Sta9, AR-9, Sta11, AR-3.
TEST(Association, AnswersAReleaseThatCrossesItsOwn) {
  const std::string release = pdu(5, u32(0)), released = pdu(6, u32(0));
  std::string answer;
  Result<Association> association = Error{Errc::io, "none"};
  {
    PeerThread peer([&](Socket socket, std::stop_token) {
      Wire wire(std::move(socket));
      const std::string accept = associate_request();
      receive_pdu(wire);
      const std::string context =
          item(0x21, std::string("\1\0\0\0", 4) + item(0x40, uids::ExplicitVRLittleEndian));
      wire.send(pdu(2, accept.substr(6, 68) + item(0x10, "1.2.840.10008.3.1.1.1") + context +
                           item(0x50, item(0x51, u32(16384)) + item(0x52, "1.2.3"))));
      if (receive_pdu(wire) != release) return;
      wire.send(release);
      answer = receive_pdu(wire);
      wire.send(released);
    });
    association = Association::request(
        {.aet = "THERE", .host = "127.0.0.1", .port = peer.port(), .calling_aet = "HERE"},
        propose_ct(), {});
    ASSERT_OK(association);
    EXPECT_OK(association->release());
    association = Error{Errc::io, "gone"};
  }

  EXPECT_EQ(answer, released);
}

TEST(Association, IsAbortedWhenNobodyReleasesIt) {
  Ends pair;

  std::thread destroying([&] { pair.requested = Error{Errc::io, "gone"}; });

  EXPECT_EQ(code_of(pair.scp().receive()), Errc::io);
  destroying.join();
}

TEST(Association, SeesACancelWithoutWaiting) {
  Ends pair;
  ASSERT_OK(pair.scu().send(1, find_request(pair.scu())));
  const auto request = pair.scp().receive();
  ASSERT_OK(request);
  const auto before = pair.scp().is_cancelled(*request);
  Dataset cancel;
  cancel.set_number(tags::CommandField, static_cast<int>(CommandField::c_cancel_rq));
  cancel.set_number(tags::MessageIDBeingRespondedTo, request->id() + 1);

  ASSERT_OK(pair.scu().send(1, cancel));  // of another request
  cancel.set_number(tags::MessageIDBeingRespondedTo, request->id());
  ASSERT_OK(pair.scu().send(1, cancel));
  while (!pair.scp().has_arrived()) std::this_thread::yield();
  const auto after = pair.scp().is_cancelled(*request);

  ASSERT_OK(before);
  EXPECT_FALSE(*before);
  ASSERT_OK(after);
  EXPECT_TRUE(*after);
}

TEST(Association, NegotiatesRoles) {
  // They are those of a SOP class, not of a context (PS3.7 D.3.3.4).
  auto contexts = propose_ct(kBothRoles);
  contexts.push_back(propose_ct(kScp)[0]);
  contexts[1].abstract_syntax += ".1";
  contexts.push_back(propose_ct()[0]);
  contexts[2].abstract_syntax += ".2";
  Ends pair({.contexts = contexts});

  ASSERT_OK(pair.requested);
  const auto ours = [](Association& association) {
    std::vector<Roles> all;
    for (const auto& context : association.facts().contexts) all.push_back(context.ours);
    return all;
  };

  EXPECT_THAT(ours(pair.scu()), ElementsAre(kBothRoles, kScp, kScu));
  EXPECT_THAT(ours(pair.scp()), ElementsAre(kBothRoles, kScu, kScp));
  EXPECT_TRUE(pair.received.contexts[1].has_role_item);
  EXPECT_FALSE(pair.received.contexts[2].has_role_item);
  EXPECT_EQ(pair.scu().context_for(kCt, Role::scp)->id, 1);
  EXPECT_EQ(pair.scu().context_for(kCt, Role::scu, "1.2.3"), nullptr);
}

TEST(Association, AnAcceptorMayTakeOnlyPartOfTheRoles) {
  Ends pair({.contexts = propose_ct(kBothRoles), .negotiate = [](const auto& request) {
               auto answer = accept_all(request);
               answer.contexts[0].peer = kScp;
               return answer;
             }});

  ASSERT_OK(pair.requested);

  EXPECT_EQ(pair.scu().facts().contexts[0].ours, kScp);
  EXPECT_EQ(pair.scp().facts().contexts[0].ours, kScu);
}

TEST(Association, NegotiatesMore) {
  Ends pair({.extended = {{std::string(kCt), std::string("\1\0\1", 3)}},
             .negotiate = [](const auto& request) {
               auto answer = accept_all(request);
               answer.extended[std::string(kCt)] = std::string("\1\0\0", 3);
               return answer;
             }});

  ASSERT_OK(pair.requested);

  EXPECT_THAT(pair.received.extended,
              ElementsAre(Pair(std::string(kCt), std::string("\1\0\1", 3))));
  EXPECT_THAT(pair.scu().facts().extended,
              ElementsAre(Pair(std::string(kCt), std::string("\1\0\0", 3))));
}

TEST(Association, SaysWhoIsThere) {
  Ends pair;

  EXPECT_EQ(pair.received.calling_aet, "HERE");
  EXPECT_EQ(pair.received.called_aet, "THERE");
  EXPECT_EQ(pair.scp().facts().peer_address, "127.0.0.1");
  EXPECT_EQ(pair.scp().facts().contexts[0].transfer_syntax, uids::ExplicitVRLittleEndian);
}

TEST(Association, ARefusedContextIsMissing) {
  Ends pair({.negotiate = [](const auto&) { return NegotiationAnswer(); }});

  ASSERT_OK(pair.requested);

  EXPECT_TRUE(pair.scu().facts().contexts.empty());
  EXPECT_TRUE(pair.scp().facts().contexts.empty());
}

TEST(Association, ARejectionSaysWhy) {
  Ends pair({.negotiate = [](const auto&) {
    NegotiationAnswer answer;
    answer.rejection = Rejection::calling_aet;
    return answer;
  }});

  EXPECT_EQ(code_of(pair.accepted), Errc::denied);
  EXPECT_EQ(code_of(pair.requested), Errc::denied);
  EXPECT_THAT(pair.requested.error().message, HasSubstr("does not know our AE title"));
}

TEST(Association, APeerThatIsNotThereIsToldApart) {
  int port = 0;
  {
    const auto free = listen_on("127.0.0.1", 0);
    port = port_of(*free);
  }
  const Peer peer{.aet = "A", .host = "127.0.0.1", .port = port, .calling_aet = "B"};

  const auto refused = Association::request(peer, propose_ct());
  const auto nonsense = Association::request(peer, {});

  EXPECT_EQ(code_of(refused), Errc::io);
  EXPECT_THAT(refused.error().message, HasSubstr("refused"));
  EXPECT_EQ(code_of(nonsense), Errc::invalid_argument);
}

TEST(Association, APeerThatAcceptsTheConnectionOnlyIsGivenUp) {
  const auto listening = listen_on("127.0.0.1", 0);
  const Peer peer{.aet = "A",
                  .host = "127.0.0.1",
                  .port = port_of(*listening),
                  .calling_aet = "B",
                  .timeout = std::chrono::seconds(1)};

  EXPECT_EQ(code_of(Association::request(peer, propose_ct())), Errc::timed_out);
}

}  // namespace
}  // namespace dcmfs::net
