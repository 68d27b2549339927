#pragma once
// What private attributes are called. PS3.6 does not name them; DCMTK knows many.
#include <string>

#include "store/dicom/tag.h"

namespace dcmfs {

// DCMTK's name for an attribute of a private creator; "" if it does not know it.
std::string private_name_of(Tag, const std::string& creator);

}  // namespace dcmfs
