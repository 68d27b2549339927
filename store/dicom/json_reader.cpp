#include "store/dicom/json_reader.h"

#include <json/json.h>

#include "store/dicom/json_values.h"

namespace dcmfs {

Result<Dataset> read_json_dataset(std::string_view json) {
  DCMFS_TRY(Json::Value root, parse_json(json));
  if (root.isArray() && root.size() == 1) root = Json::Value(root[0]);  // as DICOMweb answers one
  if (!root.isObject()) return Error{Errc::invalid_argument, "expected an object { ... }"};
  DCMFS_TRY(Dataset dataset, dataset_from_json(root, {}));
  dataset.set_text(tags::SpecificCharacterSet, "ISO_IR 192");
  return dataset;
}

}  // namespace dcmfs
