#pragma once
// The role selection of an A-ASSOCIATE-RQ (PS3.7 D.3.3.4) as far as DCMTK does not tell it: it takes
// who proposes to be neither SCU nor SCP for who proposes to be both. Private to this room.
#include <functional>
#include <set>
#include <string>

#include "net/byte_stream.h"

namespace dcmfs::net {

// The SOP classes for which the request proposes neither role. What is no request has none.
std::set<std::string, std::less<>> proposed_without_role(Bytes request);

}  // namespace dcmfs::net
