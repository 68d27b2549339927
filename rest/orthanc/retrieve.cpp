#include "rest/orthanc/retrieve.h"

#include <json/json.h>

#include "rest/http/json.h"
#include "rest/orthanc/dataset_json.h"
#include "rest/orthanc/remote_node.h"
#include "rest/orthanc/resource_id.h"

namespace dcmfs::rest {
namespace {

constexpr DimseStatus kPending = 0xff00;  // PS3.4 C.4.2.1.5
constexpr std::string_view kMove = "C-MOVE", kGet = "C-GET";

// PS3.4 C.6.1.1, C.6.2.1: patients are of the Patient Root model, all else of Study Root.
std::vector<Tag> unique_tags(Level level) {
  if (level == Level::patient) return {tags::PatientID};
  std::vector<Tag> all;
  for (const LevelInfo& one : kLevels)
    if (one.level != Level::patient && index_of(one.level) <= index_of(level))
      all.push_back(one.unique_key);
  return all;
}

// What a person wants to see of it, too.
Json::Value shown(Level level, const Dataset& identifier) {
  Json::Value v;
  for (const Tag tag : {tags::AccessionNumber, tags::PatientID})
    if (const auto text = identifier.text(tag)) v[to_string(tag)] = *text;
  v[to_string(tags::QueryRetrieveLevel)] = std::string(info(level).query_retrieve);
  for (const Tag tag : unique_tags(level)) v[to_string(tag)] = identifier.text_or(tag, "");
  return v;
}

Json::Value content_of(const Services& services, const Json::Value& node,
                       const Json::Value& parameters) {
  Json::Value v;
  v["Description"] = "REST API";
  v["LocalAet"] = local_aet(services, node);
  v["RemoteAet"] = node["AET"];
  if (parameters.isMember("TargetAet")) v["TargetAet"] = parameters["TargetAet"];
  v["Query"] = parameters["Query"];
  return v;
}

Modalities::UniqueKeys keys_of(Level level, const Json::Value& identifier) {
  Modalities::UniqueKeys keys;
  for (const Tag tag : unique_tags(level)) {
    auto value = identifier.get(to_string(tag), "").asString();
    if (!value.empty()) keys.emplace_back(tag, std::move(value));
  }
  return keys;
}

template <class Call>  // Result<>(node, level, keys, progress)
JobEnd retrieve(const Services& services, const Json::Value& parameters, JobRun& run,
                const Call& call) {
  DCMFS_TRY(const auto node, node_named(services, parameters["Modality"].asString(), parameters));
  DCMFS_TRY(const auto level, level_named(parameters["Level"].asString()));
  const auto content = content_of(services, node, parameters);
  run.tell(content);
  // Each resource has an equal part of the whole.
  constexpr std::int64_t kPart = 1000;
  const Json::Value& all = parameters["Query"];
  const auto total = kPart * static_cast<std::int64_t>(all.size());
  for (Json::ArrayIndex i = 0; i < all.size(); ++i) {
    DCMFS_CHECK(run.step(kPart * i, total));
    std::optional<DimseStatus> last;
    const auto progress = [&](std::int64_t so_far, std::int64_t remaining, DimseStatus status) {
      if (status != kPending) last = status;
      const auto of = std::max<std::int64_t>(so_far + remaining, 1);
      return run.step(kPart * i + kPart * so_far / of, total).ok();
    };
    const auto done = call(node, level, keys_of(level, all[i]), progress);
    if (!done) return call_failure(done.error(), last);
  }
  return content;
}

Result<Response> retrieve_from(const Services& services, Request& request,
                               std::string_view method) {
  DCMFS_TRY(auto body, json_object(request));
  if (!body["Resources"].isArray() || !body["Level"].isString())
    return Error{Errc::invalid_argument, "expected \"Level\" and \"Resources\", a list of objects"};
  DCMFS_TRY(const auto level, level_named(body["Level"].asString()));
  std::vector<Dataset> identifiers;
  for (const auto& one : body["Resources"]) {
    auto identifier = json_dataset(one);
    if (const auto* failure = std::get_if<Failure>(&identifier))
      return failure_response(*failure, request);
    identifiers.push_back(std::get<Dataset>(std::move(identifier)));
  }
  body["RetrieveMethod"] = std::string(method);
  DCMFS_TRY(auto job, retrieve_job(services, request.part("id"), level, identifiers, body));
  return answer_as_job(services, request, body, std::move(job));
}

}  // namespace

Result<Modalities::UniqueKeys> unique_keys(Level level, const Dataset& identifier) {
  Modalities::UniqueKeys keys;
  for (const Tag tag : unique_tags(level)) {
    auto value = identifier.text_or(tag, "");
    if (value.empty() && tag == info(level).unique_key)
      return Error{Errc::invalid_argument, keyword_of(tag) + " is missing"};
    if (!value.empty()) keys.emplace_back(tag, std::move(value));
  }
  return keys;
}

Result<NewJob> retrieve_job(const Services& services, const std::string& modality, Level level,
                            const std::vector<Dataset>& identifiers, const Json::Value& wishes) {
  DCMFS_TRY(const auto node, node_named(services, modality, wishes));
  DCMFS_TRY(auto method, json_string(wishes, "RetrieveMethod", ""));
  if (method.empty() || method == "SystemDefault")
    method = node.get("RetrieveMethod", std::string(kMove)).asString();
  DCMFS_TRY(auto target, json_string(wishes, "TargetAet", ""));
  if (method != kMove && method != kGet)
    return Error{Errc::invalid_argument, "\"RetrieveMethod\" must be C-MOVE or C-GET"};
  if (target.empty()) target = services.facts.dicom_aet;
  Json::Value parameters = node_wishes(wishes);
  parameters["Modality"] = modality;
  parameters["Level"] = std::string(info(level).title);
  if (method == kMove) parameters["TargetAet"] = target;
  parameters["Query"] = Json::arrayValue;
  for (const Dataset& identifier : identifiers) {
    DCMFS_CHECK(unique_keys(level, identifier));
    parameters["Query"].append(shown(level, identifier));
  }
  auto content = content_of(services, node, parameters);
  return NewJob{.type = method == kMove ? "DicomMoveScu" : "DicomGetScu",
                .parameters = std::move(parameters),
                .content = std::move(content)};
}

Result<Response> move_from_modality(const Services& services, Request& request) {
  DCMFS_TRY(auto response, retrieve_from(services, request, kMove));
  DCMFS_TRY(const auto wishes, job_wishes(*json_object(request)));
  if (response.status == 200 && wishes.waits == Waits::yes) return empty_object();
  return response;
}

Result<Response> get_from_modality(const Services& services, Request& request) {
  return retrieve_from(services, request, kGet);
}

JobEnd run_move(const Services& services, const Json::Value& parameters, JobRun& run) {
  return retrieve(services, parameters, run,
                  [&](const auto& node, Level level, const auto& keys, const auto& progress) {
                    return services.modalities->move(node, level, keys,
                                                     parameters["TargetAet"].asString(), progress,
                                                     run.stop());
                  });
}

JobEnd run_get(const Services& services, const Json::Value& parameters, JobRun& run) {
  return retrieve(services, parameters, run,
                  [&](const auto& node, Level level, const auto& keys, const auto& progress) {
                    return services.modalities->fetch(node, level, keys, progress, run.stop());
                  });
}

}  // namespace dcmfs::rest
