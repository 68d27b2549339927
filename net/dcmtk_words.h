#pragma once
// DCMTK's words for what is negotiated (dul.h), and ours (negotiation.h). Private to this room;
// DCMTK's headers come with it.
#include <string>
#include <vector>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmnet/assoc.h>
#include <dcmtk/dcmnet/dul.h>

#include "net/negotiation.h"
#include "store/result.h"

namespace dcmfs::net {

Roles roles_of(DUL_SC_ROLE);
T_ASC_SC_ROLE role_of(Roles);

std::vector<const DUL_PRESENTATIONCONTEXT*> items(LST_HEAD*);
std::vector<std::string> transfer_syntaxes_of(const DUL_PRESENTATIONCONTEXT&);

ExtendedNegotiation extended_of(const SOPClassExtendedNegotiationSubItemList*);
// nullptr for none, else it is for DCMTK to delete.
SOPClassExtendedNegotiationSubItemList* make_list(const ExtendedNegotiation&);

void name_implementation(T_ASC_Parameters&);

// Why the peer did, PS3.8 9.3.4. busy: for now; denied.
Error rejected(T_ASC_Parameters*);

}  // namespace dcmfs::net
