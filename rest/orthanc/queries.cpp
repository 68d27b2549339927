#include "rest/orthanc/queries.h"

#include <json/json.h>

#include "rest/http/json.h"
#include "rest/http/media_type.h"
#include "rest/orthanc/dataset_json.h"
#include "rest/orthanc/remote_find.h"
#include "rest/orthanc/remote_node.h"
#include "rest/orthanc/resource_id.h"
#include "rest/orthanc/retrieve.h"
#include "rest/queries.h"
#include "store/number.h"

namespace dcmfs::rest {
namespace {

Json::Value operations(std::initializer_list<std::string> names) {
  Json::Value list(Json::arrayValue);
  for (const auto& name : names) list.append(name);
  return list;
}

Result<RemoteQueryPtr> query_of(const Services& services, const Request& request) {
  auto query = services.queries->find(request.part("id"));
  if (!query) return Error{Errc::not_found, "no query " + told_name(request.part("id"))};
  return query;
}

// Null: none of this number.
const Dataset* answer_in(const RemoteQuery& query, const Request& request) {
  const auto index = parse_whole<std::size_t>(request.part("index"));
  return index && *index < query.answers.size() ? &query.answers[*index] : nullptr;
}
Response no_answer(const Request& request) {
  return failure_response(
      {400, orthanc_errors::kOutOfRange, "the query has no answer of this number"}, request);
}

// Asks, and remembers the answers.
Result<Response> ask(const Services& services, const Request& request, const Json::Value& body,
                     RemoteQuery query) {
  DCMFS_TRY(const auto node, node_named(services, query.modality, body));
  DCMFS_TRY(const bool normalize, json_bool(body, "Normalize", true));
  query.wishes = node_wishes(body);
  auto answers = services.modalities->find(
      node, model_of(query.level),
      query_identifier(query.level, query.query, normalize ? Normalize::yes : Normalize::no));
  if (!answers) return failure_response(call_failure(answers.error()), request);
  query.answers = *std::move(answers);
  const auto id = services.queries->add(std::move(query));
  Json::Value v;
  v["ID"] = id;
  v["Path"] = "/queries/" + id;
  return json_response(v);
}

// The bodies of /retrieve: a bare AE title, nothing, or an object.
Result<Json::Value> retrieve_wishes(const Request& request) {
  const auto text = trimmed(request.body.text);
  Json::Value wishes(Json::objectValue);
  if (text.empty()) return wishes;
  const auto parsed = parse_json(text);
  if (parsed && parsed->isObject()) return *parsed;
  if (text.starts_with('{'))
    return parsed ? Error{Errc::invalid_argument, "this is no JSON object"} : parsed.error();
  wishes["TargetAet"] = parsed && parsed->isString() ? parsed->asString() : std::string(text);
  return wishes;
}

Result<Response> retrieve(const Services& services, const Request& request,
                          const RemoteQuery& query, const std::vector<Dataset>& answers) {
  DCMFS_TRY(auto wishes, retrieve_wishes(request));
  for (const auto& name : query.wishes.getMemberNames())
    if (!wishes.isMember(name)) wishes[name] = query.wishes[name];
  DCMFS_TRY(auto job, retrieve_job(services, query.modality, query.level, answers, wishes));
  return answer_as_job(services, request, wishes, std::move(job));
}

}  // namespace

Result<Response> query_modality(const Services& services, Request& request) {
  DCMFS_TRY(const auto body, json_object(request));
  DCMFS_TRY(const auto level_name, json_string(body, "Level", ""));
  DCMFS_TRY(const auto level, level_named(level_name));
  auto keys = json_dataset(body.isMember("Query") ? body["Query"] : Json::Value(Json::objectValue));
  if (const auto* failure = std::get_if<Failure>(&keys)) return failure_response(*failure, request);
  return ask(services, request, body,
             {.id = {},
              .modality = request.part("id"),
              .wishes = {},
              .level = level,
              .query = std::get<Dataset>(std::move(keys)),
              .answers = {}});
}

Result<Response> list_queries(const Services& services, Request&) {
  Json::Value list(Json::arrayValue);
  for (const auto& id : services.queries->ids()) list.append(id);
  return json_response(list);
}

Result<Response> show_query(const Services& services, Request& request) {
  DCMFS_TRY([[maybe_unused]] const auto query, query_of(services, request));
  return json_response(operations({"answers", "level", "modality", "query", "retrieve"}));
}

Result<Response> remove_query(const Services& services, Request& request) {
  if (!services.queries->remove(request.part("id")))
    return Error{Errc::not_found, "no query " + told_name(request.part("id"))};
  return text_response({});
}

Result<Response> query_level(const Services& services, Request& request) {
  DCMFS_TRY(const auto query, query_of(services, request));
  return text_response(std::string(info(query->level).title));
}

Result<Response> query_node(const Services& services, Request& request) {
  DCMFS_TRY(const auto query, query_of(services, request));
  return text_response(query->modality);
}

Result<Response> query_keys(const Services& services, Request& request) {
  DCMFS_TRY(const auto query, query_of(services, request));
  return json_response(dataset_json(query->query, tag_format(request.query, TagFormat::full)));
}

Result<Response> list_answers(const Services& services, Request& request) {
  DCMFS_TRY(const auto query, query_of(services, request));
  Json::Value list(Json::arrayValue);
  for (std::size_t i = 0; i < query->answers.size(); ++i) {
    if (request.query.flag("expand"))
      list.append(dataset_json(query->answers[i], tag_format(request.query, TagFormat::full)));
    else
      list.append(std::to_string(i));
  }
  return json_response(list);
}

Result<Response> show_answer(const Services& services, Request& request) {
  DCMFS_TRY(const auto query, query_of(services, request));
  if (!answer_in(*query, request)) return no_answer(request);
  auto all = operations({"content", "retrieve"});
  for (const LevelInfo& level : kLevels)
    if (index_of(level.level) > index_of(query->level))
      all.append("query-" + std::string(level.plural));
  return json_response(all);
}

Result<Response> answer_content(const Services& services, Request& request) {
  DCMFS_TRY(const auto query, query_of(services, request));
  const auto* answer = answer_in(*query, request);
  if (!answer) return no_answer(request);
  return json_response(dataset_json(*answer, tag_format(request.query, TagFormat::full)));
}

Result<Response> retrieve_answer(const Services& services, Request& request) {
  DCMFS_TRY(const auto query, query_of(services, request));
  const auto* answer = answer_in(*query, request);
  if (!answer) return no_answer(request);
  return retrieve(services, request, *query, {*answer});
}

Result<Response> retrieve_answers(const Services& services, Request& request) {
  DCMFS_TRY(const auto query, query_of(services, request));
  return retrieve(services, request, *query, query->answers);
}

Result<Response> query_below(const Services& services, Request& request, Level level) {
  DCMFS_TRY(const auto query, query_of(services, request));
  const auto* answer = answer_in(*query, request);
  if (!answer) return no_answer(request);
  if (index_of(level) <= index_of(query->level))
    return Error{Errc::not_found,
                 "this is not below a " + std::string(info(query->level).singular)};
  DCMFS_TRY(auto body, json_object(request));
  auto keys = json_dataset(body.isMember("Query") ? body["Query"] : Json::Value(Json::objectValue));
  if (const auto* failure = std::get_if<Failure>(&keys)) return failure_response(*failure, request);
  auto below = std::get<Dataset>(std::move(keys));
  for (const LevelInfo& above : kLevels) {
    if (index_of(above.level) > index_of(query->level)) break;
    const auto value = answer->text_or(above.unique_key, "");
    if (!value.empty()) below.set_text(above.unique_key, value);
  }
  for (const auto& name : query->wishes.getMemberNames())
    if (!body.isMember(name)) body[name] = query->wishes[name];
  return ask(services, request, body,
             {.id = {},
              .modality = query->modality,
              .wishes = {},
              .level = level,
              .query = below,
              .answers = {}});
}

}  // namespace dcmfs::rest
