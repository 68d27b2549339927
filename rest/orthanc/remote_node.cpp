#include "rest/orthanc/remote_node.h"

#include <algorithm>
#include <set>

#include <json/json.h>

#include "rest/http/json.h"
#include "rest/http/media_type.h"
#include "rest/modalities.h"
#include "rest/orthanc/resource_id.h"

namespace dcmfs::rest {
namespace {

constexpr const char* kNodeWishes[] = {"LocalAet", "Timeout"};
constexpr std::size_t kInstancesAtOnce = 1000;

}  // namespace

Json::Value node_wishes(const Json::Value& body) {
  Json::Value wishes(Json::objectValue);
  if (!body.isObject()) return wishes;
  for (const char* key : kNodeWishes)
    if (body.isMember(key) && !body[key].isNull()) wishes[key] = body[key];
  return wishes;
}

Result<Json::Value> node_named(const Services& services, const std::string& name,
                               const Json::Value& wishes) {
  auto node = services.modalities->get(name);
  if (!node) return Error{Errc::not_found, "no modality " + told_name(name)};
  const auto own = node_wishes(wishes);
  if (own.empty()) return *node;
  for (const auto& key : own.getMemberNames()) (*node)[key] = own[key];
  return services.modalities->read(*std::move(node));
}

std::string local_aet(const Services& services, const Json::Value& node) {
  const auto own = node.get("LocalAet", "").asString();
  return own.empty() ? services.facts.dicom_aet : own;
}

Failure call_failure(const Error& error, std::optional<DimseStatus> status) {
  const bool callers = error.code == Errc::invalid_argument || error.code == Errc::too_large;
  auto failure = callers ? failure_of(error) : network_failure(error);
  if (status && *status != 0) {  // as Orthanc 1.12.10 tells it
    failure.payload["Type"] = "Dimse";
    failure.payload["Content"]["DimseErrorStatus"] = *status;
  }
  return failure;
}

Result<std::vector<Key>> keys_of_ids(const Services& services,
                                     const std::vector<std::string>& ids) {
  std::vector<Key> keys;
  for (const auto& id : ids) {
    DCMFS_TRY(const auto key, find_resource(services, id));
    keys.push_back(key);
  }
  return keys;
}

Result<std::vector<RowId>> instances_of(const Services& services, const std::vector<Key>& keys) {
  std::vector<RowId> rows;
  std::set<RowId> seen;
  const auto add = [&](RowId row) {
    if (seen.insert(row).second) rows.push_back(row);
  };
  for (const Key& key : keys) {
    if (key.level == Level::instance) {
      add(key.row);
      continue;
    }
    for (RowId after{};;) {
      DCMFS_TRY(const auto some,
                services.store.identities(key, Level::instance, after, kInstancesAtOnce));
      for (const auto& one : some) add(one.key.row);
      if (some.size() < kInstancesAtOnce) break;
      after = some.back().key.row;
    }
  }
  return rows;
}

Result<> note_export(const Services& services, const std::vector<Key>& keys, std::string_view to) {
  if (!services.facts.logs_exports) return {};
  for (const Key& key : keys) DCMFS_CHECK(services.store.exports().add(key, to, now()));
  return {};
}

Result<Json::Value> resources_body(const Request& request) {
  const auto text = trimmed(request.body.text);
  Json::Value body(Json::objectValue);
  if (ResourceId::parse(text)) {
    body["Resources"].append(std::string(text));
    return body;
  }
  DCMFS_TRY(auto value, parse_json(text));
  if (value.isObject() && value.isMember("Resources")) {
    body = std::move(value);
  } else if (value.isArray()) {
    body["Resources"] = std::move(value);
  } else if (value.isString()) {
    body["Resources"].append(std::move(value));
  } else {
    return Error{Errc::invalid_argument,
                 "expected the id of a resource, a list of them, or \"Resources\""};
  }
  if (body["Resources"].isString()) {
    Json::Value list(Json::arrayValue);
    list.append(body["Resources"]);
    body["Resources"] = list;
  }
  DCMFS_TRY([[maybe_unused]] const auto ids, json_strings(body, "Resources"));
  return body;
}

}  // namespace dcmfs::rest
