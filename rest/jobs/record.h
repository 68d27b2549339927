#pragma once
// One job, as the engine has it: its values, how GET /jobs/{id} tells them, and how they are kept.
// Private to this folder.
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "rest/jobs/job.h"
#include "rest/jobs/jobs.h"

namespace dcmfs::rest {

using Moment = std::chrono::sys_time<std::chrono::microseconds>;
Moment moment_now();
std::string moment_text(Moment);  // "20261122T074529.310622"

struct JobRecord {
  enum class Wish : std::uint8_t { none, pause, cancel };

  std::string id;
  std::int64_t number = 0;  // ascending in the order of submit()
  NewJob what;
  JobState state = JobState::pending;
  int progress = 0;  // of 100
  Moment created{}, completed{};
  std::chrono::microseconds ran{0};  // before `began`
  std::optional<Moment> began;       // since when it runs
  Json::Value content = Json::objectValue;
  struct Ended {
    int code = 0;
    std::string description = "Success", details;
    Json::Value payload = Json::nullValue;
  } ended;
  Json::Value kept;
  int times = 0;  // it was begun

  // Of this process alone.
  bool durable = true;   // else nobody was told of it before its end
  bool dropped = false;  // not to be written any more
  Wish wish = Wish::none;
  Moment due{};  // of one in Retry
  std::stop_source stopping;
  std::jthread thread;                                        // that runs it, or has it paused
  std::map<std::string, std::shared_ptr<JobOutput>> outputs;  // shared with who sends them
  std::optional<JobEnd> end;                                  // for who waits

  bool is_over() const { return state == JobState::success || state == JobState::failure; }
};

Json::Value job_json(const JobRecord&, Moment now);

std::string record_text(const JobRecord&);
// nullopt: it is none.
std::optional<JobRecord> parse_record(const std::string& id, std::string_view text);

}  // namespace dcmfs::rest
