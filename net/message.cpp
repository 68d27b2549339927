#include "net/message.h"

#include <array>

#include "store/dicom/reader.h"
#include "store/dicom/text.h"

namespace dcmfs::net {
namespace {

// PS3.7 E.1: "no data set present"; any other value means that there is one.
constexpr std::int64_t kNoDataset = 0x0101;
constexpr std::uint16_t kResponseBit = 0x8000;
// The longest of PS3.7, an N-SET with a list of attributes, has some hundred bytes.
constexpr BareLimits kCommandLimits{.bytes_max = 64 << 10, .elements_max = 256};
constexpr std::size_t kCommentBytesMax = 64;  // LO

struct CommandRow {
  CommandField request;
  std::string_view name;
};
constexpr CommandRow kCommands[] = {
    {CommandField::c_store_rq, "C-STORE"},   {CommandField::c_get_rq, "C-GET"},
    {CommandField::c_find_rq, "C-FIND"},     {CommandField::c_move_rq, "C-MOVE"},
    {CommandField::c_echo_rq, "C-ECHO"},     {CommandField::n_event_report_rq, "N-EVENT-REPORT"},
    {CommandField::n_get_rq, "N-GET"},       {CommandField::n_set_rq, "N-SET"},
    {CommandField::n_action_rq, "N-ACTION"}, {CommandField::n_create_rq, "N-CREATE"},
    {CommandField::n_delete_rq, "N-DELETE"}, {CommandField::c_cancel_rq, "C-CANCEL"},
};

std::uint16_t number_at(const Dataset& command, Tag tag, std::uint16_t otherwise) {
  const auto number = command.integer(tag);
  return number && *number >= 0 && *number <= 0xffff ? static_cast<std::uint16_t>(*number)
                                                     : otherwise;
}

std::string first_text(const Dataset& command, Tag one, Tag other) {
  return command.text_or(one, command.text_or(other, ""));
}

void append16(std::string& out, std::uint16_t number) {
  out.push_back(static_cast<char>(number & 0xff));
  out.push_back(static_cast<char>(number >> 8));
}
void append32(std::string& out, std::size_t number) {
  append16(out, static_cast<std::uint16_t>(number & 0xffff));
  append16(out, static_cast<std::uint16_t>(number >> 16));
}
void append_element(std::string& out, Tag tag, std::string_view value, char padding) {
  append16(out, tag.group);
  append16(out, tag.element);
  append32(out, value.size() + value.size() % 2);
  out += value;
  if (value.size() % 2 != 0) out.push_back(padding);
}

// PS3.7 annex E: what a response has of its request, and under which name.
struct Repeated {
  Tag from, to;
};
constexpr Repeated kRepeated[] = {
    {tags::MessageID, tags::MessageIDBeingRespondedTo},
    {tags::RequestedSOPClassUID, tags::AffectedSOPClassUID},
    {tags::AffectedSOPClassUID, tags::AffectedSOPClassUID},
    {tags::RequestedSOPInstanceUID, tags::AffectedSOPInstanceUID},
    {tags::AffectedSOPInstanceUID, tags::AffectedSOPInstanceUID},
    {tags::EventTypeID, tags::EventTypeID},
    {tags::ActionTypeID, tags::ActionTypeID},
};

}  // namespace

std::string_view name_of(CommandField field) {
  for (const CommandRow& row : kCommands)
    if (row.request == field || response(row.request) == field) return row.name;
  return {};
}

CommandField Message::field() const {
  return static_cast<CommandField>(number_at(command, tags::CommandField, 0));
}

bool Message::is_response() const {
  return (static_cast<std::uint16_t>(field()) & kResponseBit) != 0;
}

std::uint16_t Message::id() const {
  return number_at(command, tags::MessageID, 0);
}

std::uint16_t Message::responded_id() const {
  return number_at(command, tags::MessageIDBeingRespondedTo, 0);
}

bool Message::has_dataset() const {
  return command.integer(tags::CommandDataSetType).value_or(kNoDataset) != kNoDataset;
}

Status Message::status() const {
  return number_at(command, tags::Status, statuses::kProcessingFailure);
}

std::string Message::sop_class() const {
  return first_text(command, tags::AffectedSOPClassUID, tags::RequestedSOPClassUID);
}

std::string Message::sop_instance() const {
  return first_text(command, tags::AffectedSOPInstanceUID, tags::RequestedSOPInstanceUID);
}

Dataset make_request(CommandField field, std::uint16_t message_id, std::string_view sop_class) {
  // PS3.7 E.1: services on instances that exist name the class as requested.
  constexpr std::array kOfRequested{CommandField::n_get_rq, CommandField::n_set_rq,
                                    CommandField::n_action_rq, CommandField::n_delete_rq};
  Dataset command;
  bool requested = false;
  for (const CommandField one : kOfRequested) requested = requested || one == field;
  command.set_text(requested ? tags::RequestedSOPClassUID : tags::AffectedSOPClassUID, sop_class);
  command.set_number(tags::CommandField, static_cast<std::uint16_t>(field));
  command.set_number(tags::MessageID, message_id);
  return command;
}

Dataset make_response(const Message& request, Status status, std::string_view comment) {
  Dataset command;
  for (const Repeated& row : kRepeated) {
    const Element* element = request.command.find(row.from);
    if (element != nullptr) command.set_bytes(row.to, element->vr, element->value);
  }
  command.set_number(tags::CommandField, static_cast<std::uint16_t>(response(request.field())));
  command.set_number(tags::Status, status);
  if (!comment.empty()) {
    command.set_text(tags::ErrorComment, cut_utf8(comment, kCommentBytesMax));
  }
  return command;
}

std::string encode_command(const Dataset& command) {
  std::string elements;
  for (const Element& element : command) {
    if (element.tag.group != 0 || element.tag.is_group_length()) continue;
    append_element(elements, element.tag, element.value, info(element.vr).padding);
  }
  std::string length;
  append32(length, elements.size());
  std::string encoded;
  append_element(encoded, tags::CommandGroupLength, length, '\0');
  return encoded + elements;
}

Result<Dataset> decode_command(std::string_view bytes) {
  DCMFS_TRY(auto command, read_command_group(bytes, kCommandLimits));
  if (!command.contains(tags::CommandField)) {
    return Error{Errc::corrupt, "a message without CommandField"};
  }
  return command;
}

}  // namespace dcmfs::net
