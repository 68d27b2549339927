#include "rest/orthanc/edit_jobs.h"

#include <map>
#include <memory>
#include <optional>

#include <json/json.h>

#include "rest/http/json.h"
#include "rest/instance_file.h"
#include "rest/orthanc/edit_plan.h"
#include "rest/orthanc/request_origin.h"
#include "rest/orthanc/resource_id.h"
#include "rest/orthanc/transcode_target.h"

namespace dcmfs::rest {
namespace {

Json::Value reference(Level level, const ResourceId& id) {
  Json::Value v;
  v["ID"] = id.str();
  v["Path"] = path_of(level, id);
  v["Type"] = std::string(info(level).title);
  return v;
}

void tell_one(Json::Value& content, const std::vector<MadeOf>& relations, Level level) {
  for (const MadeOf& one : relations) {
    if (one.made.level == Level::patient && !content.isMember("PatientID"))
      content["PatientID"] = one.id.str();
    if (one.made.level != level || content.isMember("ID")) continue;
    const auto told = reference(level, one.id);
    for (const auto& key : told.getMemberNames()) content[key] = told[key];
  }
}

void tell_all(Json::Value& content, const std::vector<MadeOf>& relations) {
  content["Resources"] = Json::arrayValue;
  for (const Level level : {Level::instance, Level::series, Level::study, Level::patient})
    for (const MadeOf& one : relations)
      if (one.made.level == level) content["Resources"].append(reference(level, one.id));
}

// Each patient has a pseudonym, so each has an anonymization.
class Anonymizations {
 public:
  static Result<Anonymizations> make(const std::vector<Resource>& sources,
                                     const EditRequest& request, const JobUids& uids,
                                     EditLevel level) {
    std::map<std::string, std::vector<const Resource*>> by_patient;
    for (const Resource& one : sources) by_patient[one.uids.patient_id].push_back(&one);
    Anonymizations made;
    for (const auto& [patient_id, instances] : by_patient) {
      auto scope = scope_of(level, instances);
      scope.instances = std::ssize(sources);
      DCMFS_TRY(auto one, Modification::anonymize(std::move(scope), request, uids.uids,
                                                  pseudonym(uids.uids, uids.own, patient_id)));
      made.of_patients_.emplace(patient_id, std::make_unique<Modification>(std::move(one)));
    }
    return made;
  }
  Edit edit_of(const Resource& source, const Dataset& dataset) const {
    return of_patients_.at(source.uids.patient_id)->edit_of(dataset);
  }

