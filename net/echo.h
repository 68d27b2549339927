#pragma once
// The Verification service as SCU (PS3.4 annex A).
#include <chrono>

#include "net/association.h"

namespace dcmfs::net {

// How long the peer took, the association included. Errors: those of Association::request(),
// not_supported (it does not accept the SOP class), corrupt.
Result<std::chrono::milliseconds> echo(const Peer&);

}  // namespace dcmfs::net
