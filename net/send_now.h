#pragma once
// Instances of the store, sent to a peer while somebody waits (C-STORE, PS3.4 annex B). What may wait
// goes into the outbox instead (sender.h).
#include <cstddef>
#include <functional>
#include <span>

#include "net/association.h"
#include "net/send_instance.h"
#include "store/store.h"

namespace dcmfs::net {

// Tries each, and tells which one (its place in the list) and what came of it: a status, or why it was
// not even answered. An error that `each` answers ends it, and is the error of all. They are not
// tried in the order of the list where they do not fit into one association. Of the options,
// takes is of no use here.
using EachSent = std::function<Result<>(std::size_t index, const Result<Status>&)>;
Result<> send_now(Store&, const Peer&, std::span<const RowId> instances, const SendOptions&,
                  const EachSent&);

// One that need not be of the store. Errors: those of Association::request() and send_instance().
Result<Status> send_now(Store&, const Peer&, const SendableInstance&);

}  // namespace dcmfs::net
