#pragma once
// Attributes from parsed JSON. Private to this folder; store/dicom/json_reader.h and
// store/dicom/edit.h say what may be written.
#include <optional>
#include <string>
#include <string_view>

#include "store/dicom/dataset.h"
#include "store/dicom/json_reader.h"
#include "store/result.h"

namespace Json {
class Value;
}

namespace dcmfs {

struct JsonRules {
  std::string_view private_creator;  // of the private tags
  bool checked = false;  // values must be what PS3.5 6.2 allows (store/dicom/value_rules.h)
  const BulkDataOf* bulk_data = nullptr;  // null: no value may be told by a URI
};

// Strict JSON, not nested too deeply. Errors: invalid_argument, which names a line and nothing of
// the text; too_large.
Result<Json::Value> parse_json(std::string_view text);

// What a message may show of a key, which may be anything.
Error refused_key(std::string_view key, std::string_view why);

// Text is UTF-8, and no SpecificCharacterSet says so.
Result<Dataset> dataset_from_json(const Json::Value& object, const JsonRules&);

struct JsonAttribute {
  Element element;
  // Where only a data set can tell the VR (private and unknown attributes, "US or SS"): the values
  // as text, joined by '\'. `element` is what they are without one.
  std::optional<std::string> text;
};
Result<JsonAttribute> attribute_from_json(std::string_view key, Tag, const Json::Value&,
                                          const JsonRules&);

// Text as the value of this VR, checked as JsonRules say. Errors: invalid_argument.
Result<Element> element_from_text(std::string_view key, Tag, Vr, std::string_view utf8,
                                  const JsonRules&);

}  // namespace dcmfs
