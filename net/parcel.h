#pragma once
// An entry of the outbox with its bytes, ready to be sent.
#include "net/send_instance.h"
#include "store/outbox.h"
#include "store/store.h"

namespace dcmfs::net {

struct Parcel {
  Outgoing entry;
  SendableInstance instance;
};

// Errors: not_found (its bytes are gone), corrupt (they do not say what they are), io.
inline Result<Parcel> open_parcel(Store& store, Outgoing entry) {
  DCMFS_TRY(auto blob, store.outbox().open(entry));
  DCMFS_TRY(auto instance, open_instance(std::move(blob)));
  return Parcel{std::move(entry), std::move(instance)};
}

}  // namespace dcmfs::net
