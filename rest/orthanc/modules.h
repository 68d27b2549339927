#pragma once
// Which attributes the modules consist of that are told by /module, from PS3.3.
#include "store/level.h"

namespace dcmfs::rest {

// Patient: C.7.1.1, and OtherPatientIDs, which is retired and still sent; study: General Study, C.7.2.1;
// series: General Series, C.7.3.1; instance: SOP Common, C.12.1.
bool is_in_module(Level, Tag);

}  // namespace dcmfs::rest
