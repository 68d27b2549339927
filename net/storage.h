#pragma once
// The Storage Service Class as SCP (PS3.4 annex B): what arrives is stored as it is, byte for byte,
// behind a File Meta Information of ours. Success is answered when it is on the disk.
#include <functional>
#include <string_view>

#include "net/service.h"

namespace dcmfs::net {

// Whether instances of this SOP class are stored: those that PS3.6 calls Storage, and what it does
// not know, unless the options refuse them.
bool is_storage(std::string_view sop_class, const Options&);
bool is_accepted_for_storage(std::string_view transfer_syntax, const Options&);

// C-STORE, whoever of the two asked for the association: received, stored and answered, with that
// status.
Result<Status> receive_instance(Store&, Association&, const AcceptedContext&,
                                const Message& request,
                                const std::function<void(std::string_view)>& log);
Result<> receive_instance(const Call&);  // of a peer that comes by itself

}  // namespace dcmfs::net
