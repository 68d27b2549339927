#include "rest/jobs/jobs.h"

#include <algorithm>
#include <cassert>
#include <condition_variable>
#include <mutex>
#include <set>

#include "rest/http/json.h"
#include "rest/jobs/record.h"
#include "rest/services.h"
#include "store/dicom/text.h"
#include "store/dicom/uid_map.h"
#include "store/guarded.h"
#include "store/kept_texts.h"
#include "store/spool_blob.h"
#include "store/stopped_within.h"

namespace dcmfs::rest {
namespace {

using RecordPtr = std::shared_ptr<JobRecord>;  // shared by the list, its thread and who waits

Error no_job(std::string_view id) {
  return {Errc::not_found, "no job " + told_name(id)};
}
Error forbidden(const JobRecord& job) {
  return {Errc::invalid_argument, "not of a job whose state is " + std::string(name(job.state))};
}
constexpr std::chrono::milliseconds kAfterTrouble{100};
const Error kStopping{Errc::busy, "the server is being stopped"};

std::size_t json_size(const NewJob& job) {
  return json_text(job.parameters).size() + json_text(job.user_data).size();
}

}  // namespace

struct Jobs::Parts {
  Parts(KeptValues& values, JobOptions given) : kept(values, "job"), options(given) {}

  KeptTexts kept;
  const JobOptions options;
  std::optional<Services> services;
  std::vector<std::string> unreadable;  // set by open()
  // One writer of `kept` at a time, so that what is written last is what was last. Taken before
  // `mutex`.
  std::mutex writing;

  std::mutex mutex;
  std::condition_variable_any changed;
  // The rest is guarded by mutex.
  std::vector<RecordPtr> all;  // in the order of their numbers
  std::int64_t last_number = 0;
  std::size_t running = 0;
  bool stopping = false;
  std::vector<std::jthread> over;  // threads that have nothing more to do
  std::set<RecordPtr> unwritten;   // that the dispatcher is to write down
  std::vector<std::string> dropped;
  std::jthread dispatcher;

  class Run;

  RecordPtr find(std::string_view id) const {
    const auto found =
        std::ranges::find(all, id, [](const auto& job) { return std::string_view(job->id); });
    return found == all.end() ? nullptr : *found;
  }

  Result<> write(const RecordPtr& job) {
    const std::scoped_lock one(writing);
    std::unique_lock lock(mutex);
    if (job->dropped) return {};
    const auto text = record_text(*job);
    lock.unlock();
    return kept.set(job->id, text);
  }

  Result<> submit(const RecordPtr& job) {
    const auto type = std::ranges::find(options.types, job->what.type, &JobType::name);
    if (type == options.types.end())
      return Error{Errc::invalid_argument, "no type of jobs: " + job->what.type};
    if (json_size(job->what) > kTextBytesMax)
      return Error{Errc::too_large, "a job of too many resources"};
    job->id = random_uuid();
    job->created = moment_now();
    job->content = job->what.content;
    {
      const std::scoped_lock lock(mutex);
      if (stopping) return kStopping;
      const auto unfinished =
          std::ranges::count_if(all, [](const auto& one) { return !one->is_over(); });
      if (static_cast<std::size_t>(unfinished) >= kUnfinishedMax)
        return Error{Errc::busy, "too many jobs"};
      job->number = ++last_number;
    }
    if (job->durable) DCMFS_CHECK(write(job));
    const std::scoped_lock lock(mutex);
    all.push_back(job);
    changed.notify_all();
    return {};
  }

  // -- the dispatcher

  RecordPtr next_to_run(Moment now) {
    RecordPtr best;
    if (stopping || running >= options.at_a_time) return best;
    for (const auto& job : all) {
      const bool is_due =
          job->state == JobState::pending || (job->state == JobState::retry && job->due <= now);
      if (is_due && (!best || job->what.priority > best->what.priority)) best = job;
    }
    return best;
  }

  void begin(const RecordPtr& job) {
    const bool waits = job->thread.joinable();  // in step()
    if (!waits) {
      job->stopping = std::stop_source();
      job->thread = std::jthread([this, job] { run(job); });
      job->times += 1;
    }
    ++running;
    job->state = JobState::running;
    job->began = moment_now();
    if (waits) changed.notify_all();
  }
  // It runs no more, whatever comes.
  void halt(const RecordPtr& job) {
    --running;
    const auto now = moment_now();
    job->ran += now - *job->began;
    job->began.reset();
  }

