#include "net/find_service.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/server.h"
#include "store/dicom/writer.h"
#include "tests/net/wire.h"
#include "tests/support/temp_store.h"

namespace dcmfs::net {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A node with five instances of one patient, and a client that asks it.
class FindServiceTest : public testing::Test {
 protected:
  void start(Options options = {}) {
    for (const char* sop : {"1.1.1", "1.1.2", "1.1.3"})
      store_.add(made("1", "1.1", sop).set(tags::StudyTime, "080000"));
    for (const char* sop : {"2.1.1", "2.1.2"})
      store_.add(made("2", "2.1", sop).set(tags::StudyTime, "200000"));
    auto started = Server::start(*store_, std::move(options));
    ASSERT_OK(started);
    server_ = *std::move(started);
  }
  static DicomBuilder made(std::string_view study, std::string_view series, std::string_view sop) {
    return make_dicom()
        .patient("P1", "DOE^JANE")
        .study(study)
        .series(series)
        .instance(sop)
        .set(tags::StudyDate, std::string("2024010") + study.front());
  }
  void TearDown() override {
    client_ = Error{Errc::io, "none"};
    server_.reset();
  }

  void connect(std::string_view sop_class, const ExtendedNegotiation& extended = {}) {
    client_ = Association::request(
        {.aet = "DCMFS", .host = "127.0.0.1", .port = server_->port(), .calling_aet = "HERE"},
        {{.abstract_syntax = std::string(sop_class),
          .transfer_syntaxes = {std::string(uids::ExplicitVRLittleEndian)}}},
        extended);
    ASSERT_OK(client_);
  }

  struct Received {
    std::vector<Status> statuses;
    std::vector<Dataset> identifiers;
    std::string comment;  // of the last response
  };
  // Until a response that is not pending.
  Received receive() {
    Received all;
    for (;;) {
      const auto message = client_->receive();
      EXPECT_OK(message);
      if (!message) return all;
      all.statuses.push_back(message->status());
      all.comment = message->command.text_or(tags::ErrorComment, "");
      if (class_of(message->status()) != StatusClass::pending) return all;
      const auto identifier = client_->receive_dataset();
      EXPECT_OK(identifier);
      if (!identifier) return all;
      all.identifiers.push_back(*identifier);
    }
  }
  Received ask(const Dataset& identifier) {
    const auto& sop_class = client_->facts().contexts.front().abstract_syntax;
    EXPECT_OK(client_->send(
        1, make_request(CommandField::c_find_rq, client_->next_message_id(), sop_class),
        identifier));
    return receive();
  }

  static Dataset identifier_of(std::string_view level) {
    Dataset identifier;
    identifier.set_text(tags::QueryRetrieveLevel, level);
    return identifier;
  }
  std::vector<std::string> values(Tag tag, const Received& received) {
    std::vector<std::string> all;
    for (const Dataset& identifier : received.identifiers)
      all.push_back(identifier.text_or(tag, ""));
    std::ranges::sort(all);
    return all;
  }

