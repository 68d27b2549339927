#pragma once
// A data set from JSON that a person or a program wrote: by keyword ({"PatientName": "DOE^JOHN"},
// as the `.json` of the mounted tree has it), or the DICOM JSON model of PS3.18 F
// ({"00100010": {"vr": "PN", "Value": [{"Alphabetic": "DOE^JOHN"}]}}). Each attribute may have
// either form.
#include <functional>
#include <string_view>
#include <vector>

#include "store/dicom/dataset.h"
#include "store/result.h"

namespace dcmfs {

// Strict: no comments, no text behind it, no key twice, no attribute that nobody knows. The text is
// UTF-8, and the data set says so. Errors: invalid_argument, which names a line or a key and never
// a value; too_large.
Result<Dataset> read_json_dataset(std::string_view json);

// An array of objects of the DICOM JSON model alone, as PS3.18 10.5 sends the metadata of instances. `bulk_data`
// gives the element that a BulkDataURI stands for. What is wrong with one of them is no error of the others, and who it
// is can be told all the same.
// Errors: invalid_argument (no such array), too_large.
using BulkDataOf = std::function<Result<Element>(Tag, Vr, std::string_view uri)>;
struct JsonInstance {
  Result<Dataset> dataset;
  Dataset identity;  // its UIDs, PatientID and SOPClassUID, as far as they can be read
};
Result<std::vector<JsonInstance>> read_json_instances(std::string_view json,
                                                      const BulkDataOf& bulk_data);

}  // namespace dcmfs
