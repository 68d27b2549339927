#include "rest/orthanc/remote_find.h"

#include <algorithm>

#include <json/json.h>

#include "rest/http/json.h"
#include "rest/orthanc/dataset_json.h"
#include "rest/orthanc/remote_node.h"
#include "store/attributes.h"

namespace dcmfs::rest {
namespace {

// Of a peer that does not accept this kind of query.
constexpr OrthancError kFindUnavailable{
    2016, "DicomUserConnection: The C-FIND command is not supported by the remote SCP"};

// What the old routes ask for, beside what they are told.
constexpr Tag kAskedOfPatient[] = {tags::PatientID, tags::PatientName, tags::PatientBirthDate,
                                   tags::PatientSex, tags::OtherPatientIDs};
constexpr Tag kAskedOfStudy[] = {
    tags::PatientID, tags::StudyInstanceUID, tags::AccessionNumber,  tags::StudyDate,
    tags::StudyTime, tags::StudyID,          tags::StudyDescription, tags::ReferringPhysicianName};
constexpr Tag kAskedOfSeries[] = {tags::PatientID,
                                  tags::StudyInstanceUID,
                                  tags::SeriesInstanceUID,
                                  tags::AccessionNumber,
                                  tags::Modality,
                                  tags::SeriesNumber,
                                  tags::SeriesDescription,
                                  tags::SeriesDate,
                                  tags::SeriesTime,
                                  tags::ProtocolName,
                                  tags::BodyPartExamined,
                                  tags::OperatorsName,
                                  tags::PerformedProcedureStepDescription};
constexpr Tag kAskedOfInstance[] = {
    tags::PatientID,       tags::StudyInstanceUID, tags::SeriesInstanceUID, tags::SOPInstanceUID,
    tags::AccessionNumber, tags::InstanceNumber,   tags::SOPClassUID};

std::span<const Tag> usual_tags(Level level) {
  switch (level) {
    case Level::patient:
      return kAskedOfPatient;
    case Level::study:
      return kAskedOfStudy;
    case Level::series:
      return kAskedOfSeries;
    case Level::instance:
      return kAskedOfInstance;
  }
  return {};
}

Dataset usual_query(Level level, const Dataset& query) {
  Dataset all = query;
  for (const Tag tag : usual_tags(level))
    if (!all.contains(tag)) all.set_text(tag, "");
  return all;
}

Json::Value answers_json(const std::vector<Dataset>& answers, TagFormat format) {
  Json::Value list(Json::arrayValue);
  for (const Dataset& answer : answers) list.append(dataset_json(answer, format));
  return list;
}

bool is_ascii_alone(const Dataset& dataset) {
  return std::ranges::all_of(dataset, [](const Element& element) {
    return std::ranges::none_of(element.value, [](char c) { return (c & 0x80) != 0; }) &&
           std::ranges::all_of(element.items, is_ascii_alone);
  });
}

using Found = Result<std::vector<Dataset>>;
Found ask_level(const Services& services, const Json::Value& node, Level level,
                const Dataset& query) {
  return services.modalities->find(
      node, model_of(level), query_identifier(level, usual_query(level, query), Normalize::yes));
}

// What is below an answer, as its member "Studies" or "Series".
Result<> add_below(const Services& services, const Json::Value& node, Level level,
                   const Dataset& above, const char* member, Json::Value& told) {
  Dataset query;
  for (const Tag tag : {tags::PatientID, tags::StudyInstanceUID})
    if (const auto value = above.text_or(tag, ""); !value.empty()) query.set_text(tag, value);
  DCMFS_TRY(const auto answers, ask_level(services, node, level, query));
  told[member] = Json::arrayValue;
  for (const Dataset& answer : answers) {
    auto one = dataset_json(answer, TagFormat::names);
    if (level == Level::study)
      DCMFS_CHECK(add_below(services, node, Level::series, answer, "Series", one));
    told[member].append(std::move(one));
  }
  return {};
}

}  // namespace

FindModel model_of(Level level) {
  return level == Level::patient ? FindModel::patient_root : FindModel::study_root;
}

Dataset query_identifier(Level level, const Dataset& query, Normalize normalize) {
  Dataset identifier = query;
  if (normalize == Normalize::yes) {
    identifier.erase_if([level](const Element& element) {
      const auto whose = level_of(element.tag);
      return whose && index_of(*whose) > index_of(level);
    });
    const auto want = [&](Tag tag) {
      if (!identifier.contains(tag)) identifier.set_text(tag, "");
    };
    for (const LevelInfo& one : kLevels)
      if (index_of(one.level) <= index_of(level)) want(one.unique_key);
    if (level != Level::patient) want(tags::AccessionNumber);
  }
  identifier.set_text(tags::QueryRetrieveLevel, info(level).query_retrieve);
  if (!is_ascii_alone(identifier)) identifier.set_text(tags::SpecificCharacterSet, "ISO_IR 192");
  return identifier;
}

Result<Response> find_at(const Services& services, Request& request, Level level) {
  DCMFS_TRY(const auto node, node_named(services, request.part("id"), {}));
  DCMFS_TRY(const auto body, json_object(request));
  const auto query = json_dataset(body);
  if (const auto* failure = std::get_if<Failure>(&query))
    return failure_response(*failure, request);
  const auto answers = ask_level(services, node, level, std::get<Dataset>(query));
  if (!answers) return failure_response(call_failure(answers.error()), request);
  return json_response(answers_json(*answers, TagFormat::names));
}

Result<Response> find_tree(const Services& services, Request& request) {
  DCMFS_TRY(const auto node, node_named(services, request.part("id"), {}));
  DCMFS_TRY(const auto body, json_object(request));
  const auto query = json_dataset(body);
  if (const auto* failure = std::get_if<Failure>(&query))
    return failure_response(*failure, request);
  const auto patients = ask_level(services, node, Level::patient, std::get<Dataset>(query));
  if (!patients) return failure_response(call_failure(patients.error()), request);
  Json::Value all(Json::arrayValue);
  for (const Dataset& patient : *patients) {
    auto told = dataset_json(patient, TagFormat::names);
    const auto below = add_below(services, node, Level::study, patient, "Studies", told);
    if (!below) return failure_response(call_failure(below.error()), request);
    all.append(std::move(told));
  }
  return json_response(all);
}

Result<Response> find_worklist(const Services& services, Request& request) {
  DCMFS_TRY(const auto body, json_object(request));
  DCMFS_TRY(const auto node, node_named(services, request.part("id"), body));
  DCMFS_TRY(const bool full, json_bool(body, "Full", false));
  DCMFS_TRY(const bool brief, json_bool(body, "Short", false));
  const auto query = json_dataset(body.isMember("Query") ? body["Query"] : body);
  if (const auto* failure = std::get_if<Failure>(&query))
    return failure_response(*failure, request);
  auto identifier = std::get<Dataset>(query);
  if (!is_ascii_alone(identifier)) identifier.set_text(tags::SpecificCharacterSet, "ISO_IR 192");
  const auto answers = services.modalities->find(node, FindModel::worklist, identifier);
  if (!answers && answers.error().code == Errc::not_supported)
    return failure_response({500, kFindUnavailable, answers.error().message}, request);
  if (!answers) return failure_response(call_failure(answers.error()), request);
  const auto format = full ? TagFormat::full : brief ? TagFormat::numbers : TagFormat::names;
  return json_response(answers_json(*answers, format));
}

}  // namespace dcmfs::rest