 private:
  std::map<std::string, std::unique_ptr<Modification>> of_patients_;  // edits refer to them
};

Result<Telling> telling_of(const Json::Value& body, Metadata::Made made, Level top) {
  DCMFS_TRY(const bool copied, json_bool(body, "KeepLabels", false));
  return Telling{
      .made = made, .top = top, .labels = copied ? Telling::Labels::copied : Telling::Labels::none};
}

JobEnd modify(const Services& services, const Json::Value& parameters, JobRun& run) {
  const Json::Value& body = parameters["Body"];
  const bool anonymize = parameters["Anonymize"].asBool();
  const bool bulk = parameters["Bulk"].asBool();
  DCMFS_TRY(const Level level, level_named(json_text_of(parameters, "Level")));
  DCMFS_TRY(auto request, read_edit_request(json_text(body)));
  DCMFS_TRY(const auto syntax, wanted_transfer_syntax(body));
  DCMFS_TRY(const auto uids,
            kept_uids(services, run, anonymize ? Consistent::in_all_jobs : Consistent::in_the_job));
  DCMFS_TRY(const auto telling,
            telling_of(body, anonymize ? Metadata::Made::anonymized : Metadata::Made::modified,
                       Level::patient));
  DCMFS_TRY(const bool keeps_sources, json_bool(body, "KeepSource", true));
  SourceList sources;
  DCMFS_CHECK(sources.add(services, parameters["Resources"]));
  Plan plan{.remaking = {.sources = sources.take(),
                         .edit_of = {},
                         .transfer_syntax = syntax,
                         .origin = origin_from_json(parameters["Origin"])},
            .telling = telling,
            .keeps_sources = keeps_sources,
            .content = Json::objectValue};
  plan.content["IsAnonymization"] = anonymize;
  plan.tell_made = [&](Json::Value& content, const std::vector<MadeOf>& relations) {
    bulk ? tell_all(content, relations) : tell_one(content, relations, level);
  };
  if (anonymize) {
    DCMFS_TRY(const auto made,
              Anonymizations::make(plan.remaking.sources, request, uids, edit_level(level)));
    plan.remaking.edit_of = [&](const Resource& source, const Dataset& dataset) {
      return made.edit_of(source, dataset);
    };
    return carry_out(services, plan, run);
  }
  DCMFS_TRY(const auto made,
            Modification::modify(scope_of(edit_level(level), plan.remaking.sources),
                                 std::move(request), uids.uids));
  plan.remaking.edit_of = [&](const Resource&, const Dataset& dataset) {
    return made.edit_of(dataset);
  };
  return carry_out(services, plan, run);
}

// Merging and splitting: series, or some of their instances, go to another study.
JobEnd move_to_study(const Services& services, const Json::Value& parameters, JobRun& run,
                     SourceList sources, EditRequest request, const JobUids& uids, Plan plan) {
  const Json::Value& body = parameters["Body"];
  plan.remaking.sources = sources.take();
  plan.remaking.origin = origin_from_json(parameters["Origin"]);
  DCMFS_TRY(plan.keeps_sources, json_bool(body, "KeepSource", false));
  DCMFS_TRY(const auto made,
            Modification::modify(scope_of(EditLevel::series, plan.remaking.sources),
                                 std::move(request), uids.uids));
  plan.remaking.edit_of = [&](const Resource&, const Dataset& dataset) {
    return made.edit_of(dataset);
  };
  return carry_out(services, plan, run);
}

JobEnd merge_studies(const Services& services, const Json::Value& parameters, JobRun& run) {
  const Json::Value& body = parameters["Body"];
  DCMFS_TRY(const Key target,
            find_resource(services, Level::study, json_text_of(parameters, "Target")));
  DCMFS_TRY(const auto sample, InstanceFile::below(services, target));
  DCMFS_TRY(const auto uids, kept_uids(services, run, Consistent::in_the_job));
  SourceList sources;
  DCMFS_CHECK(sources.add(services, body["Resources"]));
  DCMFS_TRY(const auto telling, telling_of(body, Metadata::Made::modified, Level::series));
  Plan plan{.remaking = {}, .telling = telling, .content = Json::objectValue};
  plan.content["TargetStudy"] = json_text_of(parameters, "Target");
  return move_to_study(services, parameters, run, std::move(sources),
                       request_into_study_of(sample.dicom().dataset), uids, std::move(plan));
}

JobEnd split_study(const Services& services, const Json::Value& parameters, JobRun& run) {
  const Json::Value& body = parameters["Body"];
  DCMFS_TRY(const Key study,
            find_resource(services, Level::study, json_text_of(parameters, "Study")));
  DCMFS_TRY(const auto resource, services.store.get(study));
  DCMFS_TRY(const auto uids, kept_uids(services, run, Consistent::in_the_job));
  SourceList sources;
  for (const Level level : {Level::series, Level::instance})
    DCMFS_CHECK(sources.add(services, body[std::string(plural_title(level))]));
  const std::string study_uid = uids.uids(resource.uids.study);
  DCMFS_TRY(auto request, read_edit_request(json_text(body)));
  DCMFS_TRY(request, request_into_new_study(std::move(request), study_uid));
  DCMFS_TRY(const auto telling, telling_of(body, Metadata::Made::modified, Level::study));
  Plan plan{.remaking = {}, .telling = telling, .content = Json::objectValue};
  plan.content["TargetStudyUID"] = study_uid;
  plan.tell_made = [](Json::Value& content, const std::vector<MadeOf>& relations) {
    for (const MadeOf& one : relations)
      if (one.made.level == Level::study) content["TargetStudy"] = one.id.str();
  };
  return move_to_study(services, parameters, run, std::move(sources), std::move(request), uids,
                       std::move(plan));
}

}  // namespace

JobEnd run_modification(const Services& services, const Json::Value& parameters, JobRun& run) {
  return run_plan(services, run, [&] { return modify(services, parameters, run); });
}
JobEnd run_merge(const Services& services, const Json::Value& parameters, JobRun& run) {
  return run_plan(services, run, [&] { return merge_studies(services, parameters, run); });
}
JobEnd run_split(const Services& services, const Json::Value& parameters, JobRun& run) {
  return run_plan(services, run, [&] { return split_study(services, parameters, run); });
}

Modification::Anonymous pseudonym(const UidMap& uids, const UidMap& own,
                                  std::string_view patient_id) {
  constexpr std::size_t kBehindRoot =
      std::string_view("2.25.").size();  // what follows is one number
  constexpr std::size_t kNameDigits = 10;
  const auto& map = patient_id.empty() ? own : uids;
  const std::string number = map("PatientID " + std::string(patient_id)).substr(kBehindRoot);
  return {.patient_id = number,
          .patient_name = "Anonymized" + number.substr(0, kNameDigits),
          .method = {},
          .options = {}};
}

EditLevel edit_level(Level level) {
  return static_cast<EditLevel>(index_of(level));
}

Result<std::string> wanted_transfer_syntax(const Json::Value& body) {
  DCMFS_TRY(const auto uid, json_string(body, "Transcode", ""));
  DCMFS_CHECK(transcode_target(uid));
  return uid;
}

}  // namespace dcmfs::rest
