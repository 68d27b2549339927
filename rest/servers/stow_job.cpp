#include "rest/servers/stow_job.h"

#include <json/json.h>

#include "rest/http/json.h"
#include "rest/jobs/answer_as_job.h"
#include "rest/orthanc/remote_node.h"
#include "rest/servers/server_call.h"
#include "rest/servers/stow_call.h"

namespace dcmfs::rest {
namespace {

constexpr Json::ArrayIndex kFailuresTold = 100;

// How far it has come, and as what GET /jobs/{id} tells it. Numbers are texts, as with the plugin.
struct StowProgress {
  std::int64_t sent = 0, failed = 0, bytes = 0;
  Json::Value failures = Json::arrayValue;
  std::string first_failure;

  Json::Value content() const {
    Json::Value v;
    v["InstancesCount"] = std::to_string(sent);
    v["NetworkSizeMB"] = std::to_string(bytes >> 20);
    if (failed > 0) {
      v["FailedInstancesCount"] = std::to_string(failed);
      v["Failures"] = failures;
    }
    return v;
  }
  void fail(const std::string& sop_instance, std::optional<int> reason, const std::string& text) {
    ++failed;
    if (first_failure.empty()) first_failure = text;
    if (failures.size() >= kFailuresTold) return;
    Json::Value one;
    one["SOPInstanceUID"] = sop_instance;
    if (reason) one["FailureReason"] = *reason;
    one["Description"] = text;
    failures.append(one);
  }
};

// Instances for one request, from `rows[next]` on.
Result<std::vector<StowInstance>> batch_from(const Services& services,
                                             const std::vector<RowId>& rows, std::size_t next) {
  std::vector<StowInstance> batch;
  std::int64_t bytes = 0;
  for (; next < rows.size() && batch.size() < kStowInstancesMax; ++next) {
    DCMFS_TRY(auto blob, services.store.open_file(rows[next]));
    const auto size = blob.size();
    if (!batch.empty() && bytes + size > kStowBytesMax) break;
    DCMFS_TRY(const auto instance, services.store.get({Level::instance, rows[next]}));
    bytes += size;
    batch.push_back(
        {instance.uids.sop_instance, {std::make_shared<const Blob>(std::move(blob)), 0, size}});
  }
  return batch;
}

void note_answer(const StowAnswer& answer, const std::vector<StowInstance>& sent,
                 StowProgress& progress) {
  const bool is_stored = stow_verdict(answer.status) == StowVerdict::stored;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    progress.bytes += sent[i].file.size;
    if (answer.failed.empty() ? is_stored : !answer.failed[i].has_value())
      ++progress.sent;
    else if (answer.failed.empty())
      progress.fail(sent[i].sop_instance, std::nullopt, status_text(answer.status));
    else
      progress.fail(sent[i].sop_instance, answer.failed[i], failure_reason_text(*answer.failed[i]));
  }
}

struct StowTarget {
  const Services& services;
  Peer server;
  ServerCall call;
};

// Errors: of the caller or of the network, as call_failure() tells them apart.
Result<> send_batch(const StowTarget& to, const std::vector<StowInstance>& instances, JobRun& run,
                    StowProgress& progress) {
  DCMFS_TRY(const auto answer, stow(*to.services.servers, to.server, to.call.uri, instances,
                                    to.call.headers, run.stop()));
  const auto verdict = stow_verdict(answer.status);
  const bool may_be_one = verdict == StowVerdict::not_these || verdict == StowVerdict::later;
  if (!answer.failed.empty() || !may_be_one || instances.size() == 1) {
    note_answer(answer, instances, progress);
    return {};
  }
  for (const auto& one : instances) DCMFS_CHECK(send_batch(to, {one}, run, progress));
  return {};
}

}  // namespace

Result<Response> stow_to_server(const Services& services, Request& request) {
  DCMFS_TRY(auto body, resources_body(request));
  DCMFS_TRY([[maybe_unused]] const auto server, server_named(services, request.part("id")));
  DCMFS_TRY([[maybe_unused]] const auto call, server_call(body, "studies"));
  DCMFS_TRY(const auto ids, json_strings(body, "Resources"));
  DCMFS_TRY([[maybe_unused]] const auto keys, keys_of_ids(services, ids));
  Json::Value parameters;
  parameters["Server"] = request.part("id");
  parameters["Resources"] = body["Resources"];
  parameters["Arguments"] = body["Arguments"];
  parameters["HttpHeaders"] = body["HttpHeaders"];
  return answer_as_job(services, request, body,
                       {.type = "DicomWebStowClient",
                        .parameters = parameters,
                        .content = StowProgress().content()});
}

JobEnd run_stow(const Services& services, const Json::Value& parameters, JobRun& run) {
  DCMFS_TRY(const auto server, server_named(services, parameters["Server"].asString()));
  DCMFS_TRY(const auto call, server_call(parameters, "studies"));
  DCMFS_TRY(const auto ids, json_strings(parameters, "Resources"));
  DCMFS_TRY(const auto keys, keys_of_ids(services, ids));
  DCMFS_TRY(const auto rows, instances_of(services, keys));
  const StowTarget to{services, server, call};
  StowProgress progress;
  for (std::size_t next = 0; next < rows.size();) {
    run.tell(progress.content());
    DCMFS_CHECK(run.step(static_cast<std::int64_t>(next), static_cast<std::int64_t>(rows.size())));
    DCMFS_TRY(const auto batch, batch_from(services, rows, next));
    const auto sent = send_batch(to, batch, run, progress);
    run.tell(progress.content());
    if (!sent) return call_failure(sent.error());
    next += batch.size();
    if (progress.failed > 0 && !run.permissive())
      return network_failure(
          Error{Errc::io, std::to_string(progress.failed) + " of " + std::to_string(batch.size()) +
                              " instances were not stored by " + server.url +
                              ", the first because of " + progress.first_failure});
  }
  return progress.content();
}

}  // namespace dcmfs::rest