  void dispatch(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      // Without memory, or a thread, a moment later.
      if (!guarded([&] { see_to_jobs(stop); })) stopped_within(stop, kAfterTrouble);
    }
  }

  // What is due begins, what is over is written down; or else it waits for more.
  void see_to_jobs(const std::stop_token& stop) {
    std::unique_lock lock(mutex);
    while (const auto job = next_to_run(moment_now())) begin(job);
    auto joined = std::exchange(over, {});
    const auto to_write = std::exchange(unwritten, {});
    const auto to_drop = std::exchange(dropped, {});
    if (!joined.empty() || !to_write.empty() || !to_drop.empty()) {
      lock.unlock();
      joined.clear();
      // What cannot be written down is as it was after the next start.
      for (const auto& job : to_write) (void)guarded([&] { return write(job); });
      for (const auto& id : to_drop) (void)guarded([&] { return forget(id); });
      return;
    }
    const auto retries =
        std::ranges::any_of(all, [](const auto& job) { return job->state == JobState::retry; });
    const auto something = [&] {
      return !over.empty() || !unwritten.empty() || !dropped.empty() || next_to_run(moment_now());
    };
    if (retries)
      changed.wait_for(lock, stop, options.again_after / 4, something);
    else
      changed.wait(lock, stop, something);
  }

  Result<> forget(const std::string& id) {
    const std::scoped_lock one(writing);
    return kept.remove(id);
  }

  // -- the thread of a job

  void run(const RecordPtr& job);

  // With the lock.
  void finish(const RecordPtr& job, JobEnd end) {
    halt(job);
    over.push_back(std::move(job->thread));
    const bool cancelled = job->wish == JobRecord::Wish::cancel;
    if (end.failure && stopping && !cancelled) {
      job->state = job->wish == JobRecord::Wish::pause ? JobState::paused : JobState::pending;
      job->end = JobEnd(kStopping);
      changed.notify_all();
      return;
    }
    if (end.content) job->content = *end.content;
    if (end.again && !cancelled && job->times < options.times_max) {
      job->state = JobState::retry;
      job->due = moment_now() + options.again_after;
      changed.notify_all();
      return;
    }
    if (end.failure && cancelled)
      end.failure = Failure{500, orthanc_errors::kCanceled, "somebody cancelled the job"};
    complete(job, std::move(end));
  }
  // With the lock.
  void complete(const RecordPtr& job, JobEnd end) {
    job->wish = JobRecord::Wish::none;
    job->completed = moment_now();
    job->state = end.failure ? JobState::failure : JobState::success;
    if (end.failure) {
      job->ended = {end.failure->orthanc.code, std::string(end.failure->orthanc.message),
                    repair_utf8(end.failure->details), end.failure->payload};
    } else {
      job->ended = {};
      job->progress = 100;
    }
    job->end = std::move(end);
    job->durable = true;
    unwritten.insert(job);
    trim();
    changed.notify_all();
  }
  // With the lock: those that ended first are forgotten.
  void trim() {
    for (;;) {
      RecordPtr oldest;
      std::size_t ended = 0;
      for (const auto& job : all) {
        if (!job->is_over()) continue;
        ++ended;
        if (!oldest || job->completed < oldest->completed) oldest = job;
      }
      if (ended <= options.history_max) return;
      drop(oldest);
    }
  }
  void drop(const RecordPtr& job) {
    std::erase(all, job);
    unwritten.erase(job);
    job->dropped = true;
    dropped.push_back(job->id);
  }

  template <class Change>
  Result<> change(std::string_view id, Change&& to) {
    RecordPtr job;
    {
      const std::scoped_lock lock(mutex);
      job = find(id);
      if (!job) return no_job(id);
      DCMFS_CHECK(to(job));
      changed.notify_all();
      if (!job->durable || unwritten.contains(job) || std::ranges::find(all, job) == all.end())
        return {};
    }
    return write(job);
  }
};

// What the job is told, and tells.
class Jobs::Parts::Run final : public JobRun {
 public:
  Run(Parts& parts, RecordPtr job) : parts_(parts), job_(std::move(job)) {}

