#include "rest/orthanc/modalities.h"

#include <json/json.h>

#include "rest/http/intake.h"
#include "rest/http/json.h"
#include "rest/http/media_type.h"
#include "rest/modalities.h"
#include "rest/orthanc/remote_node.h"
#include "store/spool_blob.h"

namespace dcmfs::rest {
namespace {

constexpr const char* kNodeOperations[] = {
    "configuration", "echo",          "find", "find-instance", "find-patient", "find-series",
    "find-study",    "find-worklist", "get",  "move",          "query",        "storage-commitment",
    "store",         "store-straight"};

Result<Response> echo(const Services& services, const Request& request, const Json::Value& node,
                      const Json::Value& body) {
  DCMFS_TRY(const bool check_find, json_bool(body, "CheckFind", false));
  auto done = services.modalities->echo(node);
  if (done && check_find) done = services.modalities->check_find(node);
  if (!done) return failure_response(call_failure(done.error()), request);
  return empty_object();
}

// The bodies of /echo are often empty.
Result<Json::Value> echo_body(const Request& request) {
  if (trimmed(request.body.text).empty()) return Json::Value(Json::objectValue);
  return json_object(request);
}

}  // namespace

Result<Response> list_modalities(const Services& services, Request& request) {
  const bool expand = request.query.flag("expand");
  Json::Value list(expand ? Json::objectValue : Json::arrayValue);
  for (const auto& name : services.modalities->names()) {
    if (!expand) {
      list.append(name);
    } else if (auto node = services.modalities->get(name)) {
      list[name] = *std::move(node);
    }
  }
  return json_response(list);
}

Result<Response> show_modality(const Services& services, Request& request) {
  DCMFS_TRY([[maybe_unused]] const auto node, node_named(services, request.part("id"), {}));
  Json::Value list(Json::arrayValue);
  for (const char* operation : kNodeOperations) list.append(operation);
  return json_response(list);
}

Result<Response> put_modality(const Services& services, Request& request) {
  DCMFS_TRY(auto value, parse_json(request.body.text));
  DCMFS_CHECK(services.modalities->put(request.part("id"), std::move(value)));
  return text_response({});
}

Result<Response> remove_modality(const Services& services, Request& request) {
  DCMFS_CHECK(services.modalities->remove(request.part("id")));
  return text_response({});
}

Result<Response> show_modality_configuration(const Services& services, Request& request) {
  DCMFS_TRY(const auto node, node_named(services, request.part("id"), {}));
  return json_response(node);
}

Result<Response> echo_modality(const Services& services, Request& request) {
  DCMFS_TRY(const auto body, echo_body(request));
  DCMFS_TRY(const auto node, node_named(services, request.part("id"), body));
  return echo(services, request, node, body);
}

Result<Response> echo_node(const Services& services, Request& request) {
  DCMFS_TRY(auto body, parse_json(request.body.text));
  DCMFS_TRY(const auto node, services.modalities->read(body));
  return echo(services, request, node, body.isObject() ? body : Json::Value(Json::objectValue));
}

Result<Response> store_straight(const Services& services, Request& request) {
  DCMFS_TRY(const auto node, node_named(services, request.part("id"), {}));
  DCMFS_TRY(const auto file, file_of(std::move(request.body), services.store));
  DCMFS_TRY(auto blob, blob_of(file));
  const auto sent = services.modalities->send_file(node, std::move(blob));
  if (!sent && (sent.error().code == Errc::not_dicom || sent.error().code == Errc::corrupt))
    return failure_response({400, orthanc_errors::kBadFile, sent.error().message}, request);
  if (!sent) return failure_response(call_failure(sent.error()), request);
  Json::Value v;
  v["SOPClassUID"] = sent->sop_class;
  v["SOPInstanceUID"] = sent->sop_instance;
  return json_response(v);
}

}  // namespace dcmfs::rest
