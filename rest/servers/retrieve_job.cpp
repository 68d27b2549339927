#include "rest/servers/retrieve_job.h"

#include <json/json.h>

#include "rest/http/json.h"
#include "rest/http/media_type.h"
#include "rest/jobs/answer_as_job.h"
#include "rest/orthanc/remote_node.h"
#include "rest/servers/retrieve_call.h"
#include "rest/servers/server_call.h"

namespace dcmfs::rest {
namespace {

Json::Value received_content(const WebReceived& so_far) {
  Json::Value v;
  v["ReceivedInstancesCount"] = std::to_string(so_far.instances);
  v["NetworkUsageMB"] = std::to_string(so_far.bytes >> 20);
  if (so_far.failed > 0) v["FailedInstancesCount"] = std::to_string(so_far.failed);
  return v;
}

// "studies/1/series/2"
Result<std::string> uri_of_resource(const Json::Value& resource) {
  const Error expected{Errc::invalid_argument,
                       "expected \"Resources\", a list of objects with \"Study\""};
  if (!resource.isObject()) return expected;
  DCMFS_TRY(const auto study, json_string(resource, "Study", ""));
  DCMFS_TRY(const auto series, json_string(resource, "Series", ""));
  DCMFS_TRY(const auto instance, json_string(resource, "Instance", ""));
  if (study.empty()) return expected;
  if (series.empty() && !instance.empty())
    return Error{Errc::invalid_argument, "expected \"Series\" beside \"Instance\""};
  std::string uri = "studies/" + study;
  if (!series.empty()) uri += "/series/" + series;
  if (!instance.empty()) uri += "/instances/" + instance;
  return uri;
}

Result<Response> retrieve_uris(const Services& services, const Request& request,
                               const Json::Value& body, const std::vector<std::string>& uris,
                               Waits otherwise) {
  DCMFS_TRY([[maybe_unused]] const auto server, server_named(services, request.part("id")));
  Json::Value parameters;
  parameters["Server"] = request.part("id");
  parameters["Uris"] = Json::arrayValue;
  for (const auto& uri : uris) {
    DCMFS_TRY([[maybe_unused]] const auto call, server_call(body, uri));
    parameters["Uris"].append(uri);
  }
  parameters["Arguments"] = body["Arguments"];
  parameters["HttpHeaders"] = body["HttpHeaders"];
  return answer_as_job(services, request, body,
                       {.type = "DicomWebWadoRetrieveClient",
                        .parameters = parameters,
                        .content = received_content({})},
                       otherwise);
}

}  // namespace

Result<Response> retrieve_from_server(const Services& services, Request& request) {
  DCMFS_TRY(const auto body, json_object(request));
  if (!body["Resources"].isArray())
    return Error{Errc::invalid_argument,
                 "expected \"Resources\", a list of objects with \"Study\""};
  std::vector<std::string> uris;
  for (const auto& resource : body["Resources"]) {
    DCMFS_TRY(auto uri, uri_of_resource(resource));
    uris.push_back(std::move(uri));
  }
  return retrieve_uris(services, request, body, uris, Waits::yes);
}

Result<Response> wado_from_server(const Services& services, Request& request) {
  DCMFS_TRY(const auto body, json_object(request));
  DCMFS_TRY(const auto uri, json_string(body, "Uri", ""));
  if (uri.empty())
    return Error{Errc::invalid_argument, "expected \"Uri\", such as \"/studies/1.2.3\""};
  return retrieve_uris(services, request, body, {uri},
                       Waits::no);  // so the plugin does, but for /retrieve
}

JobEnd run_web_retrieve(const Services& services, const Json::Value& parameters, JobRun& run) {
  DCMFS_TRY(const auto server, server_named(services, parameters["Server"].asString()));
  DCMFS_TRY(const auto uris, json_strings(parameters, "Uris"));
  WebReceived all;
  const auto total = static_cast<std::int64_t>(uris.size());
  for (std::int64_t i = 0; i < total; ++i) {
    run.tell(received_content(all));
    DCMFS_CHECK(run.step(i, total));
    DCMFS_TRY(auto call, server_call(parameters, uris[static_cast<std::size_t>(i)]));
    const auto before = all;
    const auto received = retrieve_into_store(services, server, std::move(call), run.stop(),
                                              [&](const WebReceived& now) {
                                                all = before + now;
                                                run.tell(received_content(all));
                                              });
    if (!received) return call_failure(received.error());
    all = before + *received;
    run.tell(received_content(all));
    if (all.failed > 0 && !run.permissive())
      return network_failure(Error{Errc::io, std::to_string(all.failed) + " instances of " +
                                                 server.url +
                                                 " could not be stored: " + all.first_failure});
  }
  return received_content(all);
}

}  // namespace dcmfs::rest
