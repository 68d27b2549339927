#include "net/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/net/ends.h"
#include "tests/store/dicom/raw_dicom.h"
#include "tests/support/ok.h"

namespace dcmfs::net {
namespace {

TEST(Message, IsEncodedAsGroupZeroInImplicitLittleEndian) {
  Dataset command;
  command.set_number(tags::CommandField, 0x0030);
  command.set_text(tags::AffectedSOPClassUID, "1.2.3");
  command.set_text(tags::PatientID, "not part of it");

  EXPECT_EQ(encode_command(command),
            raw::implicit_element({0, 0}, raw::le32(24)) +
                raw::implicit_element({0, 2}, std::string_view("1.2.3\0", 6)) +
                raw::implicit_element({0, 0x100}, std::string_view("\x30\0", 2)));
}

TEST(Message, IsReadBack) {
  Dataset sent = make_request(CommandField::c_store_rq, 65535, "1.2.3");
  sent.set_text(tags::AffectedSOPInstanceUID, "1.2.3.4");
  sent.set_number(tags::CommandDataSetType, 1);

  auto read = decode_command(encode_command(sent));

  ASSERT_OK(read);
  const Message message{.context = 1, .command = *std::move(read)};
  EXPECT_EQ(message.field(), CommandField::c_store_rq);
  EXPECT_EQ(message.id(), 65535);
  EXPECT_EQ(message.sop_class(), "1.2.3");
  EXPECT_EQ(message.sop_instance(), "1.2.3.4");
  EXPECT_TRUE(message.has_dataset());
  EXPECT_FALSE(message.is_response());
}

TEST(Message, AResponseRepeatsItsRequest) {
  Message request;
  request.command = make_request(CommandField::n_action_rq, 7, "1.2.3");
  request.command.set_text(tags::RequestedSOPInstanceUID, "1.2.3.4");
  request.command.set_number(tags::ActionTypeID, 1);

  Message answer;
  answer.command = make_response(request, statuses::kProcessingFailure, std::string(100, 'c'));

  EXPECT_EQ(answer.field(), response(CommandField::n_action_rq));
  EXPECT_TRUE(answer.is_response());
  EXPECT_EQ(answer.responded_id(), 7);
  EXPECT_EQ(answer.command.text_or(tags::AffectedSOPClassUID, ""), "1.2.3");
  EXPECT_EQ(answer.command.text_or(tags::AffectedSOPInstanceUID, ""), "1.2.3.4");
  EXPECT_EQ(answer.command.integer(tags::ActionTypeID), 1);
  EXPECT_EQ(answer.status(), statuses::kProcessingFailure);
  EXPECT_EQ(answer.command.text_or(tags::ErrorComment, "").size(), 64u);
}

TEST(Message, OneWithoutMuchStillHasAnswers) {
  const Message nothing;

  EXPECT_EQ(nothing.id(), 0);
  EXPECT_FALSE(nothing.has_dataset());
  EXPECT_EQ(nothing.sop_instance(), "");
  EXPECT_EQ(nothing.status(), statuses::kProcessingFailure);
}

TEST(Message, WhatIsNoCommandIsRefused) {
  const std::string field = raw::implicit_element({0, 0x100}, std::string_view("\x30\0", 2));
  std::string many;
  for (int i = 0; i < 300; ++i) many += raw::implicit_element({0, 0x100}, "ab");

  EXPECT_OK(decode_command(field));
  EXPECT_EQ(code_of(decode_command("")), Errc::corrupt);
  EXPECT_EQ(code_of(decode_command(field.substr(0, 9))), Errc::corrupt);
  EXPECT_EQ(code_of(decode_command(field + raw::implicit_element({8, 5}, ""))), Errc::corrupt);
  EXPECT_EQ(code_of(decode_command(raw::implicit_element({0, 2}, "1.2.3 "))), Errc::corrupt);
  EXPECT_EQ(code_of(decode_command(many)), Errc::too_large);
  EXPECT_EQ(code_of(decode_command(std::string(70'000, '\0'))), Errc::too_large);
}

TEST(Message, CommandsHaveNames) {
  EXPECT_EQ(name_of(CommandField::c_move_rq), "C-MOVE");
  EXPECT_EQ(name_of(response(CommandField::n_event_report_rq)), "N-EVENT-REPORT");
  EXPECT_EQ(name_of(static_cast<CommandField>(0x4711)), "");
}

}  // namespace
}  // namespace dcmfs::net
