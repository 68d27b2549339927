#include "rest/orthanc/edit_plan.h"

#include <optional>

#include <json/json.h>

#include "rest/http/hexadecimal.h"
#include "rest/orthanc/resource_id.h"

namespace dcmfs::rest {
namespace {

// Keys of UID maps as JSON holds them.
std::string text_of_key(const UidMap& uids) {
  const auto& key = uids.key();
  return hexadecimal({reinterpret_cast<const std::uint8_t*>(key.data()), key.size()});
}
UidMap map_of_key(const std::string& text) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string key;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    key += static_cast<char>(digit(text[i]) << 4 | digit(text[i + 1]));
  return UidMap::from_key(std::move(key));
}

// The end of a job whose new instances are all there; nullopt: they are not yet.
std::optional<JobEnd> remove_sources(const Services& services, JobRun& run) {
  const Json::Value kept = run.kept();
  if (!kept.isObject() || !kept.isMember("Going")) return std::nullopt;
  const Json::Value& going = kept["Going"];
  for (Json::ArrayIndex i = 0; i < going.size(); ++i) {
    if (const auto go_on = run.step(i, going.size()); !go_on) return JobEnd(go_on.error());
    const Key instance{Level::instance, RowId{going[i].asInt64()}};
    if (const auto removed = services.store.remove(instance); !removed)
      return JobEnd(removed.error());
  }
  return JobEnd(kept["Content"]);
}

}  // namespace

Result<> SourceList::add(const Services& services, Key key) {
  Query query;
  query.level = Level::instance;
  query.below = key;
  query.totals = Query::Totals::none;
  return services.store.find(query, [&](const Resource& instance) {
    if (rows_.insert(instance.key.row).second) instances_.push_back(instance);
    return true;
  });
}

Result<> SourceList::add(const Services& services, const Json::Value& ids) {
  for (const auto& id : ids) {
    DCMFS_TRY(const Key key, find_resource(services, id.asString()));
    DCMFS_CHECK(add(services, key));
  }
  return {};
}

EditScope scope_of(EditLevel level, std::span<const Resource* const> instances) {
  EditScope scope{.level = level, .instances = std::ssize(instances)};
  const auto add = [&](const std::string& uid, EditLevel of) {
    if (!uid.empty()) scope.members.emplace(uid, of);
  };
  for (const Resource* one : instances) {
    add(one->uids.study, EditLevel::study);
    add(one->uids.series, EditLevel::series);
    add(one->uids.sop_instance, EditLevel::instance);
  }
  return scope;
}

EditScope scope_of(EditLevel level, const std::vector<Resource>& instances) {
  std::vector<const Resource*> all;
  all.reserve(instances.size());
  for (const Resource& one : instances) all.push_back(&one);
  return scope_of(level, all);
}

Result<JobUids> kept_uids(const Services& services, JobRun& run, Consistent consistent) {
  Json::Value kept = run.kept();
  if (!kept.isObject()) {
    const auto own = UidMap::random();
    const auto& secret = services.deidentify_secret;
    const bool by_secret = consistent == Consistent::in_all_jobs && !secret.empty();
    kept = Json::objectValue;
    kept["OwnKey"] = text_of_key(own);
    kept["Key"] = text_of_key(by_secret ? UidMap::from_secret(secret) : own);
    DCMFS_CHECK(run.keep(kept));
  }
  return JobUids{map_of_key(json_text_of(kept, "Key")), map_of_key(json_text_of(kept, "OwnKey"))};
}

JobEnd carry_out(const Services& services, const Plan& plan, JobRun& run) {
  const auto& sources = plan.remaking.sources;
  Json::Value content = plan.content;
  content["Description"] = "REST API";
  content["InstancesCount"] = static_cast<Json::Int64>(sources.size());
  content["FailedInstancesCount"] = 0;
  run.tell(content);
  DCMFS_TRY(const auto remade, remake(services, plan.remaking, run));
  DCMFS_TRY(const auto relations, made_of(services, sources, remade));
  DCMFS_CHECK(tell_sources(services, relations, plan.telling));
  // Of what was changed in its place the index still says what it said before.
  for (const MadeOf& one : relations)
    if (one.made.level == Level::series && one.id == one.source_id)
      DCMFS_CHECK(services.store.reread(one.made));
  content["FailedInstancesCount"] = static_cast<Json::Int64>(remade.failed);
  if (plan.tell_made) plan.tell_made(content, relations);
  Json::Value going = Json::arrayValue;
  for (const auto& one : remade.made) {
    const Resource& source = sources[one.source];
    if (!plan.keeps_sources && source.id != one.made.id)
      going.append(static_cast<Json::Int64>(value(source.key.row)));
  }
  Json::Value kept = run.kept();
  kept["Going"] = going;
  kept["Content"] = content;
  DCMFS_CHECK(run.keep(kept));
  return content;
}

JobEnd run_plan(const Services& services, JobRun& run, const std::function<JobEnd()>& begin) {
  if (auto end = remove_sources(services, run)) return *std::move(end);
  auto begun = begin();
  if (begun.failure) return begun;
  auto end = remove_sources(services, run);
  return end ? *std::move(end) : begun;
}

std::string json_text_of(const Json::Value& object, const char* key) {
  const Json::Value& found = object[key];
  return found.isString() ? found.asString() : std::string();
}

}  // namespace dcmfs::rest