  TempStore store_{{.durability = Durability::relaxed}};
  std::unique_ptr<Server> server_;
  Result<Association> client_ = Error{Errc::io, "none"};
};

TEST_F(FindServiceTest, EachMatchIsAResponseAndTheLastIsSuccess) {
  start();
  connect(kFindSopClasses[1]);

  const auto received = ask(identifier_of("STUDY"));

  EXPECT_THAT(values(tags::StudyInstanceUID, received), ElementsAre("1", "2"));
  EXPECT_THAT(received.statuses,
              ElementsAre(statuses::kPending, statuses::kPending, statuses::kSuccess));
  EXPECT_THAT(ask(identifier_of("IMAGE")).identifiers.size(), 5u) << "the association goes on";
}

TEST_F(FindServiceTest, ExtendedNegotiationIsAnsweredAndDone) {
  start();
  Dataset identifier = identifier_of("STUDY");
  identifier.set_text(tags::StudyDate, "20240101-20240102");
  identifier.set_text(tags::StudyTime, "07-21");
  identifier.set_text(tags::PatientName, "jane doe");
  connect(kFindSopClasses[1],
          {{std::string(kFindSopClasses[1]), std::string("\1\1\1\1\1\1\1", 7)}});

  EXPECT_EQ(client_->facts().extended.begin()->second, std::string("\1\1\1\1\0\1\1", 7));
  EXPECT_THAT(values(tags::StudyInstanceUID, ask(identifier)), ElementsAre("1", "2"));

  connect(kFindSopClasses[1]);
  EXPECT_THAT(ask(identifier).identifiers.size(), 0u) << "the name is not fuzzy";
}

TEST_F(FindServiceTest, AStrictNodeWantsAHierarchyUnlessQueriesAreRelational) {
  start({.strict_hierarchy = true});
  connect(kFindSopClasses[1]);
  const auto refused = ask(identifier_of("SERIES"));
  EXPECT_THAT(refused.statuses, ElementsAre(statuses::kDatasetDoesNotMatch));
  EXPECT_THAT(refused.comment, HasSubstr("StudyInstanceUID"));

  connect(kFindSopClasses[1], {{std::string(kFindSopClasses[1]), "\1"}});
  EXPECT_EQ(ask(identifier_of("SERIES")).identifiers.size(), 2u);
}

TEST_F(FindServiceTest, WhatALimitCutsOffIsTold) {
  start({.find_results_max = 1, .find_instances_max = 3});
  connect(kFindSopClasses[0]);

  EXPECT_THAT(ask(identifier_of("STUDY")).statuses,
              ElementsAre(statuses::kPending, statuses::kCancelled));
  EXPECT_EQ(ask(identifier_of("IMAGE")).identifiers.size(), 3u);
  EXPECT_THAT(ask(identifier_of("PATIENT")).statuses,
              ElementsAre(statuses::kPending, statuses::kSuccess));
}

// The request and its cancel are one piece of bytes, so that both are there before the first
// response.
TEST_F(FindServiceTest, ACancelIsSeenBeforeAResponse) {
  start();
  Wire wire(server_->port());
  wire.send(associate_request({.contexts = {{.abstract_syntax = kFindSopClasses[1]}}}));
  const auto next_pdu = [&wire] {
    constexpr std::size_t kHeadBytes = 6;
    const std::string head = wire.receive(kHeadBytes);
    std::size_t length = 0;
    for (const char c : head.substr(2)) length = length << 8 | static_cast<unsigned char>(c);
    return wire.receive(length);
  };
  next_pdu();
  const auto command_of = [](CommandField field, Tag id_tag, double dataset_type) {
    Dataset command = make_request(field, 1, kFindSopClasses[1]);
    command.erase(tags::MessageID);
    command.set_number(id_tag, 1);
    command.set_number(tags::CommandDataSetType, dataset_type);
    return data_pdu(kLastCommand, encode_command(command));
  };
  constexpr double kDataset = 1, kNoDataset = 0x0101;
  const auto identifier =
      encode_dataset(identifier_of("IMAGE"), *find_transfer_syntax(uids::ImplicitVRLittleEndian));

  wire.send(command_of(CommandField::c_find_rq, tags::MessageID, kDataset) +
            data_pdu(kLastData, *identifier) +
            command_of(CommandField::c_cancel_rq, tags::MessageIDBeingRespondedTo, kNoDataset));

  // Of the response: (0000,0900) Status.
  EXPECT_THAT(next_pdu(), HasSubstr(std::string("\0\0\0\x09\2\0\0\0\x00\xfe", 10)));
}

TEST_F(FindServiceTest, UnsupportedKeysAreTold) {
  start();
  connect(kFindSopClasses[1]);
  Dataset identifier = identifier_of("STUDY");
  identifier.set_text(tags::SeriesDescription, "");

  EXPECT_THAT(ask(identifier).statuses,
              ElementsAre(statuses::kPendingSomeKeysUnsupported,
                          statuses::kPendingSomeKeysUnsupported, statuses::kSuccess));
}

TEST_F(FindServiceTest, ARequestWithoutAnIdentifierIsRefused) {
  start();
  connect(kFindSopClasses[1]);
  EXPECT_OK(client_->send(
      1, make_request(CommandField::c_find_rq, client_->next_message_id(), kFindSopClasses[1])));

  EXPECT_THAT(receive().statuses, ElementsAre(statuses::kDatasetDoesNotMatch));
}

TEST_F(FindServiceTest, WorklistItemsAreFilesOfTheStore) {
  start();
  std::filesystem::create_directory(store_.root() / "worklists");
  std::ofstream(store_.root() / "worklists/a.json")
      << R"({"PatientID": "W1", "ScheduledProcedureStepSequence": [{"Modality": "CT"}]})";
  connect(kWorklistSopClasses[0]);
  Dataset identifier;
  identifier.set_text(tags::PatientID, "");
  identifier.add_item(tags::ScheduledProcedureStepSequence).set_text(tags::Modality, "CT");

  const auto received = ask(identifier);

  EXPECT_THAT(received.statuses, ElementsAre(statuses::kPending, statuses::kSuccess));
  EXPECT_THAT(values(tags::PatientID, received), ElementsAre("W1"));
}

}  // namespace
}  // namespace dcmfs::net
