#pragma once
// A data set from JSON that a person or a program wrote: by keyword ({"PatientName": "DOE^JOHN"},
// as the `.json` of the mounted tree has it), or the DICOM JSON model of PS3.18 F
// ({"00100010": {"vr": "PN", "Value": [{"Alphabetic": "DOE^JOHN"}]}}). Each attribute may have
// either form.
#include <string_view>

#include "store/dicom/dataset.h"
#include "store/result.h"

namespace dcmfs {

// Strict: no comments, no text behind it, no key twice, no attribute that nobody knows. The text is
// UTF-8, and the data set says so. Errors: invalid_argument, which names a line or a key and never
// a value; too_large.
Result<Dataset> read_json_dataset(std::string_view json);

}  // namespace dcmfs
