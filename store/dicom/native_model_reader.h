#pragma once
// The Native DICOM Model (PS3.19 A.1) as a client writes it, turned into the DICOM JSON model (PS3.18 F), which
// json_reader.h holds to DICOM's rules. What native_model.h writes comes back the same.
#include <string>
#include <string_view>

#include "store/result.h"

namespace dcmfs {

// One object. Numbers become texts, as JSON may have them. Private attributes are put into the block of their creator,
// or get one. No document type, and so no entities: those are for attacks. Errors: invalid_argument (no such document; the
// line is named, a value never), too_large (nested deeper, or a text longer, than libxml2 takes).
Result<std::string> json_of_native_model(std::string_view xml);

}  // namespace dcmfs
