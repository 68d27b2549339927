#include "tools/route.h"

#include <algorithm>
#include <iterator>

#include <json/json.h>

#include "store/outbox.h"
#include "tools/request.h"

namespace dcmfs::tools {
namespace {

constexpr const char* kMembers[] = {"Match", "To", "Remove"};

// A list of texts, or one.
bool are_destinations(Json::Value& v) {
  if (v.isString()) {
    Json::Value list(Json::arrayValue);
    list.append(v);
    v = list;
  }
  return v.isArray() && !v.empty() && std::ranges::all_of(v, [](const Json::Value& name) {
           return name.isString() && is_destination(name.asString());
         });
}

std::vector<std::string> conditions_of(const Json::Value& match) {
  std::vector<std::string> conditions;
  for (const std::string& keyword : match.getMemberNames())
    conditions.push_back(keyword + "=" + match[keyword].asString());
  return conditions;
}

}  // namespace

bool is_route(Json::Value& v) {
  if (!v.isObject() || !v.isMember("To") || !are_destinations(v["To"])) return false;
  for (const std::string& member : v.getMemberNames())
    if (std::ranges::find(kMembers, member) == std::end(kMembers)) return false;
  if (v.isMember("Remove") && !v["Remove"].isBool()) return false;
  if (!v.isMember("Match")) return true;
  const Json::Value& match = v["Match"];
  if (!match.isObject()) return false;
  for (const Json::Value& value : match)
    if (!value.isString()) return false;
  Request request;
  request.conditions = conditions_of(match);
  return query_of(request).ok();
}

Route route_of(const Json::Value& v) {
  Route route;
  if (v.isMember("Match")) route.conditions = conditions_of(v["Match"]);
  for (const Json::Value& to : v["To"]) route.to.push_back(to.asString());
  route.then_remove = v["Remove"].asBool();
  return route;
}

}  // namespace dcmfs::tools
