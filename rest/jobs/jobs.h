#pragma once
// Runs jobs (job.h), a few at a time, and remembers those that ended last.
//
// Thread safe. Durable: a job that submit() has answered is run, by a later process if this one
// ends; what ended is still known then, but for the files that it left.
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rest/http/message.h"
#include "rest/jobs/job.h"
#include "store/kept_values.h"

namespace dcmfs::rest {

enum class JobState : std::uint8_t { pending, running, success, failure, paused, retry };
std::string_view name(JobState);  // "Pending"

struct JobOptions {
  std::size_t history_max = 10;                  // that ended: JobsHistorySize
  std::size_t at_a_time = 2;                     // ConcurrentJobs
  std::chrono::milliseconds again_after{5'000};  // of one that found something busy
  int times_max = 10;                            // that it is begun then
  std::span<const JobType> types = job_types();
};

class Jobs {
 public:
  static constexpr std::size_t kUnfinishedMax = 1000;
  static constexpr std::size_t kTextBytesMax = 64 << 20;  // of one job, all its JSON together

  // Reads what is kept, and runs nothing yet.
  static Result<std::unique_ptr<Jobs>> open(KeptValues&, JobOptions);
  // The ids of kept jobs that could not be read then, because another version wrote them. They stay
  // as they are, and nobody is told of them but by this.
  const std::vector<std::string>& unreadable() const;
  // Runs from now on, also what was not finished before. What the services refer to must live until
  // stop(). Called once.
  void start(const Services&);
  // Ends what runs where that lets itself be ended, and keeps it for the next start. Who waits is
  // told so (busy).
  void stop();
  ~Jobs();

  // Its id. Errors: invalid_argument (no such type), busy (too many are unfinished), too_large, io.
  Result<std::string> submit(NewJob);
  // The same at once, and how it ended, with the content. It becomes durable by its end: until then
  // nobody was promised anything. busy also: the process ends.
  Result<JobEnd> run(NewJob);

  std::vector<std::string> ids() const;                 // the oldest first
  Result<Json::Value> json(std::string_view id) const;  // as GET /jobs/{id} tells it; not_found

  // not_found; invalid_argument: its state forbids it.
  Result<> cancel(std::string_view id);
  Result<> pause(std::string_view id);
  Result<> resume(std::string_view id);
  Result<> resubmit(std::string_view id);  // of a failure: from the beginning
  Result<> remove(std::string_view id);    // of one that ended

  // A file that it left. not_found: none of that key (yet).
  Result<Response> output(std::string_view id, std::string_view key) const;
  Result<> remove_output(std::string_view id, std::string_view key);

 private:
  struct Parts;
  explicit Jobs(std::unique_ptr<Parts>);
  std::unique_ptr<Parts> parts_;
};

}  // namespace dcmfs::rest
