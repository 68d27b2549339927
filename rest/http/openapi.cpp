#include "rest/http/openapi.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <string>
#include <vector>

namespace dcmfs::rest {
namespace {

// The groups that tools show, by the first part of a path. What is not here is about the system.
struct PathGroup {
  std::string_view first, tag;
};
constexpr PathGroup kPathGroups[] = {
    {"patients", "Patients"},
    {"studies", "Studies"},
    {"series", "Series"},
    {"instances", "Instances"},
    {"changes", "Tracking changes"},
    {"exports", "Tracking changes"},
    {"jobs", "Jobs"},
    {"modalities", "Networking"},
    {"peers", "Networking"},
    {"queries", "Networking"},
    {"storage-commitment", "Networking"},
    {"dicom-web", "DICOMweb"},
    {"wado", "DICOMweb"},
    {"tools", "Tools"},
    {"app", "Web page"},
};
constexpr std::string_view kOtherGroup = "System";

// What may go wrong, by a component that is written once.
struct DescribedFailure {
  const char *status, *component, *description;
};
constexpr DescribedFailure kBadRequest{"400", "BadRequest",
                                       "A parameter or the body is not what it should be"};
constexpr DescribedFailure kUnauthorized{"401", "Unauthorized", "A registered user is needed"};
constexpr DescribedFailure kForbidden{"403", "Forbidden",
                                      "This user may only read, or nobody may do this"};
constexpr DescribedFailure kNotFound{"404", "NotFound", "There is nothing at this path"};
constexpr DescribedFailure kTooLarge{"413", "TooLarge", "The body is larger than the server takes"};
constexpr DescribedFailure kOtherFailure{
    "default", "Error",
    "Whatever else went wrong: 405 with the header Allow where the path "
    "does not know the method, 409 for a conflict, 415 for what cannot be decoded, 503 where the "
    "server is busy, 507 where it is full"};
constexpr DescribedFailure kDescribedFailures[] = {kBadRequest, kUnauthorized, kForbidden,
                                                   kNotFound,   kTooLarge,     kOtherFailure};

constexpr const char* kAbout =
    "The API of Orthanc and more. Errors have a body in JSON, whatever was asked for. HEAD is "
    "answered wherever GET is, "
    "OPTIONS everywhere; another method than those of a path is 405 with the header Allow, another "
    "path 404. "
    "A parameter of the query that is a switch is on if it is there, and off as \"false\" or "
    "\"0\".";

Json::Value object(const char* key, Json::Value value) {
  Json::Value v(Json::objectValue);
  v[key] = std::move(value);
  return v;
}
Json::Value any() {
  return Json::objectValue;
}
Json::Value of_type(const char* type) {
  return object("type", type);
}
Json::Value bytes_schema() {
  auto v = of_type("string");
  v["format"] = "binary";
  return v;
}
Json::Value reference(std::string to) {
  return object("$ref", "#/components/" + std::move(to));
}
void add_content(Json::Value& content, const char* type, Json::Value schema) {
  content[type] = object("schema", std::move(schema));
}

// A segment as a part of an identifier: "raw.gz" to "raw_gz".
std::string identifier(std::string_view segment) {
  std::string text(segment);
  for (char& c : text)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return text;
}

bool is_level(std::string_view segment) {
  return std::ranges::find(kLevels, segment, &LevelInfo::plural) != kLevels.end();
}

// A pattern at one level.
struct Place {
  std::string path;       // "/studies/{id}/file"
  std::string operation;  // "studies_by_id_file"
  std::string_view first;
  Json::Value parameters{Json::arrayValue};
};

Json::Value path_parameter(const std::string& name, bool is_rest, bool is_resource) {
  Json::Value v;
  v["name"] = name;
  v["in"] = "path";
  v["required"] = true;
  v["schema"] = is_resource ? reference("schemas/ResourceId") : of_type("string");
  if (is_rest) v["description"] = "All that follows, slashes included";
  return v;
}

Place place_of(std::string_view pattern, Level level) {
  Place place;
  while (pattern.size() > 1) {
    pattern.remove_prefix(1);
    auto segment = pattern.substr(0, pattern.find('/'));
    pattern.remove_prefix(segment.size());
    if (segment == "{level}") segment = info(level).plural;
    if (place.path.empty()) place.first = segment;
    if (segment.starts_with('{')) {
      const bool is_rest = segment.ends_with("...}");
      const std::string name(segment.substr(1, segment.size() - (is_rest ? 5 : 2)));
      place.path += "/{" + name + '}';
      place.operation += "_by_" + identifier(name);
      place.parameters.append(path_parameter(name, is_rest, name == "id" && is_level(place.first)));
    } else {
      place.path += '/' + std::string(segment);
      place.operation += '_' + identifier(segment);
    }
  }
  if (place.path.empty()) place = {.path = "/", .operation = "_root", .first = {}};
  return place;
}

std::vector<std::string> query_names(std::string_view summary) {
  std::vector<std::string> names;
  for (auto at = summary.find('?'); at != summary.npos; at = summary.find('?', at + 1)) {
    auto end = at + 1;
    while (end < summary.size() &&
           (std::isalnum(static_cast<unsigned char>(summary[end])) != 0 || summary[end] == '-'))
      ++end;
    std::string name(summary.substr(at + 1, end - at - 1));
    if (!name.empty() && std::ranges::find(names, name) == names.end())
      names.push_back(std::move(name));
  }
  return names;
}

Json::Value query_parameter(const std::string& name) {
  Json::Value v;
  v["name"] = name;
  v["in"] = "query";
  v["required"] = false;
  v["allowEmptyValue"] = true;  // "?expand"
  v["schema"] = of_type("string");
  return v;
}

// Null: none.
Json::Value body_of(Takes takes) {
  Json::Value content;
  switch (takes) {
    case Takes::nothing:
      return {};
    case Takes::text:
      add_content(content, "application/json", any());
      add_content(content, "text/plain", of_type("string"));
      break;
    case Takes::file:
      for (const char* type : {"application/dicom", "application/octet-stream"})
        add_content(content, type, bytes_schema());
      break;
    case Takes::files: {
      for (const char* type : {"application/dicom", "application/octet-stream", "application/zip"})
        add_content(content, type, bytes_schema());
      auto form = of_type("object");
      form["properties"]["file"] = of_type("array");
      form["properties"]["file"]["items"] = bytes_schema();
      add_content(content, "multipart/form-data", std::move(form));
      break;
    }
  }
  return object("content", std::move(content));
}

Json::Value content_of(Gives gives) {
  Json::Value content;
  switch (gives) {
    case Gives::anything:
      add_content(content, "application/json", any());
      add_content(content, "*/*", bytes_schema());
      break;
    case Gives::json:
      add_content(content, "application/json", any());
      break;
    case Gives::text:
      add_content(content, "text/plain", of_type("string"));
      break;
    case Gives::bytes:
      add_content(content, "*/*", bytes_schema());
      break;
  }
  return content;
}

Json::Value responses_of(const Route& route, const Place& place) {
  Json::Value responses;
  responses["200"]["description"] = "Done";
  responses["200"]["content"] = content_of(route.gives);
  const auto add = [&](const DescribedFailure& failure) {
    responses[failure.status] = reference("responses/" + std::string(failure.component));
  };
  if (!place.parameters.empty() || route.takes != Takes::nothing) add(kBadRequest);
  if (route.access != Access::anyone) add(kUnauthorized);
  if (route.access == Access::write) add(kForbidden);
  if (place.path.find('{') != place.path.npos) add(kNotFound);
  if (route.takes != Takes::nothing) add(kTooLarge);
  add(kOtherFailure);
  return responses;
}

std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

std::string_view tag_of_path(std::string_view first) {
  const auto found = std::ranges::find(kPathGroups, first, &PathGroup::first);
  return found == std::end(kPathGroups) ? kOtherGroup : found->tag;
}

Json::Value operation_of(const Route& route, Place place) {
  Json::Value v;
  v["operationId"] = in_lower_case(name(route.method)) + place.operation;
  v["summary"] = std::string(route.summary);
  v["tags"].append(std::string(tag_of_path(place.first)));
  for (const auto& name : query_names(route.summary))
    place.parameters.append(query_parameter(name));
  v["responses"] = responses_of(route, place);
  if (!place.parameters.empty()) v["parameters"] = std::move(place.parameters);
  if (auto body = body_of(route.takes); !body.isNull()) v["requestBody"] = std::move(body);
  v["security"] = Json::arrayValue;
  if (route.access != Access::anyone) v["security"].append(object("basic", Json::arrayValue));
  return v;
}

Json::Value error_schema() {
  auto v = of_type("object");
  for (const char* key : {"HttpStatus", "OrthancStatus"}) v["properties"][key] = of_type("integer");
  for (const char* key : {"HttpError", "OrthancError", "Message", "Method", "Uri"})
    v["properties"][key] = of_type("string");
  for (const auto& key : v["properties"].getMemberNames()) v["required"].append(key);
  v["properties"]["Details"] = of_type("string");
  v["properties"]["Details"]["description"] = "What happened, for a person";
  v["properties"]["ErrorPayload"] = of_type("object");
  v["properties"]["ErrorPayload"]["description"] = "The status that another DICOM node answered";
  return v;
}

Json::Value components() {
  Json::Value v;
  v["securitySchemes"]["basic"] = object("type", "http");
  v["securitySchemes"]["basic"]["scheme"] = "basic";
  auto& id = v["schemas"]["ResourceId"] = of_type("string");
  id["pattern"] = "^[0-9a-f]{8}(-[0-9a-f]{8}){4}$";
  id["description"] = "The identifier that Orthanc gives a resource";
  v["schemas"]["Error"] = error_schema();
  for (const auto& failure : kDescribedFailures) {
    auto& response = v["responses"][failure.component];
    response["description"] = failure.description;
    add_content(response["content"], "application/json", reference("schemas/Error"));
  }
  return v;
}

}  // namespace

Json::Value openapi(std::span<const RouteTable> tables, const OpenApiTitle& about) {
  Json::Value v;
  v["openapi"] = "3.1.0";
  v["info"]["title"] = std::string(about.title);
  v["info"]["version"] = std::string(about.version);
  v["info"]["description"] = kAbout;
  std::set<std::string> tags;
  for (const auto table : tables)
    for (const Route& route : table) {
      const bool has_level = route.pattern.find("{level}") != route.pattern.npos;
      for (const auto& level : kLevels) {
        if (has_level ? !route.levels.has(level.level) : &level != kLevels.data()) continue;
        auto place = place_of(route.pattern, level.level);
        const auto path = place.path;
        tags.emplace(tag_of_path(place.first));
        v["paths"][path][in_lower_case(name(route.method))] = operation_of(route, std::move(place));
      }
    }
  for (const auto& tag : tags) v["tags"].append(object("name", tag));
  v["components"] = components();
  return v;
}

}  // namespace dcmfs::rest
