#pragma once
// Fetching from another node into the store, by C-GET (PS3.4 C.4.3): over the association that we
// requested, so it works also where nobody can reach us. A node without C-GET is asked for a C-MOVE
// to us, whose instances come in at our own port.
#include <functional>
#include <string>

#include "net/association.h"
#include "net/remote_find.h"
#include "net/status.h"
#include "store/store.h"

namespace dcmfs::net {

struct Retrieved {
  std::int64_t completed = 0, failed = 0, remaining = 0;  // instances
  Status status = statuses::kPending;                     // of the answer
};

using RetrieveProgress = std::function<void(const Retrieved&)>;

// `progress` hears of each answer. Errors: those of Association::request(), not_found (the peer has
// no such study), not_supported (neither C-GET nor C-MOVE, or refused), no_space and io (of ours: some
// could not be stored), corrupt (also if some instances failed at the peer).
Result<Retrieved> retrieve_study(Store&, const Peer&, const std::string& study_instance_uid,
                                 const RetrieveProgress& progress);

// One way or the other, of the resource of these unique keys; of a patient in the Patient Root
// model, else in Study Root. Errors as above; not_supported if the peer does not do it.
Result<Retrieved> get_resource(Store&, const Peer&, Level, const Keys& unique,
                               const RetrieveProgress& progress);
// To whom the peer knows by this AE title.
Result<Retrieved> move_resource(Store&, const Peer&, Level, const Keys& unique,
                                const std::string& destination, const RetrieveProgress& progress);

}  // namespace dcmfs::net
