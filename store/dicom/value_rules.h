#pragma once
// What PS3.5 6.2 allows in a value of each VR: for values that somebody wants to
// put into a data set. What comes from devices is taken as it is. Private to this folder.
#include <string>
#include <string_view>

#include "store/dicom/tag.h"

namespace dcmfs {

// What is wrong with UTF-8 text as the value (values joined by '\') of a text VR: "longer than the
// 16 characters of SH". "" if nothing is. Never shows the value.
std::string fault_of_value(Vr, std::string_view utf8);

}  // namespace dcmfs
