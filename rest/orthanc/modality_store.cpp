#include "rest/orthanc/modality_store.h"

#include <json/json.h>

#include "rest/http/json.h"
#include "rest/jobs/answer_as_job.h"
#include "rest/modalities.h"
#include "rest/orthanc/remote_node.h"
#include "rest/orthanc/transcode_target.h"

namespace dcmfs::rest {
namespace {

Result<Modalities::SendWishes> wishes_of(const Json::Value& body) {
  DCMFS_TRY(const auto aet, json_string(body, "MoveOriginatorAet", ""));
  DCMFS_TRY(const auto id, json_number(body, "MoveOriginatorID", 0));
  if (id < 0 || id > 0xffff)
    return Error{Errc::invalid_argument, "\"MoveOriginatorID\" must be a message ID, 0 to 65535"};
  DCMFS_TRY(const auto transcode, json_string(body, "Transcode", ""));
  DCMFS_TRY(const auto* target, transcode_target(transcode));
  Modalities::SendWishes wishes;
  if (!aet.empty()) wishes.originator = {aet, static_cast<std::uint16_t>(id)};
  if (target != nullptr) wishes.transfer_syntax = target->uid;
  return wishes;
}

Json::Value sending_content(const Services& services, const Json::Value& node,
                            const Json::Value& wishes, std::int64_t instances,
                            std::int64_t failed) {
  auto v = store_content(wishes, instances, failed);
  v["RemoteAet"] = node["AET"];
  v["LocalAet"] = local_aet(services, node);
  if (wishes.isMember("MoveOriginatorAet")) {
    v["MoveOriginatorAET"] = wishes["MoveOriginatorAet"];
    v["MoveOriginatorID"] = wishes.get("MoveOriginatorID", 0);
  }
  return v;
}

// What was sent, to be committed to.
Result<std::vector<SopReference>> references_of(const Services& services,
                                                const std::vector<RowId>& rows) {
  std::vector<SopReference> all;
  for (const RowId row : rows) {
    DCMFS_TRY(const auto instance, services.store.get({Level::instance, row}));
    const auto sop_class = instance.attributes.find(tags::SOPClassUID);
    if (sop_class != instance.attributes.end())
      all.push_back({sop_class->second, instance.uids.sop_instance});
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
  DCMFS_TRY([[maybe_unused]] const auto wishes, wishes_of(body));
  DCMFS_TRY(const bool commitment, json_bool(body, "StorageCommitment", false));
  DCMFS_TRY(const auto ids, json_strings(body, "Resources"));
  DCMFS_TRY(const auto keys, keys_of_ids(services, ids));
  Json::Value parameters = node_wishes(body);
  parameters["Modality"] = request.part("id");
  parameters["Resources"] = body["Resources"];
  parameters["StorageCommitment"] = commitment;
  for (const char* key : {"MoveOriginatorAet", "MoveOriginatorID", "Transcode"})
    if (body.isMember(key)) parameters[key] = body[key];
  auto content = sending_content(services, node, body, 0, 0);
  DCMFS_CHECK(note_export(services, keys, request.part("id")));
  return answer_as_job(
      services, request, body,
      {.type = "DicomModalityStore", .parameters = parameters, .content = content});
}

JobEnd run_modality_store(const Services& services, const Json::Value& parameters, JobRun& run) {
  DCMFS_TRY(const auto node, node_named(services, parameters["Modality"].asString(), parameters));
  DCMFS_TRY(const auto wishes, wishes_of(parameters));
  DCMFS_TRY(const auto ids, json_strings(parameters, "Resources"));
  DCMFS_TRY(const auto keys, keys_of_ids(services, ids));
  DCMFS_TRY(const auto rows, instances_of(services, keys));
  const auto total = static_cast<std::int64_t>(rows.size());
  std::int64_t done = 0, failed = 0;
  const auto content = [&] { return sending_content(services, node, parameters, total, failed); };
  run.tell(content());
  DCMFS_CHECK(run.step(0, total));
  std::vector<RowId> sent;
  std::optional<DimseStatus> refusal;  // that ended it
  const auto ended = services.modalities->send(
      node, rows, wishes,
      [&](std::size_t index, const Result<>& one, std::optional<DimseStatus> answered) -> Result<> {
        if (one) {
          sent.push_back(rows[index]);
        } else {
          ++failed;
          if (!run.permissive()) {
            refusal = answered;
            return one.error();
          }
          run.tell(content());
        }
        return run.step(++done, total);
      },
      run.stop());
  run.tell(content());
  if (!ended) return call_failure(ended.error(), refusal);
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
