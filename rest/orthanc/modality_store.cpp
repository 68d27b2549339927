#include "rest/orthanc/modality_store.h"

#include <json/json.h>

#include "rest/http/json.h"
#include "rest/jobs/answer_as_job.h"
#include "rest/modalities.h"
#include "rest/orthanc/remote_node.h"

namespace dcmfs::rest {
namespace {

struct Originator {
  std::optional<Modalities::MoveOriginator> value;
};

Result<Originator> originator_of(const Json::Value& body) {
  DCMFS_TRY(const auto aet, json_string(body, "MoveOriginatorAet", ""));
  DCMFS_TRY(const auto id, json_number(body, "MoveOriginatorID", 0));
  if (id < 0 || id > 0xffff)
    return Error{Errc::invalid_argument, "\"MoveOriginatorID\" must be a message ID, 0 to 65535"};
  if (aet.empty()) return Originator{};
  return Originator{Modalities::MoveOriginator{aet, static_cast<std::uint16_t>(id)}};
}

// What was sent, to be committed to.
Result<std::vector<SopReference>> references_of(const Services& services, const std::vector<RowId>& rows) {
  std::vector<SopReference> all;
  for (const RowId row : rows) {
    DCMFS_TRY(const auto instance, services.store.get({Level::instance, row}));
    const auto sop_class = instance.attributes.find(tags::SOPClassUID);
    if (sop_class != instance.attributes.end()) all.push_back({sop_class->second, instance.uids.sop_instance});
  }
  return all;
}

}  // namespace

Json::Value store_content(const Json::Value& body, std::int64_t instances, std::int64_t failed) {
  Json::Value v;
  v["Description"] = "REST API";
  v["InstancesCount"] = Json::Int64{instances};
  v["FailedInstancesCount"] = Json::Int64{failed};
  if (!body["Resources"].empty()) v["ParentResources"] = body["Resources"];
  return v;
}

Result<Response> store_to_modality(const Services& services, Request& request) {
  DCMFS_TRY(auto body, resources_body(request));
  DCMFS_TRY(const auto node, node_named(services, request.part("id"), body));
  DCMFS_TRY([[maybe_unused]] const auto originator, originator_of(body));
  DCMFS_TRY(const bool commitment, json_bool(body, "StorageCommitment", false));
  DCMFS_TRY(const auto ids, json_strings(body, "Resources"));
  DCMFS_TRY([[maybe_unused]] const auto keys, keys_of_ids(services, ids));
  if (body.isMember("Transcode"))
    return Error{Errc::not_supported, "\"Transcode\": instances go as they are stored, or uncompressed"};
  Json::Value parameters = node_wishes(body);
  parameters["Modality"] = request.part("id");
  parameters["Resources"] = body["Resources"];
  parameters["StorageCommitment"] = commitment;
  for (const char* key : {"MoveOriginatorAet", "MoveOriginatorID"})
    if (body.isMember(key)) parameters[key] = body[key];
  auto content = store_content(body, 0, 0);
  content["RemoteAet"] = node["AET"];
  content["LocalAet"] = local_aet(services, node);
  return answer_as_job(services, request, body,
                       {.type = "DicomModalityStore", .parameters = parameters, .content = content});
}

JobEnd run_modality_store(const Services& services, const Json::Value& parameters, JobRun& run) {
  DCMFS_TRY(const auto node, node_named(services, parameters["Modality"].asString(), parameters));
  DCMFS_TRY(const auto originator, originator_of(parameters));
  DCMFS_TRY(const auto ids, json_strings(parameters, "Resources"));
  DCMFS_TRY(const auto keys, keys_of_ids(services, ids));
  DCMFS_TRY(const auto rows, instances_of(services, keys));
  const auto total = static_cast<std::int64_t>(rows.size());
  std::int64_t done = 0, failed = 0;
  const auto content = [&] {
    auto v = store_content(parameters, total, failed);
    v["RemoteAet"] = node["AET"];
    v["LocalAet"] = local_aet(services, node);
    return v;
  };
  run.tell(content());
  DCMFS_CHECK(run.step(0, total));
  std::vector<RowId> sent;
  const auto ended = services.modalities->send(
      node, rows, originator.value,
      [&](std::size_t index, const Result<>& one) -> Result<> {
        if (one) {
          sent.push_back(rows[index]);
        } else {
          ++failed;
          if (!run.permissive()) return one.error();
          run.tell(content());
        }
        return run.step(++done, total);
      },
      run.stop());
  run.tell(content());
  if (!ended) return call_failure(ended.error());
  auto v = content();
  if (parameters["StorageCommitment"].asBool() && !sent.empty()) {
    DCMFS_TRY(auto references, references_of(services, sent));
    const auto transaction = services.modalities->ask_commitment(node, std::move(references));
    if (!transaction) return call_failure(transaction.error());
    v["StorageCommitmentTransactionUID"] = *transaction;
  }
  return v;
}

}  // namespace dcmfs::rest
