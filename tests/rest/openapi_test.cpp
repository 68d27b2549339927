#include "rest/http/openapi.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/rest/api.h"

namespace dcmfs::rest {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

Result<Response> no_answer(const Services&, Request&) {
  return Response{};
}

using enum Method;
constexpr Route kDescribedRows[] = {
    {get, "/", kNoLevel, Access::anyone, Takes::nothing, no_answer, "root"},
    {get, "/{level}", kStudy | kSeries, Access::read, Takes::nothing, no_answer,
     "All; ?since, ?limit, ?since=2", Gives::json},
    {post, "/{level}/{id}/labels/{label}", kStudy, Access::write, Takes::text, no_answer,
     "A label?"},
    {post, "/instances", kNoLevel, Access::write, Takes::files, no_answer, "Store"},
    {put, "/file", kNoLevel, Access::write, Takes::file, no_answer, "Keep"},
    {get, "/instances/{id}/raw.gz", kNoLevel, Access::read, Takes::nothing, no_answer, "Raw",
     Gives::bytes},
    {get, "/jobs/{id}", kNoLevel, Access::read, Takes::nothing, no_answer, "Job"},
    {get, "/web/{path...}", kNoLevel, Access::anyone, Takes::nothing, no_answer, "Web"},
};
constexpr RouteTable kDescribedTable[] = {kDescribedRows};

Json::Value described() {
  return openapi(kDescribedTable, {"Name", "1.2"});
}

std::vector<std::string> names_of(const Json::Value& parameters) {
  std::vector<std::string> names;
  for (const auto& each : parameters)
    names.push_back(each["in"].asString() + ' ' + each["name"].asString());
  return names;
}

TEST(OpenApi, ARowIsAnOperationAtEachOfItsLevels) {
  const auto v = described();

  EXPECT_THAT(
      v["paths"].getMemberNames(),
      UnorderedElementsAre("/", "/studies", "/series", "/studies/{id}/labels/{label}", "/instances",
                           "/file", "/instances/{id}/raw.gz", "/jobs/{id}", "/web/{path}"));
  EXPECT_EQ(v["paths"]["/studies"]["get"]["operationId"], "get_studies");
  EXPECT_EQ(v["paths"]["/"]["get"]["operationId"], "get_root");
  EXPECT_EQ(v["paths"]["/instances/{id}/raw.gz"]["get"]["operationId"],
            "get_instances_by_id_raw_gz");
  EXPECT_EQ(v["openapi"], "3.1.0");
  EXPECT_EQ(v["info"]["title"], "Name");
}

TEST(OpenApi, ParametersAreOfThePathAndOfTheSummary) {
  const auto v = described();

  EXPECT_THAT(names_of(v["paths"]["/studies"]["get"]["parameters"]),
              ElementsAre("query since", "query limit"));
  EXPECT_THAT(names_of(v["paths"]["/studies/{id}/labels/{label}"]["post"]["parameters"]),
              ElementsAre("path id", "path label"));
  EXPECT_EQ(v["paths"]["/instances/{id}/raw.gz"]["get"]["parameters"][0]["schema"]["$ref"],
            "#/components/schemas/ResourceId");
  EXPECT_EQ(v["paths"]["/jobs/{id}"]["get"]["parameters"][0]["schema"]["type"], "string");
}

TEST(OpenApi, WhoMayAskIsItsSecurity) {
  const auto v = described();
  const auto& open = v["paths"]["/"]["get"];
  const auto& read = v["paths"]["/studies"]["get"];
  const auto& write = v["paths"]["/instances"]["post"];

  EXPECT_TRUE(open["security"].isArray() && open["security"].empty());
  EXPECT_TRUE(read["security"][0].isMember("basic"));
  EXPECT_TRUE(v["components"]["securitySchemes"].isMember("basic"));
  EXPECT_THAT(open["responses"].getMemberNames(), UnorderedElementsAre("200", "default"));
  EXPECT_THAT(read["responses"].getMemberNames(),
              UnorderedElementsAre("200", "400", "401", "default"));
  EXPECT_THAT(write["responses"].getMemberNames(),
              UnorderedElementsAre("200", "400", "401", "403", "413", "default"));
}

TEST(OpenApi, BodiesAreWhatARowTakesAndGives) {
  const auto v = described();

  EXPECT_TRUE(v["paths"]["/studies"]["get"]["requestBody"].isNull());
  EXPECT_TRUE(v["paths"]["/studies/{id}/labels/{label}"]["post"]["requestBody"]["content"].isMember(
      "application/json"));
  EXPECT_TRUE(
      v["paths"]["/instances"]["post"]["requestBody"]["content"].isMember("multipart/form-data"));
  EXPECT_THAT(v["paths"]["/file"]["put"]["requestBody"]["content"].getMemberNames(),
              UnorderedElementsAre("application/dicom", "application/octet-stream"));
  EXPECT_THAT(v["paths"]["/studies"]["get"]["responses"]["200"]["content"].getMemberNames(),
              ElementsAre("application/json"));
  EXPECT_THAT(
      v["paths"]["/instances/{id}/raw.gz"]["get"]["responses"]["200"]["content"].getMemberNames(),
      ElementsAre("*/*"));
}

// The names in braces of a path.
std::set<std::string> in_braces(const std::string& path) {
  std::set<std::string> names;
  for (auto at = path.find('{'); at != path.npos; at = path.find('{', at + 1))
    names.insert(path.substr(at + 1, path.find('}', at) - at - 1));
  return names;
}

std::string without_names(std::string path) {
  for (auto at = path.find('{'); at != path.npos; at = path.find('{', at + 1))
    path.replace(at + 1, path.find('}', at) - at - 1, "");
  return path;
}

class OpenApiOfAllRows : public testing::Test {
 protected:
  // Each operation: (path, method, itself).
  template <class Visit>
  void for_each_operation(Visit visit) const {
    for (const auto& path : document_["paths"].getMemberNames())
      for (const auto& method : document_["paths"][path].getMemberNames())
        visit(path, method, document_["paths"][path][method]);
  }
  const Json::Value document_ = openapi(route_tables(), {"dcmfs", "1"});
};

TEST_F(OpenApiOfAllRows, HasThemAll) {
  std::size_t rows = 0, operations = 0;
  for (const auto table : route_tables())
    for (const Route& route : table) {
      std::size_t levels = 0;
      for (const auto& level : kLevels) levels += route.levels.has(level.level) ? 1u : 0u;
      rows += route.pattern.find("{level}") == route.pattern.npos ? 1 : levels;
    }

  for_each_operation([&](const auto&, const auto&, const auto&) { ++operations; });

  EXPECT_EQ(operations, rows);
}

// OpenAPI 3.1, 4.8.10: unique among all operations; 4.8.8: paths that differ in names alone are the same.
TEST_F(OpenApiOfAllRows, NamesAndPathsAreUnique) {
  std::set<std::string> ids, shapes;

  for_each_operation([&](const std::string& path, const std::string& method,
                         const Json::Value& operation) {
    EXPECT_TRUE(ids.insert(operation["operationId"].asString()).second) << method << ' ' << path;
  });
  for (const auto& path : document_["paths"].getMemberNames())
    EXPECT_TRUE(shapes.insert(without_names(path)).second) << path;
}

TEST_F(OpenApiOfAllRows, EachHasWhatTheSpecificationRequires) {
  std::set<std::string> tags;
  for (const auto& tag : document_["tags"]) tags.insert(tag["name"].asString());

  for_each_operation(
      [&](const std::string& path, const std::string& method, const Json::Value& operation) {
        SCOPED_TRACE(method + ' ' + path);
        std::set<std::string> in_path;
        for (const auto& parameter : operation["parameters"]) {
          EXPECT_TRUE(parameter["schema"].isObject());
          if (parameter["in"] != "path") continue;
          EXPECT_TRUE(parameter["required"].asBool());
          in_path.insert(parameter["name"].asString());
        }
        EXPECT_EQ(in_path, in_braces(path));
        EXPECT_TRUE(operation["responses"]["200"].isMember("description"));
        for (const auto& tag : operation["tags"]) EXPECT_TRUE(tags.contains(tag.asString())) << tag;
      });
}

// Those that answer with JSON or with bytes, by what they are asked.
const std::set<std::string_view> kGiveEither{
    "/{level}/{id}/archive", "/{level}/{id}/media",          "/tools/create-archive",
    "/tools/create-media",   "/tools/create-media-extended", "/{level}/{id}/content/{path...}"};

TEST(OpenApi, EveryRowSaysWhatItGives) {
  std::set<std::string_view> seen;
  for (const RouteTable table : route_tables()) {
    for (const Route& row : table) {
      if (kGiveEither.contains(row.pattern)) {
        seen.insert(row.pattern);
        continue;
      }
      EXPECT_NE(row.gives, Gives::anything) << name(row.method) << ' ' << row.pattern;
    }
  }
  EXPECT_EQ(seen, kGiveEither) << "there are others no more";
}

void references_in(const Json::Value& v, std::set<std::string>& found) {
  if (v.isObject() && v.isMember("$ref")) found.insert(v["$ref"].asString());
  for (const auto& each : v) references_in(each, found);
}

TEST_F(OpenApiOfAllRows, ReferencesLeadSomewhere) {
  std::set<std::string> found, dangling;
  references_in(document_, found);

  for (const auto& reference : found) {
    const auto name = reference.substr(reference.rfind('/') + 1);
    const auto kind = reference.substr(13, reference.rfind('/') - 13);
    if (!reference.starts_with("#/components/") || !document_["components"][kind].isMember(name))
      dangling.insert(reference);
  }

  EXPECT_FALSE(found.empty());
  EXPECT_THAT(dangling, IsEmpty());
}

using OpenApiServed = Api;

TEST_F(OpenApiServed, AsJsonOfThisServer) {
  const auto answer = get("/openapi.json");

  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.json()["info"]["version"], "1.2.3");
  EXPECT_TRUE(answer.json()["paths"].isMember("/system"));
}

// What the document says of errors is what is sent.
TEST_F(OpenApiServed, ErrorsHaveTheSchemaOfErrors) {
  const auto schema = get("/openapi.json").json()["components"]["schemas"]["Error"];

  for (const auto& answer : {get("/nope"), ask("DELETE", "/system"), get("/system?a=%zz")}) {
    const auto error = answer.json();
    for (const auto& key : schema["required"])
      EXPECT_TRUE(error.isMember(key.asString())) << answer.status << ' ' << key;
    for (const auto& key : error.getMemberNames())
      EXPECT_EQ(schema["properties"][key]["type"], error[key].isInt() ? "integer" : "string")
          << key;
  }
}

}  // namespace
}  // namespace dcmfs::rest
