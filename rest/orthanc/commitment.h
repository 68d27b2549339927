#pragma once
// Storage commitment of other nodes (PS3.4 J), asked for by REST.
#include "rest/http/route.h"

namespace dcmfs::rest {

Result<Response> ask_commitment(const Services&, Request&);
Result<Response> show_commitment(const Services&, Request&);
// Removes here what was committed to there.
Result<Response> remove_committed(const Services&, Request&);

}  // namespace dcmfs::rest