  Result<> step(std::int64_t done, std::int64_t total) override {
    std::unique_lock lock(parts_.mutex);
    if (total > 0)
      job_->progress = static_cast<int>(std::clamp<std::int64_t>(done * 100 / total, 0, 100));
    if (job_->wish == JobRecord::Wish::pause && !parts_.stopping) pause(lock);
    if (job_->wish == JobRecord::Wish::cancel)
      return Error{Errc::cancelled, "somebody cancelled the job"};
    if (parts_.stopping) return Error{Errc::cancelled, kStopping.message};
    return {};
  }
  std::stop_token stop() const override { return job_->stopping.get_token(); }
  void tell(Json::Value content) override {
    const std::scoped_lock lock(parts_.mutex);
    job_->content = std::move(content);
  }
  Json::Value kept() const override {
    const std::scoped_lock lock(parts_.mutex);
    return job_->kept;
  }
  Result<> keep(Json::Value value) override {
    {
      const std::scoped_lock lock(parts_.mutex);
      job_->kept = std::move(value);
      if (!job_->durable) return {};
    }
    return parts_.write(job_);
  }
  void leave(std::string key, JobOutput output) override {
    const std::scoped_lock lock(parts_.mutex);
    job_->outputs.insert_or_assign(std::move(key), std::make_shared<JobOutput>(std::move(output)));
  }
  bool permissive() const override { return job_->what.permissive; }
  std::string id() const override { return job_->id; }

 private:
  // Others have its place meanwhile.
  void pause(std::unique_lock<std::mutex>& lock) {
    job_->wish = JobRecord::Wish::none;
    job_->state = JobState::paused;
    parts_.halt(job_);
    if (job_->durable) parts_.unwritten.insert(job_);
    parts_.changed.notify_all();
    parts_.changed.wait(lock, [&] {
      return job_->state == JobState::running || job_->wish == JobRecord::Wish::cancel ||
             parts_.stopping;
    });
    if (job_->state == JobState::running) return;
    if (job_->wish != JobRecord::Wish::cancel)
      job_->wish = JobRecord::Wish::pause;  // for the next start
    ++parts_.running;                       // to its end, which comes now
    job_->began = moment_now();
  }

  Parts& parts_;
  const RecordPtr job_;
};

void Jobs::Parts::run(const RecordPtr& job) {
  Run handle(*this, job);
  const auto end = [&]() -> JobEnd {
    const auto type = std::ranges::find(options.types, job->what.type, &JobType::name);
    if (type == options.types.end())
      return Error{Errc::not_supported, "no type of jobs: " + job->what.type};
    try {
      return type->run(*services, job->what.parameters, handle);
    } catch (const std::exception&) {  // its text is about our inside
      return Failure{500, orthanc_errors::kInternal, {}};
    }
  }();
  const std::scoped_lock lock(mutex);
  finish(job, end);
}

