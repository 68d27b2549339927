#include "store/dicom/json_reader.h"

#include <json/json.h>

#include "store/dicom/json_text.h"
#include "store/dicom/json_values.h"

namespace dcmfs {
namespace {

// Each by itself: where one cannot be read, the others can.
Dataset identity_in(const Json::Value& object) {
  Dataset identity;
  for (const Tag tag : {tags::SOPClassUID, tags::SOPInstanceUID, tags::StudyInstanceUID,
                        tags::SeriesInstanceUID, tags::PatientID}) {
    std::string key;
    append_hex(key, tag.number(), 8);
    if (!object.isMember(key)) continue;
    Json::Value one;
    one[key] = object[key];
    if (const auto read = dataset_from_json(one, {}))
      identity.set_text(tag, read->text_or(tag, ""));
  }
  return identity;
}

}  // namespace

Result<Dataset> read_json_dataset(std::string_view json) {
  DCMFS_TRY(Json::Value root, parse_json(json));
  if (root.isArray() && root.size() == 1) root = Json::Value(root[0]);  // as DICOMweb answers one
  if (!root.isObject()) return Error{Errc::invalid_argument, "expected an object { ... }"};
  DCMFS_TRY(Dataset dataset, dataset_from_json(root, {}));
  dataset.set_text(tags::SpecificCharacterSet, "ISO_IR 192");
  return dataset;
}

Result<std::vector<JsonInstance>> read_json_instances(std::string_view json,
                                                      const BulkDataOf& bulk_data) {
  DCMFS_TRY(const Json::Value root, parse_json(json));
  if (!root.isArray()) return Error{Errc::invalid_argument, "expected an array of objects"};
  std::vector<JsonInstance> instances;
  for (const Json::Value& object : root) {
    if (!object.isObject()) return Error{Errc::invalid_argument, "expected an array of objects"};
    instances.push_back(
        {dataset_from_json(object, {.private_creator = {}, .bulk_data = &bulk_data}),
         identity_in(object)});
    if (auto& dataset = instances.back().dataset)
      dataset->set_text(tags::SpecificCharacterSet, "ISO_IR 192");
  }
  return instances;
}

}  // namespace dcmfs
