#include "tools/find/answer.h"

#include <utility>

#include "store/dicom/json.h"

namespace dcmfs::find {
namespace {

class Object {
 public:
  void add(std::string_view key, std::string_view text) {
    begin(key);
    append_json_string(json_, text);
  }
  void add(std::string_view key, std::int64_t number) {
    begin(key);
    json_ += std::to_string(number);
  }
  void add(std::string_view key, Object object) {
    begin(key);
    json_ += std::move(object).take();
  }
  std::string take() && { return "{" + json_ + "}"; }

 private:
  void begin(std::string_view key) {
    if (!json_.empty()) json_ += ", ";
    append_json_string(json_, key);
    json_ += ": ";
  }
  std::string json_;
};

Object uids_of(const Resource& resource) {
  const std::string* values[] = {&resource.uids.patient_id, &resource.uids.study,
                                 &resource.uids.series, &resource.uids.sop_instance};
  Object uids;
  for (std::size_t i = 0; i <= index_of(resource.key.level); ++i)
    uids.add(keyword_of(kLevels[i].unique_key), *values[i]);
  return uids;
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
  Object attributes;
  for (const auto& [tag, value] : all) attributes.add(keyword_of(tag), value);

  Object answer;
  answer.add("level", info(resource.key.level).singular);
  answer.add("id", resource.id.str());
  answer.add("uids", uids_of(resource));
  answer.add("attributes", std::move(attributes));
  answer.add("instances", resource.instances);
  answer.add("bytes", resource.bytes);
  return std::move(answer).take() + "\n";
}

}  // namespace dcmfs::find
