#pragma once
// Data sets that travel to and from other nodes, as JSON of Orthanc's API.
#include <string>
#include <variant>

#include <json/value.h>

#include "rest/http/error.h"
#include "rest/http/message.h"
#include "store/dicom/dataset.h"

namespace dcmfs::rest {

// full   {"0010,0010": {"Name": "PatientName", "Type": "String", "Value": "X"}}
// short  {"0010,0010": "X"}
// simple {"PatientName": "X"}
enum class AnswerFormat : std::uint8_t { full, short_form, simple };
AnswerFormat answer_format(const Parameters&);  // ?simplify, ?short

Json::Value dataset_json(const Dataset&, AnswerFormat);

// {"PatientName": "X", "0010,0020": "", "SomeSequence": [{...}]}, by keyword or number. A Failure
// where an attribute is not known, or a value is of another type.
std::variant<Dataset, Failure> json_dataset(const Json::Value&);

}  // namespace dcmfs::rest
