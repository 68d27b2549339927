#include "rest/orthanc/commitment.h"

#include <json/json.h>

#include "rest/http/json.h"
#include "rest/modalities.h"
#include "rest/orthanc/remote_node.h"

namespace dcmfs::rest {
namespace {

constexpr OrthancError kBadSequence{6, "Bad sequence of calls"};

// [CLASS, INSTANCE] or {"SOPClassUID", "SOPInstanceUID"}.
Result<SopReference> reference_of(const Json::Value& v) {
  const Json::Value sop_class = v.isArray() && v.size() == 2 ? v[0]
                                : v.isObject()               ? v["SOPClassUID"]
                                                             : Json::Value();
  const Json::Value instance = v.isArray() && v.size() == 2 ? v[1]
                               : v.isObject()               ? v["SOPInstanceUID"]
                                                            : Json::Value();
  if (!sop_class.isString() || !instance.isString())
    return Error{Errc::invalid_argument,
                 "\"DicomInstances\": expected [SOP CLASS UID, SOP INSTANCE UID]"};
  return SopReference{sop_class.asString(), instance.asString()};
}

Result<std::vector<SopReference>> references_in(const Services& services, const Json::Value& body) {
  std::vector<SopReference> all;
  const Json::Value& told = body["DicomInstances"];
  if (!told.isNull() && !told.isArray())
    return Error{Errc::invalid_argument, "\"DicomInstances\" must be a list"};
  for (const auto& one : told) {
    DCMFS_TRY(auto reference, reference_of(one));
    all.push_back(std::move(reference));
  }
  DCMFS_TRY(const auto ids, json_strings(body, "Resources"));
  DCMFS_TRY(const auto keys, keys_of_ids(services, ids));
  DCMFS_TRY(const auto rows, instances_of(services, keys));
  for (const RowId row : rows) {
    DCMFS_TRY(const auto instance, services.store.get({Level::instance, row}));
    const auto sop_class = instance.attributes.find(tags::SOPClassUID);
    all.push_back({sop_class == instance.attributes.end() ? "" : sop_class->second,
                   instance.uids.sop_instance});
  }
  return all;
}

Json::Value json_of(const SopReference& reference) {
  Json::Value v;
  v["SOPClassUID"] = reference.sop_class;
  v["SOPInstanceUID"] = reference.sop_instance;
  return v;
}

Result<std::vector<Identity>> instances_like(const Services& services,
                                             const SopReference& reference) {
  auto sop_class = Matcher::parse(tags::SOPClassUID, reference.sop_class);
  auto instance = Matcher::parse(tags::SOPInstanceUID, reference.sop_instance);
  if (!sop_class || !instance) return Error{Errc::corrupt, "a UID that is none"};
  Query query;
  query.level = Level::instance;
  query.totals = Query::Totals::none;
  query.where.reserve(2);
  query.where.push_back({tags::SOPInstanceUID, *std::move(instance)});
  query.where.push_back({tags::SOPClassUID, *std::move(sop_class)});
  return services.store.identities(query);
}

const char* status_of(const Commitment& commitment) {
  if (!commitment.is_reported) return "Pending";
  return commitment.failed.empty() ? "Success" : "Failure";
}

}  // namespace

Result<Response> ask_commitment(const Services& services, Request& request) {
  DCMFS_TRY(const auto body, json_object(request));
  DCMFS_TRY(const auto node, node_named(services, request.part("id"), body));
  DCMFS_TRY(auto references, references_in(services, body));
  const auto transaction = services.modalities->ask_commitment(node, std::move(references));
  if (!transaction) return failure_response(call_failure(transaction.error()), request);
  Json::Value v;
  v["ID"] = *transaction;
  v["Path"] = "/storage-commitment/" + *transaction;
  return json_response(v);
}

Result<Response> show_commitment(const Services& services, Request& request) {
  DCMFS_TRY(const auto commitment, services.modalities->commitment(request.part("id")));
  Json::Value v;
  v["Status"] = status_of(commitment);
  v["RemoteAET"] = commitment.aet;
  if (commitment.is_reported) {
    v["Success"] = Json::arrayValue;
    for (const auto& one : commitment.committed) v["Success"].append(json_of(one));
    v["Failures"] = Json::arrayValue;
    for (const auto& one : commitment.failed) {
      auto failure = json_of(one.what);
      failure["FailureReason"] = one.reason;
      failure["Description"] = one.description;
      v["Failures"].append(std::move(failure));
    }
  }
  return json_response(v);
}

Result<Response> remove_committed(const Services& services, Request& request) {
  DCMFS_TRY(const auto commitment, services.modalities->commitment(request.part("id")));
  if (!commitment.is_reported || !commitment.failed.empty())
    return failure_response(
        {409, kBadSequence, "not all of it is committed to: nothing was removed"}, request);
  for (const auto& one : commitment.committed) {
    DCMFS_TRY(const auto found, instances_like(services, one));
    for (const auto& instance : found) DCMFS_CHECK(services.store.remove(instance.key));
  }
  return empty_object();
}

}  // namespace dcmfs::rest
