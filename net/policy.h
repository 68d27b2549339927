#pragma once
// What this node answers to who requests an association: a function of values.
#include "net/negotiation.h"
#include "net/options.h"

namespace dcmfs::net {

NegotiationAnswer answer_to(const NegotiationRequest&, const Options&);

}  // namespace dcmfs::net
