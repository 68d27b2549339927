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

Result<std::vector<Result<Dataset>>> read_json_instances(std::string_view json, const BulkDataOf& bulk_data) {
  DCMFS_TRY(const Json::Value root, parse_json(json));
  if (!root.isArray()) return Error{Errc::invalid_argument, "expected an array of objects"};
  std::vector<Result<Dataset>> instances;
  for (const Json::Value& object : root) {
    if (!object.isObject()) return Error{Errc::invalid_argument, "expected an array of objects"};
    instances.push_back(dataset_from_json(object, {.private_creator = {}, .bulk_data = &bulk_data}));
    if (instances.back()) instances.back()->set_text(tags::SpecificCharacterSet, "ISO_IR 192");
  }
  return instances;
}

}  // namespace dcmfs
