#include "rest/jobs/record.h"

#include <algorithm>
#include <array>
#include <ctime>

#include <json/json.h>

#include "rest/http/json.h"

namespace dcmfs::rest {
namespace {

constexpr std::array kStates{
    std::pair{JobState::pending, std::string_view("Pending")},
    std::pair{JobState::running, std::string_view("Running")},
    std::pair{JobState::success, std::string_view("Success")},
    std::pair{JobState::failure, std::string_view("Failure")},
    std::pair{JobState::paused, std::string_view("Paused")},
    std::pair{JobState::retry, std::string_view("Retry")},
};

std::int64_t to_us(Moment t) {
  return t.time_since_epoch().count();
}
Moment from_us(std::int64_t us) {
  return Moment(std::chrono::microseconds(us));
}

std::chrono::microseconds runtime(const JobRecord& job, Moment now) {
  return job.ran + (job.began ? now - *job.began : std::chrono::microseconds(0));
}

}  // namespace

std::string_view name(JobState state) {
  const auto found = std::ranges::find(kStates, state, &decltype(kStates)::value_type::first);
  return found->second;
}

Moment moment_now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::string moment_text(Moment moment) {
  const auto us = to_us(moment);
  const std::time_t seconds = us / 1'000'000;
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char text[32];
  const auto size = std::strftime(text, sizeof text, "%Y%m%dT%H%M%S", &utc);
  const auto fraction = std::to_string(us % 1'000'000);
  return std::string(text, size) + '.' + std::string(6 - fraction.size(), '0') + fraction;
}

Json::Value job_json(const JobRecord& job, Moment now) {
  Json::Value v;
  v["ID"] = job.id;
  v["Type"] = job.what.type;
  v["State"] = std::string(name(job.state));
  v["Progress"] = job.progress;
  v["Priority"] = job.what.priority;
  v["CreationTime"] = moment_text(job.created);
  if (job.is_over()) v["CompletionTime"] = moment_text(job.completed);
  const auto ran = runtime(job, now);
  const auto ran_ms = std::chrono::duration_cast<std::chrono::milliseconds>(ran).count();
  v["EffectiveRuntime"] = static_cast<double>(ran_ms) / 1000;  // s
  if (job.state == JobState::running && job.progress > 0)
    v["EstimatedTimeOfArrival"] = moment_text(now + ran * (100 - job.progress) / job.progress);
  v["Timestamp"] = moment_text(now);
  v["ErrorCode"] = job.ended.code;
  v["ErrorDescription"] = job.ended.description;
  v["ErrorDetails"] = job.ended.details;
  if (!job.ended.payload.isNull()) v["ErrorPayload"] = job.ended.payload;
  v["UserData"] = job.what.user_data;
  v["Content"] = job.content;
  return v;
}

std::string record_text(const JobRecord& job) {
  Json::Value v;
  v["Number"] = Json::Int64{job.number};
  v["Type"] = job.what.type;
  v["Parameters"] = job.what.parameters;
  v["Priority"] = job.what.priority;
  v["Permissive"] = job.what.permissive;
  v["UserData"] = job.what.user_data;
  v["State"] = std::string(name(job.state));
  v["Progress"] = job.progress;
  v["Created"] = Json::Int64{to_us(job.created)};
  v["Completed"] = Json::Int64{to_us(job.completed)};
  v["Ran"] = Json::Int64{job.ran.count()};
  v["Content"] = job.content;
  v["ErrorCode"] = job.ended.code;
  v["ErrorDescription"] = job.ended.description;
  v["ErrorDetails"] = job.ended.details;
  v["ErrorPayload"] = job.ended.payload;
  v["Kept"] = job.kept;
  return json_text(v);
}

std::optional<JobRecord> parse_record(const std::string& id, std::string_view text) try {
  const auto parsed = parse_own_json(text);
  if (!parsed || !parsed->isObject()) return std::nullopt;
  const Json::Value& v = *parsed;
  const auto state = std::ranges::find(kStates, v["State"].asString(),
                                       [](const auto& one) { return std::string(one.second); });
  if (state == kStates.end()) return std::nullopt;
  JobRecord job;
  job.id = id;
  job.number = v["Number"].asInt64();
  job.what = {.type = v["Type"].asString(),
              .parameters = v["Parameters"],
              .priority = v["Priority"].asInt(),
              .permissive = v["Permissive"].asBool(),
              .user_data = v["UserData"]};
  job.state = state->first;
  job.progress = v["Progress"].asInt();
  job.created = from_us(v["Created"].asInt64());
  job.completed = from_us(v["Completed"].asInt64());
  job.ran = std::chrono::microseconds(v["Ran"].asInt64());
  job.content = v["Content"];
  job.ended = {v["ErrorCode"].asInt(), v["ErrorDescription"].asString(),
               v["ErrorDetails"].asString(), v["ErrorPayload"]};
  job.kept = v["Kept"];
  return job;
} catch (const std::exception&) {  // a value of another type
  return std::nullopt;
}

}  // namespace dcmfs::rest
