#include "rest/orthanc/resource_json.h"

#include <algorithm>
#include <optional>
#include <set>

#include "rest/http/json.h"
#include "rest/instance_file.h"
#include "rest/orthanc/attachment_json.h"
#include "rest/orthanc/main_tags.h"
#include "rest/orthanc/tag_json.h"
#include "store/attributes.h"

namespace dcmfs::rest {
namespace {

void write_main_tags(JsonWriter& json, std::string_view name, const Resource& resource, Level level,
                     TagFormat format) {
  json.key(name).begin_object();
  for (const Tag tag : main_tags(level))
    if (const auto found = resource.attributes.find(tag); found != resource.attributes.end())
      write_attribute(json, tag, found->second, format);
  json.end_object();
}

void write_children(JsonWriter& json, const Resource& resource) {
  const auto below = child(resource.key.level);
  if (!below) return;
  json.key(plural_title(*below)).begin_array();
  for (const ResourceId& id : resource.child_ids) write_id(json, id);
  json.end_array();
}

// What goes while it is told has nothing more to tell: that spoils no list that it is part of.
template <class T>
Result<T> or_nothing(Result<T> told) {
  if (!told && told.error().code == Errc::not_found) return T{};
  return told;
}

std::string_view name(SeriesStatus status) {
  switch (status) {
    case SeriesStatus::unknown:
      return "Unknown";
    case SeriesStatus::missing:
      return "Missing";
    case SeriesStatus::complete:
      return "Complete";
    case SeriesStatus::inconsistent:
      return "Inconsistent";
  }
  return "Unknown";
}

void write_number_or_null(JsonWriter& json, std::string_view key,
                          std::optional<std::int64_t> number) {
  json.key(key);
  number ? json.number(*number) : json.null();
}

void write_origin(JsonWriter& json, const Resource& resource) {
  if (resource.key.level == Level::instance)
    write_number_or_null(json, "IndexInSeries", resource.index_in_series);
  else
    json.member("LastUpdate", time_text(resource.last_update));
  for (const auto& [source, id] : resource.metadata) json.member(source, id);
}

Result<> write_metadata(JsonWriter& json, const Services& services, Key key) {
  DCMFS_TRY(const auto all, or_nothing(services.store.metadata().all(key)));
  json.key("Metadata").begin_object();
  for (const auto& [each, of] : all) json.member(each, of.text);
  json.end_object();
  return {};
}

// What the index does not keep is asked of the first file below; nullopt: nothing is, or there is none any more.
Result<std::optional<InstanceFile>> file_of_requested(const Services& services,
                                                      const Resource& resource,
                                                      const std::vector<Tag>& requested) {
  if (std::ranges::all_of(requested, [](Tag tag) { return level_of(tag).has_value(); }))
    return std::optional<InstanceFile>();
  auto file = InstanceFile::below(services, resource.key);
  if (file) return std::optional(*std::move(file));
  if (file.error().code == Errc::not_found) return std::optional<InstanceFile>();
  return std::move(file).error();
}

Result<> write_requested(JsonWriter& json, const Services& services, const Resource& resource,
                         const ResourceView& view) {
  DCMFS_TRY(const auto file, file_of_requested(services, resource, view.requested));
  json.key("RequestedTags").begin_object();
  for (const Tag tag : std::set<Tag>(view.requested.begin(), view.requested.end())) {
    if (const auto kept = resource.attributes.find(tag); kept != resource.attributes.end()) {
      write_attribute(json, tag, kept->second, view.format);
      continue;
    }
    if (!file || level_of(tag)) continue;
    const Dataset& dataset = file->dicom().dataset;
    const Element* element = dataset.find(tag);
    if (element != nullptr && element->vr == Vr::SQ)
      write_element(json, file->dicom(), dataset, *element, {.format = view.format});
    else if (const auto text = dataset.text(tag))
      write_attribute(json, tag, *text, view.format);
  }
  json.end_object();
  return {};
}

Result<Resource> resource_for(const Services& services, Key key, const ResourceView& view) {
  Query query = query_for(view, key.level);
  query.below = key;
  std::optional<Resource> found;
  DCMFS_CHECK(services.store.find(query, [&](const Resource& resource) {
    found = resource;
    return false;
  }));
  if (!found)
    return Error{Errc::not_found, "there is no such " + std::string(info(key.level).singular)};
  return *std::move(found);
}

}  // namespace

Result<> write_resource(JsonWriter& json, const Services& services, const Resource& resource,
                        const ResourceView& view) {
  const Key key = resource.key;
  const Blocks& blocks = view.blocks;
  json.begin_object();
  json.member("ID", resource.id.str()).member("Type", info(key.level).title);
  if (const auto above = parent(key.level); above && blocks.has(Block::parent))
    json.member("Parent" + std::string(info(*above).title),
                ResourceId::of(*above, resource.uids).str());
  if (blocks.has(Block::main_tags)) {
    write_main_tags(json, "MainDicomTags", resource, key.level, view.format);
    if (key.level == Level::study)
      write_main_tags(json, "PatientMainDicomTags", resource, Level::patient, view.format);
  }
  if (blocks.has(Block::children)) write_children(json, resource);
  if (blocks.has(Block::is_stable) && key.level != Level::instance)
    json.key("IsStable").boolean(resource.is_stable);
  if (blocks.has(Block::status) && key.level == Level::series) {
    json.member("Status", name(resource.status));
    write_number_or_null(json, "ExpectedNumberOfInstances", resource.expected_instances);
  }
  if (blocks.has(Block::origin)) write_origin(json, resource);
  if (blocks.has(Block::file) && key.level == Level::instance) {
    json.key("FileSize").number(resource.bytes);
    json.member("FileUuid", file_uuid(key.row, resource.id));
  }
  if (blocks.has(Block::is_protected) && key.level == Level::patient)
    json.key("IsProtected").boolean(resource.is_protected);
  if (blocks.has(Block::metadata)) DCMFS_CHECK(write_metadata(json, services, key));
  if (blocks.has(Block::attachments)) DCMFS_CHECK(write_attachments(json, services, resource));
  if (blocks.has(Block::labels)) {
    json.key("Labels").begin_array();
    for (const std::string& label : resource.labels) json.text(label);
    json.end_array();
  }
  if (!view.requested.empty()) DCMFS_CHECK(write_requested(json, services, resource, view));
  json.end_object();
  return {};
}

Result<> write_resource(JsonWriter& json, const Services& services, Key key,
                        const ResourceView& view) {
  DCMFS_TRY(const auto resource, resource_for(services, key, view));
  return write_resource(json, services, resource, view);
}

Result<Json::Value> resource_json(const Services& services, Key key, const ResourceView& view) {
  JsonWriter json;
  DCMFS_CHECK(write_resource(json, services, key, view));
  return parse_own_json(std::move(json).take());
}

}  // namespace dcmfs::rest
