#pragma once
// Fetching a study from another node into the store, by C-GET (PS3.4 C.4.3): over the association
// that we requested, so it works also where nobody can reach us. A node without C-GET is asked
// for a C-MOVE to us, whose instances come in at our own port.
#include <functional>
#include <string>

#include "net/association.h"
#include "store/store.h"

namespace dcmfs::net {

struct Retrieved {
  std::int64_t completed = 0, failed = 0, remaining = 0;  // instances
};

// `progress` hears of each answer. Errors: those of Association::request(), not_found (the peer has
// no such study), not_supported (neither C-GET nor C-MOVE, or refused), corrupt (also if
// some instances failed).
Result<Retrieved> retrieve_study(Store&, const Peer&, const std::string& study_instance_uid,
                                 const std::function<void(const Retrieved&)>& progress);

}  // namespace dcmfs::net
