#include "rest/orthanc/modify.h"

#include <algorithm>

#include <json/json.h>

#include "rest/http/error.h"
#include "rest/http/json.h"
#include "rest/jobs/answer_as_job.h"
#include "rest/orthanc/edit_jobs.h"
#include "rest/orthanc/remake.h"
#include "rest/orthanc/request_origin.h"
#include "rest/orthanc/resource_id.h"
#include "store/spool_blob.h"

namespace dcmfs::rest {
namespace {

enum class How : bool { modify, anonymize };

// What can be told of the request before the instances are read.
Result<> check(const Json::Value& body, How how, Level level) {
  DCMFS_TRY(auto request, read_edit_request(json_text(body)));
  for (const char* key : {"KeepSource", "KeepLabels"}) DCMFS_CHECK(json_bool(body, key, false));
  DCMFS_TRY(const auto syntax, wanted_transfer_syntax(body));
  const EditScope scope{.level = edit_level(level)};
  if (how == How::modify)
    DCMFS_CHECK(Modification::modify(scope, std::move(request), UidMap::random()));
  else
    DCMFS_CHECK(Modification::anonymize(scope, std::move(request), UidMap::random(), {}));
  return {};
}

NewJob job_of(std::string type, const Request& request, const Json::Value& body) {
  NewJob job{.type = std::move(type)};
  job.parameters["Body"] = body;
  job.parameters["Origin"] = origin_json(origin_of(request));
  job.content["Description"] = "REST API";
  return job;
}

Result<Response> start(const Services& services, const Request& request, const Json::Value& body,
                       How how, Level level, const Json::Value& ids, bool bulk) {
  DCMFS_CHECK(check(body, how, level));
  for (const auto& id : ids) DCMFS_CHECK(find_resource(services, id.asString()));
  auto job = job_of("ResourceModification", request, body);
  job.parameters["Anonymize"] = how == How::anonymize;
  job.parameters["Bulk"] = bulk;
  job.parameters["Level"] = std::string(info(level).title);
  job.parameters["Resources"] = ids;
  job.parameters["Body"].removeMember("Resources");  // they may be many: once is enough
  job.content["IsAnonymization"] = how == How::anonymize;
  return answer_as_job(services, request, body, std::move(job));
}

Result<Response> start_one(const Services& services, const Request& request, How how) {
  DCMFS_CHECK(find_resource(services, request.level, request.part("id")));
  DCMFS_TRY(const auto body, json_object(request));
  Json::Value ids = Json::arrayValue;
  ids.append(request.part("id"));
  return start(services, request, body, how, request.level, ids, false);
}

Result<Json::Value> ids_of(const Json::Value& body, const char* key) {
  DCMFS_TRY(const auto texts, json_strings(body, key));
  Json::Value ids = Json::arrayValue;
  for (const auto& text : texts) ids.append(text);
  return ids;
}

Result<Response> start_many(const Services& services, const Request& request, How how) {
  DCMFS_TRY(const auto body, json_object(request));
  if (!body["Resources"].isArray())
    return Error{Errc::invalid_argument, "\"Resources\" must be a list of ids"};
  DCMFS_TRY(const auto ids, ids_of(body, "Resources"));
  DCMFS_TRY(const auto name, json_string(body, "Level", info(Level::instance).title));
  DCMFS_TRY(const Level level, level_named(name));
  return start(services, request, body, how, level, ids, true);
}

Result<Modification> modification_of(const Services& services, const Json::Value& body, How how,
                                     const Resource& instance) {
  DCMFS_TRY(auto request, read_edit_request(json_text(body)));
  const EditScope scope{.level = EditLevel::instance};
  const auto own = UidMap::random();
  if (how == How::modify) return Modification::modify(scope, std::move(request), own);
  const auto& secret = services.deidentify_secret;
  const auto uids = secret.empty() ? own : UidMap::from_secret(secret);
  return Modification::anonymize(scope, std::move(request), uids,
                                 pseudonym(uids, own, instance.uids.patient_id));
}

Result<Response> answer_file(const Services& services, const Request& request, How how) {
  DCMFS_TRY(const Key key, find_resource(services, Level::instance, request.part("id")));
  DCMFS_TRY(const auto body, json_object(request));
  DCMFS_TRY(const auto syntax, wanted_transfer_syntax(body));
  DCMFS_TRY(const auto instance, services.store.get(key));
  DCMFS_TRY(const auto modification, modification_of(services, body, how, instance));
  DCMFS_TRY(const auto edited,
            edited_file(
                services, key.row,
                [&](const Dataset& dataset) { return modification.edit_of(dataset); }, syntax));
  DCMFS_TRY(auto blob, blob_of(edited.file));
  return file_response(std::move(blob), "application/dicom");
}

}  // namespace

Result<Response> modify_resource(const Services& services, Request& request) {
  return start_one(services, request, How::modify);
}
Result<Response> anonymize_resource(const Services& services, Request& request) {
  return start_one(services, request, How::anonymize);
}
Result<Response> modify_many(const Services& services, Request& request) {
  return start_many(services, request, How::modify);
}
Result<Response> anonymize_many(const Services& services, Request& request) {
  return start_many(services, request, How::anonymize);
}
Result<Response> modify_instance(const Services& services, Request& request) {
  return answer_file(services, request, How::modify);
}
Result<Response> anonymize_instance(const Services& services, Request& request) {
  return answer_file(services, request, How::anonymize);
}

Result<Response> merge_into_study(const Services& services, Request& request) {
  DCMFS_TRY(const Key target, find_resource(services, Level::study, request.part("id")));
  DCMFS_TRY(const auto body, json_object(request));
  DCMFS_TRY(const auto ids, ids_of(body, "Resources"));
  if (ids.empty())
    return Error{Errc::invalid_argument,
                 "\"Resources\" must be a list of studies, series and instances"};
  for (const char* key : {"KeepSource", "KeepLabels"}) DCMFS_CHECK(json_bool(body, key, false));
  for (const auto& id : ids) {
    DCMFS_TRY(const Key key, find_resource(services, id.asString()));
    DCMFS_TRY(const auto resource, services.store.get(key));
    if (key.level == Level::patient)
      return Error{Errc::invalid_argument, "what is merged are studies, series and instances"};
    if (key == target || std::ranges::find(resource.ancestors, target) != resource.ancestors.end())
      return Error{Errc::invalid_argument, "a study cannot be merged into itself"};
  }
  auto job = job_of("MergeStudy", request, body);
  job.parameters["Target"] = request.part("id");
  job.content["TargetStudy"] = request.part("id");
  return answer_as_job(services, request, body, std::move(job));
}

Result<Response> split_study(const Services& services, Request& request) {
  DCMFS_TRY(const Key study, find_resource(services, Level::study, request.part("id")));
  DCMFS_TRY(const auto body, json_object(request));
  DCMFS_TRY(auto edit, read_edit_request(json_text(body)));
  DCMFS_CHECK(request_into_new_study(std::move(edit), "2.25.1"));
  for (const char* key : {"KeepSource", "KeepLabels"}) DCMFS_CHECK(json_bool(body, key, false));
  bool any = false;
  for (const Level level : {Level::series, Level::instance}) {
    DCMFS_TRY(const auto ids, ids_of(body, std::string(plural_title(level)).c_str()));
    for (const auto& id : ids) {
      DCMFS_TRY(const Key key, find_resource(services, level, id.asString()));
      DCMFS_TRY(const auto resource, services.store.get(key));
      if (std::ranges::find(resource.ancestors, study) == resource.ancestors.end())
        return Error{Errc::invalid_argument, "not of this study: " + id.asString()};
      any = true;
    }
  }
  if (!any)
    return Error{Errc::invalid_argument,
                 "\"Series\" or \"Instances\" must say what goes to the new study"};
  auto job = job_of("SplitStudy", request, body);
  job.parameters["Study"] = request.part("id");
  return answer_as_job(services, request, body, std::move(job));
}

}  // namespace dcmfs::rest
