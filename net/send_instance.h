#pragma once
// One instance sent to a peer (C-STORE, PS3.7 9.1.1), whatever the reason: the outbox, C-MOVE or
// C-GET. It goes out as it is stored where the peer accepts that, byte for byte.
#include <cstdint>
#include <optional>
#include <string>

#include "net/association.h"
#include "net/contexts.h"
#include "store/blob.h"
#include "store/store.h"

namespace dcmfs::net {

// Its bytes, and what they say they are.
struct SendableInstance {
  Blob blob;
  StorageSyntax syntax;
  std::string sop_instance;
  std::int64_t offset = 0;  // of the data set in the blob
};

// Reads the beginning of the file. Errors: corrupt (it does not say which instance it is, or has UIDs
// that no presentation context can be proposed for), io.
Result<SendableInstance> open_instance(Blob);

// PS3.7 9.1.1.1: who asked for it by C-MOVE, and in which message.
struct MoveOriginator {
  std::string aet;
  std::uint16_t message_id = 0;
};

struct SendOptions {
  std::optional<MoveOriginator> originator = {};
  // The only one in which it is to travel; empty: as it is stored, or uncompressed.
  std::string transfer_syntax = {};
  // Of a peer that waits for the end of a C-GET: whether a message is taken that comes before the
  // answer, such as a C-CANCEL-RQ. One that is not ends the association.
  Association::Takes takes = {};
};

// In the best context in which we may be SCU: the status that was answered. Errors: not_supported
// (there is none, or the pixels cannot be decoded for the one there is) and those of transcode(),
// with the association open; else it has ended.
Result<Status> send_instance(Store&, Association&, const SendableInstance&,
                             const SendOptions& = {});

}  // namespace dcmfs::net
