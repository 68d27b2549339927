#pragma once
// What happens once a destination has an instance (and has committed it, where that is asked for):
// it is done with, and what was to be forwarded only leaves the store.
#include <set>
#include <span>
#include <string>

#include "store/outbox.h"
#include "store/store.h"

namespace dcmfs::net {

// Durable: the instance is removed when all of these destinations have got it.
Result<> remove_once_sent(Store&, RowId instance, const std::set<std::string>& destinations);

// Outbox::done(), and the removals that waited for it. A crash in between sends once more.
Result<> settle_sent(Store&, std::span<const Outgoing>, Time now);

}  // namespace dcmfs::net
