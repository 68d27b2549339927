#include "rest/servers/servers.h"

#include <json/json.h>

#include "rest/dicomweb/multipart_source.h"
#include "rest/http/json.h"
#include "rest/orthanc/remote_node.h"
#include "rest/orthanc/resource_id.h"
#include "rest/servers/server_call.h"
#include "store/dicom/tag.h"

namespace dcmfs::rest {
namespace {

constexpr const char* kHasDelete = "HasDelete";
constexpr std::string_view kJsonAnswer = "application/dicom+json";

// In the order of the levels: study, series, instance.
constexpr const char* kLevelUids[] = {"StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"};

bool can_delete(const Peer& server) {
  return server.flag(kHasDelete, false);
}

// PS3.18 F.2: the values as text, PN by its alphabetic part. Orthanc has them joined by '\'.
std::string value_text(const Json::Value& values) {
  std::string text;
  for (Json::ArrayIndex i = 0; i < values.size(); ++i) {
    const Json::Value& one = values[i].isObject() ? values[i]["Alphabetic"] : values[i];
    if (i > 0) text += '\\';
    if (one.isString() || one.isNumeric()) text += one.asString();
  }
  return text;
}

Json::Value orthanc_attribute(const std::string& key, const Json::Value& attribute) {
  Json::Value v;
  const auto tag = tag_of(key);
  if (tag) {
    v["Group"] = tag->group;
    v["Element"] = tag->element;
    v["Name"] = keyword_of(*tag);
  }
  v["vr"] = attribute["vr"];
  if (attribute["vr"] != "SQ" && attribute["Value"].isArray())
    v["Value"] = value_text(attribute["Value"]);
  return v;
}

Json::Value orthanc_results(const Json::Value& results) {
  Json::Value list(Json::arrayValue);
  for (const auto& result : results) {
    Json::Value told(Json::objectValue);
    if (result.isObject())
      for (const auto& key : result.getMemberNames())
        told[key] = orthanc_attribute(key, result[key]);
    list.append(told);
  }
  return list;
}

// "studies/1/series/2"
Result<std::string> path_to_delete(const Json::Value& body) {
  DCMFS_TRY(const auto named, json_string(body, "Level", ""));
  DCMFS_TRY(const auto level, level_named(named));
  if (level == Level::patient)
    return Error{Errc::invalid_argument,
                 "expected \"Level\": \"Study\", \"Series\" or \"Instance\""};
  constexpr std::string_view kFolders[] = {"studies/", "/series/", "/instances/"};
  std::string path;
  for (std::size_t i = 0; i < index_of(level); ++i) {
    DCMFS_TRY(const auto uid, json_string(body, kLevelUids[i], ""));
    if (uid.empty())
      return Error{Errc::invalid_argument, std::string("expected \"") + kLevelUids[i] + '"'};
    path += std::string(kFolders[i]) + uid;
  }
  return path;
}

}  // namespace

Result<Response> list_servers(const Services& services, Request& request) {
  return json_response(peers_json(*services.servers, request.query.flag("expand")));
}

Result<Response> show_server(const Services& services, Request& request) {
  DCMFS_TRY(const auto server, server_named(services, request.part("id")));
  Json::Value list(Json::arrayValue);
  for (const char* operation : {"get", "retrieve", "stow", "wado", "qido"}) list.append(operation);
  if (can_delete(server)) list.append("delete");
  return json_response(list);
}

Result<Response> put_server(const Services& services, Request& request) {
  DCMFS_TRY(const auto value, parse_json(request.body.text));
  DCMFS_TRY(const auto server, parse_peer(value));
  DCMFS_CHECK(services.servers->put(request.part("id"), server));
  return empty_object();
}

Result<Response> remove_server(const Services& services, Request& request) {
  DCMFS_CHECK(services.servers->remove(request.part("id")));
  return empty_object();
}

Result<Response> get_from_server(const Services& services, Request& request) {
  DCMFS_TRY(const auto body, json_object(request));
  DCMFS_TRY(auto call, server_call(body));
  DCMFS_TRY(const auto server, server_named(services, request.part("id")));
  DCMFS_TRY(auto file, services.store.spool());
  const auto reply = services.servers->call(
      server, {.path = call.uri,
               .headers = std::move(call.headers),
               .take = [&](const HttpReply&, std::span<const std::byte> bytes) {
                 return file.append(bytes);
               }});
  if (!reply) return failure_response(call_failure(reply.error()), request);
  if (!reply->is_success()) return failure_response(answer_failure(server, *reply), request);
  DCMFS_TRY(auto whole, part_of(std::move(file), reply->type));
  return single_response(std::move(whole));
}

Result<Response> search_server(const Services& services, Request& request) {
  DCMFS_TRY(const auto body, json_object(request));
  DCMFS_TRY(auto call, server_call(body));
  DCMFS_TRY(const auto server, server_named(services, request.part("id")));
  call.headers.emplace("Accept", kJsonAnswer);
  const auto reply =
      services.servers->call(server, {.path = call.uri, .headers = std::move(call.headers)});
  if (!reply) return failure_response(call_failure(reply.error()), request);
  if (!reply->is_success()) return failure_response(answer_failure(server, *reply), request);
  if (reply->body.empty()) return json_response(Json::arrayValue);  // 204: nothing matches
  const auto results = parse_json(reply->body);
  if (!results) return failure_response(network_failure(results.error()), request);
  return json_response(orthanc_results(*results));
}

Result<Response> delete_from_server(const Services& services, Request& request) {
  DCMFS_TRY(const auto body, json_object(request));
  DCMFS_TRY(const auto path, path_to_delete(body));
  DCMFS_TRY(auto call, server_call(body, path));
  DCMFS_TRY(const auto server, server_named(services, request.part("id")));
  if (!can_delete(server))
    return Error{Errc::invalid_argument, "this DICOMweb server was not set to \"HasDelete\""};
  const auto reply = services.servers->call(
      server, {.method = Method::delete_, .path = call.uri, .headers = std::move(call.headers)});
  if (!reply) return failure_response(call_failure(reply.error()), request);
  if (!reply->is_success()) return failure_response(answer_failure(server, *reply), request);
  return empty_object();
}

}  // namespace dcmfs::rest
