#pragma once
// Data sets that travel to and from other nodes, as JSON of Orthanc's API.
#include <string>
#include <variant>

#include <json/value.h>

#include "rest/http/error.h"
#include "rest/orthanc/tag_format.h"
#include "store/dicom/dataset.h"

namespace dcmfs::rest {

Json::Value dataset_json(const Dataset&, TagFormat);

// {"PatientName": "X", "0010,0020": "", "SomeSequence": [{...}]}, by keyword or number. A Failure
// where an attribute is not known, or a value is of another type.
std::variant<Dataset, Failure> json_dataset(const Json::Value&);

}  // namespace dcmfs::rest
