#pragma once
// What private attributes are. PS3.6 does not tell; DCMTK knows many.
#include <string>

#include "store/dicom/tag.h"

namespace dcmfs {

// DCMTK's name for an attribute of a private creator; "" if it does not know it.
std::string private_name_of(Tag, const std::string& creator);
// Its VR, where a file in Implicit VR does not say it; UN likewise.
Vr known_private_vr(Tag, const std::string& creator);

}  // namespace dcmfs
