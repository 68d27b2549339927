#pragma once
// DIMSE messages (PS3.7 section 9 and 10): a command set and what one is made of.
//
// A command set is a Dataset of group 0000. What is not in these functions is read
// from it by its attributes: message.command.text_or(tags::MoveDestination, "").
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/status.h"
#include "store/dicom/dataset.h"
#include "store/result.h"

namespace dcmfs::net {

// PS3.7 E.1. Of a response: the request's with the highest bit set.
enum class CommandField : std::uint16_t {
  c_store_rq = 0x0001,
  c_get_rq = 0x0010,
  c_find_rq = 0x0020,
  c_move_rq = 0x0021,
  c_echo_rq = 0x0030,
  n_event_report_rq = 0x0100,
  n_get_rq = 0x0110,
  n_set_rq = 0x0120,
  n_action_rq = 0x0130,
  n_create_rq = 0x0140,
  n_delete_rq = 0x0150,
  c_cancel_rq = 0x0fff,
};
constexpr CommandField response(CommandField request) {
  return static_cast<CommandField>(static_cast<std::uint16_t>(request) | 0x8000);
}
// "C-STORE"; "" for what PS3.7 does not know.
std::string_view name_of(CommandField);

struct Message {
  std::uint8_t context = 0;  // the presentation context it came in
  Dataset command;

  CommandField field() const;
  bool is_response() const;
  std::uint16_t id() const;            // MessageID; 0 if there is none
  std::uint16_t responded_id() const;  // MessageIDBeingRespondedTo (also of a C-CANCEL-RQ)
  bool has_dataset() const;            // CommandDataSetType is not 0101
  Status status() const;               // of a response; kProcessingFailure if it has none
  // Affected or Requested, whichever this command has; "" if it has none.
  std::string sop_class() const;
  std::string sop_instance() const;
};

// A command of this kind with a MessageID, to which more is added. CommandDataSetType and the
// group length are set when it is sent.
Dataset make_request(CommandField, std::uint16_t message_id, std::string_view sop_class);
// The response to a request: what has to be repeated of it, and the status. A comment is for
// persons, at most 64 characters of ASCII, and never of patients.
Dataset make_response(const Message& request, Status, std::string_view comment = {});

// PS3.7 6.3.1: group 0000 in Implicit VR Little Endian, with its group length.
std::string encode_command(const Dataset&);
// Errors: corrupt if it is not such a group, or has no CommandField; too_large.
Result<Dataset> decode_command(std::string_view);

}  // namespace dcmfs::net
