#include "tools/find/answer.h"

#include <utility>

#include "store/dicom/json_writer.h"

namespace dcmfs::find {
namespace {

void write_uids(JsonWriter& json, const Resource& resource) {
  json.begin_object();
  for (const LevelInfo& each : levels_down_to(resource.key.level))
    json.member(keyword_of(each.unique_key), uid_of(resource.uids, each.level));
  json.end_object();
}

}  // namespace

Result<const JsonLines::Attributes*> JsonLines::attributes_above(const Resource& resource) {
  if (resource.ancestors.empty()) {
    above_.clear();
    parent_ = {};
  } else if (resource.ancestors.front() != parent_) {
    above_.clear();
    for (const Key& ancestor : resource.ancestors) {
      DCMFS_TRY(const Resource above, store_.get(ancestor));
      above_.insert(above.attributes.begin(), above.attributes.end());
    }
    parent_ = resource.ancestors.front();
  }
  return &above_;
}

Result<std::string> JsonLines::line(const Resource& resource) {
  DCMFS_TRY(const Attributes* above, attributes_above(resource));
  Attributes all = resource.attributes;
  all.insert(above->begin(), above->end());

  JsonWriter json(JsonWriter::Layout::one_line);
  json.begin_object();
  json.member("level", info(resource.key.level).singular).member("id", resource.id.str());
  json.key("uids");
  write_uids(json, resource);
  json.key("attributes").begin_object();
  for (const auto& [tag, value] : all) json.member(keyword_of(tag), value);
  json.end_object();
  json.member("instances", resource.instances).member("bytes", resource.bytes);
  json.end_object();
  return std::move(json).take();
}

}  // namespace dcmfs::find
