#pragma once
// A destination is asked to commit to what it was sent (PS3.4 J). Private to net/sending.cpp.
#include <optional>
#include <vector>

#include "net/association.h"
#include "store/store.h"

namespace dcmfs::net {

// On that association, if it is open and has a context for it, or on one of its own. What could not
// be asked for is overdue soon. An error is one of the outbox or of the association.
Result<> ask_commitment(Store&, std::optional<Association>&, const Peer&, std::vector<Outgoing>);

// What was asked for in vain: asked for again, or after a day a dead letter.
Result<> ask_overdue_commitments(Store&, const Peer&, std::string_view destination);

}  // namespace dcmfs::net