Jobs::Jobs(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Jobs::~Jobs() {
  stop();
}

Result<std::unique_ptr<Jobs>> Jobs::open(KeptValues& values, JobOptions options) {
  auto parts = std::make_unique<Parts>(values, options);
  DCMFS_TRY(const auto texts, parts->kept.load());
  for (const auto& [id, text] : texts) {
    auto record = parse_record(id, text);
    if (!record) {  // it may not keep all the others, and the server, from starting
      parts->unreadable.push_back(id);
      continue;
    }
    if (!record->is_over() && record->state != JobState::paused) record->state = JobState::pending;
    parts->last_number = std::max(parts->last_number, record->number);
    parts->all.push_back(std::make_shared<JobRecord>(*std::move(record)));
  }
  std::ranges::sort(parts->all, {}, [](const auto& job) { return job->number; });
  parts->trim();
  return std::unique_ptr<Jobs>(new Jobs(std::move(parts)));
}

const std::vector<std::string>& Jobs::unreadable() const {
  return parts_->unreadable;
}

void Jobs::start(const Services& services) {
  parts_->services.emplace(services);
  parts_->dispatcher =
      std::jthread([parts = parts_.get()](std::stop_token stop) { parts->dispatch(stop); });
}

void Jobs::stop() {
  std::vector<std::jthread> threads;
  {
    const std::scoped_lock lock(parts_->mutex);
    parts_->stopping = true;
    for (const auto& job : parts_->all) job->stopping.request_stop();
    parts_->changed.notify_all();
  }
  parts_->dispatcher = {};  // nothing begins any more
  std::unique_lock lock(parts_->mutex);
  parts_->changed.wait(lock, [&] { return parts_->running == 0; });
  // One that was paused ends by itself.
  parts_->changed.wait(lock, [&] {
    return std::ranges::none_of(parts_->all,
                                [](const auto& job) { return job->thread.joinable(); });
  });
  threads = std::exchange(parts_->over, {});
  const auto to_write = std::exchange(parts_->unwritten, {});
  const auto to_drop = std::exchange(parts_->dropped, {});
  lock.unlock();
  threads.clear();
  for (const auto& job : to_write) static_cast<void>(parts_->write(job).ok());
  for (const auto& id : to_drop) static_cast<void>(parts_->forget(id).ok());
}

Result<std::string> Jobs::submit(NewJob what) {
  auto job = std::make_shared<JobRecord>();
  job->what = std::move(what);
  DCMFS_CHECK(parts_->submit(job));
  return job->id;
}

Result<JobEnd> Jobs::run(NewJob what) {
  auto job = std::make_shared<JobRecord>();
  job->what = std::move(what);
  job->durable = false;
  DCMFS_CHECK(parts_->submit(job));
  std::unique_lock lock(parts_->mutex);
  parts_->changed.wait(lock, [&] { return job->end || parts_->stopping; });
  if (!job->end) return kStopping;
  JobEnd end = *job->end;
  if (!end.failure) end.content = job->content;
  return end;
}

std::vector<std::string> Jobs::ids() const {
  const std::scoped_lock lock(parts_->mutex);
  std::vector<std::string> ids;
  for (const auto& job : parts_->all) ids.push_back(job->id);
  return ids;
}

Result<Json::Value> Jobs::json(std::string_view id) const {
  const std::scoped_lock lock(parts_->mutex);
  const auto job = parts_->find(id);
  if (!job) return no_job(id);
  return job_json(*job, moment_now());
}

Result<> Jobs::cancel(std::string_view id) {
  return parts_->change(id, [&](const RecordPtr& job) -> Result<> {
    if (job->is_over()) return forbidden(*job);
    job->wish = JobRecord::Wish::cancel;
    job->stopping.request_stop();
    if (job->thread.joinable()) return {};  // it hears of it
    parts_->complete(job, Failure{500, orthanc_errors::kCanceled, "somebody cancelled the job"});
    return {};
  });
}

Result<> Jobs::pause(std::string_view id) {
  return parts_->change(id, [&](const RecordPtr& job) -> Result<> {
    if (job->is_over()) return forbidden(*job);
    if (job->state == JobState::running)
      job->wish = job->wish == JobRecord::Wish::cancel ? job->wish : JobRecord::Wish::pause;
    else
      job->state = JobState::paused;
    return {};
  });
}

Result<> Jobs::resume(std::string_view id) {
  return parts_->change(id, [&](const RecordPtr& job) -> Result<> {
    if (job->state == JobState::running && job->wish == JobRecord::Wish::pause)
      job->wish = JobRecord::Wish::none;
    else if (job->state == JobState::paused)
      job->state = JobState::pending;
    else
      return forbidden(*job);
    return {};
  });
}

Result<> Jobs::resubmit(std::string_view id) {
  return parts_->change(id, [&](const RecordPtr& job) -> Result<> {
    if (job->state != JobState::failure) return forbidden(*job);
    job->state = JobState::pending;
    job->progress = 0;
    job->times = 0;
    job->ended = {};
    job->end.reset();
    parts_->unwritten.erase(job);
    return {};
  });
}

Result<> Jobs::remove(std::string_view id) {
  return parts_->change(id, [&](const RecordPtr& job) -> Result<> {
    if (!job->is_over()) return forbidden(*job);
    parts_->drop(job);
    return {};
  });
}

Result<Response> Jobs::output(std::string_view id, std::string_view key) const {
  std::shared_ptr<JobOutput> output;
  {
    const std::scoped_lock lock(parts_->mutex);
    const auto job = parts_->find(id);
    if (!job) return no_job(id);
    const auto found = job->outputs.find(std::string(key));
    if (job->state != JobState::success || found == job->outputs.end())
      return Error{Errc::not_found, "the job has left nothing of this name"};
    output = found->second;
  }
  DCMFS_TRY(auto blob, blob_of(output->file));
  auto response = file_response(std::move(blob), output->type);
  if (!output->filename.empty()) {
    std::string filename = output->filename;
    std::erase_if(filename,
                  [](char c) { return c == '"' || c == '\\' || (c & 0x80) != 0 || c < ' '; });
    response.headers.insert_or_assign("Content-Disposition", "filename=\"" + filename + '"');
  }
  return response;
}

Result<> Jobs::remove_output(std::string_view id, std::string_view key) {
  const std::scoped_lock lock(parts_->mutex);
  const auto job = parts_->find(id);
  if (!job) return no_job(id);
  if (job->outputs.erase(std::string(key)) == 0)
    return Error{Errc::not_found, "the job has left nothing of this name"};
  return {};
}

}  // namespace dcmfs::rest
