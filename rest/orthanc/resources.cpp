#include "rest/orthanc/resources.h"

#include "rest/orthanc/resource_json.h"
#include "rest/services.h"

namespace dcmfs::rest {
namespace {

constexpr std::size_t kBytesPerId = 50;

struct Page {
  std::int64_t since = 0;
  std::int64_t limit = 0;  // 0: no limit
};
// Orthanc wants both or none of them.
Result<std::optional<Page>> page_of(const Parameters& query) {
  DCMFS_TRY(const auto since, query.number("since"));
  DCMFS_TRY(const auto limit, query.number("limit"));
  if (since.has_value() != limit.has_value())
    return Error{Errc::invalid_argument, since ? "since needs limit" : "limit needs since"};
  if (!since) return std::optional<Page>();
  return std::optional(Page{*since, *limit});
}

void write_sizes(JsonWriter& json, const Store::Statistics& counted) {
  const auto write = [&json](const std::string& name, std::int64_t bytes) {
    // Sizes are texts in Orthanc's API: JavaScript's numbers end at 2^53.
    json.member(name, std::to_string(bytes));
    json.key(name + "MB").number(bytes >> 20);
  };
  // Nothing is stored compressed.
  for (const char* name : {"DicomDiskSize", "DicomUncompressedSize"}) write(name, counted.bytes);
  for (const char* name : {"DiskSize", "UncompressedSize"})
    write(name, counted.bytes + counted.attachment_bytes);
}

}  // namespace

Response written(JsonWriter&& json) {
  return {.body = std::move(json).take()};
}

Response ids_response(const std::vector<Identity>& found) {
  JsonWriter json;
  json.reserve(found.size() * kBytesPerId);
  json.begin_array();
  for (const Identity& each : found) write_id(json, each.id);
  json.end_array();
  return written(std::move(json));
}

Result<Response> objects_response(const Services& services, const Query& query,
                                  const ResourceView& view) {
  JsonWriter json;
  json.begin_array();
  Result<> told;
  DCMFS_CHECK(services.store.find(query, [&](const Resource& resource) {
    told = write_resource(json, services, resource, view);
    return told.ok();
  }));
  DCMFS_CHECK(told);
  json.end_array();
  return written(std::move(json));
}

Result<Key> above(const Services& services, Key key, Level level) {
  if (key.level == level) return key;
  DCMFS_TRY(const auto resource, services.store.get(key));
  return resource.ancestors[index_of(key.level) - index_of(level) - 1];
}

Result<Response> list_resources(const Services& services, Request& request) {
  DCMFS_TRY(const auto page, page_of(request.query));
  DCMFS_TRY(const auto view, resource_view(request.query));
  const bool expand = request.query.flag("expand") || request.query.flag("expanded");
  Query query = query_for(view, request.level);
  if (page) {
    if (page->limit == 0) return Response{.body = "[]\n"};
    query.offset = page->since;
    query.limit = page->limit;
  }
  if (expand) return objects_response(services, query, view);
  if (page) {
    DCMFS_TRY(const auto found, services.store.identities(query));
    return ids_response(found);
  }
  DCMFS_TRY(const auto found,
            services.store.identities(std::nullopt, request.level, RowId{}, kAllOfThem));
  return ids_response(found);
}

Result<Response> show_resource(const Services& services, Request& request) {
  DCMFS_TRY(const auto view, resource_view(request.query));
  DCMFS_TRY(const Key key, find_resource(services, request.level, request.part("id")));
  JsonWriter json;
  DCMFS_CHECK(write_resource(json, services, key, view));
  return written(std::move(json));
}

// By way of the trash, as `rm` in the mounted tree: who deletes by mistake can have it back.
Result<Response> delete_resource(const Services& services, Request& request) {
  DCMFS_TRY(const Key key, find_resource(services, request.level, request.part("id")));
  DCMFS_TRY(const auto resource, services.store.get(key));
  DCMFS_CHECK(services.store.remove(key, Store::Removal::to_trash));
  JsonWriter json;
  json.begin_object().key("RemainingAncestor");
  for (const Key& ancestor : resource.ancestors) {
    const auto remaining = services.store.get(ancestor);
    if (!remaining) {
      if (remaining.error().code != Errc::not_found) return remaining.error();
      continue;
    }
    json.begin_object();
    write_reference(json, ancestor.level, remaining->id);
    json.end_object().end_object();
    return written(std::move(json));
  }
  json.null().end_object();
  return written(std::move(json));
}

Result<Response> resource_statistics(const Services& services, Request& request) {
  DCMFS_TRY(const Key key, find_resource(services, request.level, request.part("id")));
  DCMFS_TRY(const auto counted, services.store.statistics(key));
  const std::int64_t counts[] = {counted.patients, counted.studies, counted.series,
                                 counted.instances};
  JsonWriter json;
  json.begin_object();
  for (const LevelInfo& of : kLevels)
    if (of.level > key.level)
      json.key("Count" + std::string(plural_title(of.level))).number(counts[index_of(of.level)]);
  write_sizes(json, counted);
  json.end_object();
  return written(std::move(json));
}

Result<Response> list_below(const Services& services, Request& request, Level level) {
  DCMFS_TRY(const auto view, resource_view(request.query));
  DCMFS_TRY(const Key key, find_resource(services, request.level, request.part("id")));
  if (request.query.find("expand") && !request.query.flag("expand")) {
    DCMFS_TRY(const auto found, services.store.identities(key, level, RowId{}, kAllOfThem));
    return ids_response(found);
  }
  Query query = query_for(view, level);
  query.below = key;
  return objects_response(services, query, view);
}

Result<Response> show_above(const Services& services, Request& request, Level level) {
  DCMFS_TRY(const auto view, resource_view(request.query));
  DCMFS_TRY(const Key key, find_resource(services, request.level, request.part("id")));
  DCMFS_TRY(const Key ancestor, above(services, key, level));
  JsonWriter json;
  DCMFS_CHECK(write_resource(json, services, ancestor, view));
  return written(std::move(json));
}

}  // namespace dcmfs::rest
