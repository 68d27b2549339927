#include "rest/orthanc/search.h"

#include <set>

#include "rest/http/error.h"
#include "rest/http/json.h"
#include "rest/http/media_type.h"
#include "rest/orthanc/find_request.h"
#include "rest/orthanc/resource_json.h"
#include "rest/orthanc/resources.h"
#include "store/dicom/text.h"

namespace dcmfs::rest {
namespace {

// Which attribute tells a resource of a level, for who has only its value.
struct Identifier {
  Level level;
  Tag tag;
};
constexpr Identifier kIdentifiers[] = {
    {Level::patient, tags::PatientID},       {Level::study, tags::StudyInstanceUID},
    {Level::study, tags::AccessionNumber},   {Level::series, tags::SeriesInstanceUID},
    {Level::instance, tags::SOPInstanceUID},
};

// Of ids in a body: strings, or {"Level", "ID"}. Those that are not there are left out.
Result<std::vector<Key>> keys_of(const Services& services, const Json::Value& list) {
  if (!list.isArray()) return Error{Errc::invalid_argument, "\"Resources\" must be a list of ids"};
  std::vector<Key> keys;
  for (const Json::Value& each : list) {
    Result<Key> found = Error{Errc::not_found, {}};
    if (each.isString()) {
      found = find_resource(services, each.asString());
    } else if (each.isObject()) {
      DCMFS_TRY(const auto id, json_string(each, "ID", ""));
      DCMFS_TRY(const auto level_text, json_string(each, "Level", ""));
      DCMFS_TRY(const Level level, level_named(level_text));
      found = find_resource(services, level, id);
    } else {
      return Error{Errc::invalid_argument, "\"Resources\" must be a list of ids"};
    }
    if (found)
      keys.push_back(*found);
    else if (found.error().code != Errc::not_found)
      return found.error();
  }
  return keys;
}

// The same resources at another level: those above them, or all below them, each once.
Result<std::vector<Key>> at_level(const Services& services, const std::vector<Key>& keys,
                                  Level level) {
  std::vector<Key> found;
  std::set<Key> seen;
  const auto take = [&](Key key) {
    if (seen.insert(key).second) found.push_back(key);
  };
  for (const Key key : keys) {
    if (key.level < level) {
      DCMFS_TRY(const auto children, services.store.identities(key, level, RowId{}, kAllOfThem));
      for (const Identity& each : children) take(each.key);
    } else {
      DCMFS_TRY(const Key ancestor, above(services, key, level));
      take(ancestor);
    }
  }
  return found;
}

}  // namespace

Result<Response> find_resources(const Services& services, Request& request) {
  DCMFS_TRY(const auto body, json_object(request));
  auto asked = find_request(services, body);
  if (const auto* failure = std::get_if<Failure>(&asked))
    return failure_response(*failure, request);
  auto& query = std::get<std::optional<Query>>(asked);
  DCMFS_TRY(const auto view, resource_view(body));
  DCMFS_TRY(const bool expand, json_bool(body, "Expand", false));
  if (!query) return Response{.body = "[]\n"};
  if (expand || body.isMember("ResponseContent")) {
    show(*query, view);
    return objects_response(services, *query, view);
  }
  DCMFS_TRY(const auto found, services.store.identities(*query));
  return ids_response(found);
}

Result<Response> count_resources(const Services& services, Request& request) {
  DCMFS_TRY(const auto body, json_object(request));
  auto asked = find_request(services, body);
  if (const auto* failure = std::get_if<Failure>(&asked))
    return failure_response(*failure, request);
  const auto& query = std::get<std::optional<Query>>(asked);
  std::int64_t count = 0;
  if (query) {
    DCMFS_TRY(count, services.store.count(*query));
  }
  JsonWriter json;
  json.begin_object().key("Count").number(count).end_object();
  return written(std::move(json));
}

// The value is meant as it is: a '*' in it is no wildcard, and case counts.
Result<Response> look_up(const Services& services, Request& request) {
  const std::string wanted(trimmed(request.body.text));
  JsonWriter json;
  json.begin_array();
  for (const Identifier& identifier : kIdentifiers) {
    if (wanted.empty()) break;
    auto matcher = Matcher::parse(Vr::LO, wanted, {.lists = false});
    if (!matcher || matcher->universal()) continue;
    Query query;
    query.level = identifier.level;
    query.where.push_back({identifier.tag, *std::move(matcher)});
    query.totals = Query::Totals::none;
    DCMFS_CHECK(services.store.find(query, [&](const Resource& resource) {
      const auto value = resource.attributes.find(identifier.tag);
      if (value != resource.attributes.end() && value->second == wanted) {
        json.begin_object();
        write_reference(json, identifier.level, resource.id);
        json.end_object();
      }
      return true;
    }));
  }
  json.end_array();
  return written(std::move(json));
}

Result<Response> bulk_content(const Services& services, Request& request) {
  DCMFS_TRY(const auto body, json_object(request));
  DCMFS_TRY(auto view, resource_view(body));
  DCMFS_TRY(const bool metadata, json_bool(body, "Metadata", true));
  if (metadata && !body.isMember("ResponseContent")) view.blocks.add(Block::metadata);
  DCMFS_TRY(auto keys, keys_of(services, body["Resources"]));
  DCMFS_TRY(const auto level, json_string(body, "Level", ""));
  if (!level.empty()) {
    DCMFS_TRY(const Level wanted, level_named(level));
    DCMFS_TRY(keys, at_level(services, keys, wanted));
  }
  JsonWriter json;
  json.begin_array();
  for (const Key key : keys) DCMFS_CHECK(write_resource(json, services, key, view));
  json.end_array();
  return written(std::move(json));
}

Result<Response> bulk_delete(const Services& services, Request& request) {
  DCMFS_TRY(const auto body, json_object(request));
  DCMFS_TRY(const auto keys, keys_of(services, body["Resources"]));
  for (const Key key : keys) DCMFS_CHECK(services.store.remove(key, Store::Removal::to_trash));
  return text_response({});
}

}  // namespace dcmfs::rest
