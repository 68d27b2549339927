// dcmfs-send [OPTION...] STORE DESTINATION KEYWORD=VALUE...
#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>

#include "tools/config.h"
#include "tools/delivery.h"
#include "tools/exit_code.h"
#include "tools/program.h"
#include "tools/progress.h"
#include "tools/stop_request.h"
#include "tools/store_folder.h"

namespace dcmfs::send {
namespace {

constexpr const char* kProgram = "dcmfs-send";

// What is sent by another process is looked for.
constexpr std::chrono::milliseconds kLookEvery{200};
constexpr std::size_t kPage = 1000;

struct Options {
  std::string store, destination;
  tools::Request request;
  bool no_wait = false, progress = false, quiet = false;
};

void declare(CLI::App& app, Options& o) {
  app.add_option("STORE", o.store, "the store")->required();
  app.add_option("DESTINATION", o.destination, "to whom, by its name in DicomModalities")
      ->required();
  tools::add_conditions(app, o.request,
                        "patient, study, series or instance: what fits is sent with all below it "
                        "(the deepest that a condition is about)");
  app.get_option("CONDITION")->required();
  app.add_flag("--no-wait", o.no_wait, "queues, and leaves the sending to the daemon");
  app.add_flag("--progress", o.progress, "shows progress also if there is no terminal");
  app.add_flag("--quiet,-q", o.quiet, "errors only");
  app.footer(
      "Queues what fits all conditions and waits until the destination has it. Where a daemon "
      "runs\n"
      "on the store, it sends; else the command does. What is stopped or fails stays queued, for\n"
      "the daemon or the next dcmfs-send. Exit code 0: all is sent (or queued, with --no-wait); "
      "1:\n"
      "something failed, or stopped; 2: could not begin.");
}

int fail(const Error& error, int code) {
  return tools::fail(kProgram, error, code);
}

std::string joined(const std::vector<std::string>& names) {
  std::string all;
  for (const auto& name : names) all += (all.empty() ? "" : ", ") + name;
  return all.empty() ? "none" : all;
}

struct Job {
  std::string destination;
  Outbox::Queued queued;
  std::int64_t bytes = 0;
};

Result<Job> queue(Store& store, const Options& o) {
  DCMFS_TRY(const Query query, tools::query_of(o.request));
  std::vector<Outbox::Order> orders;
  Job job{.destination = o.destination, .queued = {}};
  DCMFS_CHECK(store.find(query, [&](const Resource& found) {
    orders.push_back({found.key, o.destination});
    job.bytes += found.bytes;
    return true;
  }));
  if (orders.empty()) return job;
  DCMFS_TRY(job.queued, store.outbox().put(orders, now()));
  return job;
}

// Of the job, in that state; all together their number and bytes.
Result<tools::Amount> amount(const Store& store, const Job& job, SendState state) {
  auto& outbox = const_cast<Store&>(store).outbox();
  tools::Amount amount;
  for (OutboxId last{value(job.queued.first) - 1};;) {
    DCMFS_TRY(const auto page, outbox.list(job.destination, state, last, kPage));
    for (const Outgoing& entry : page) {
      if (value(entry.id) > value(job.queued.last)) return amount;
      ++amount.files;
      amount.bytes += entry.size;
      last = entry.id;
    }
    if (page.size() < kPage) return amount;
  }
}

struct Left {
  tools::Amount waiting, failed;
};
Result<Left> left(const Store& store, const Job& job) {
  Left left;
  for (const auto state :
       {SendState::queued, SendState::waiting, SendState::sending, SendState::committing}) {
    DCMFS_TRY(const auto some, amount(store, job, state));
    left.waiting.files += some.files;
    left.waiting.bytes += some.bytes;
  }
  DCMFS_TRY(left.failed, amount(store, job, SendState::failed));
  return left;
}

Result<Left> wait_until_sent(Store& store, const Options& o, const Job& job, std::stop_token stop) {
  tools::Progress progress("sending", tools::shown(o.quiet, o.progress));
  const tools::Amount all{job.queued.entries, job.bytes};
  progress.set_total(all);
  DCMFS_TRY(const auto before, store.outbox().status(job.destination));
  auto troubles = before.troubles;
  tools::Amount told;
  for (;;) {
    const auto seen = store.outbox().news();
    DCMFS_TRY(const auto now_left, left(store, job));
    const tools::Amount done{all.files - now_left.waiting.files,
                             all.bytes - now_left.waiting.bytes};
    progress.advance({done.files - told.files, done.bytes - told.bytes});
    told = done;
    DCMFS_TRY(const auto status, store.outbox().status(job.destination));
    if (status.troubles != troubles && !o.quiet) {
      progress.say("dcmfs-send: " + job.destination + ": " + status.last_failure.reason);
    }
    troubles = status.troubles;
    if (now_left.waiting.files == 0 || stop.stop_requested()) {
      progress.finish();
      return now_left;
    }
    std::this_thread::sleep_for(kLookEvery / 10);  // news come one after the other
    store.outbox().wait(seen, kLookEvery, stop);
  }
}

int conclude(const Options& o, const Job& job, const Left& left) {
  const auto count = [](std::int64_t n) { return tools::count_text(n); };
  if (left.failed.files > 0) {
    std::fprintf(stderr, "dcmfs-send: %s of %s instances failed; see modalities/%s/failed\n",
                 count(left.failed.files).c_str(), count(job.queued.entries).c_str(),
                 job.destination.c_str());
  }
  if (left.waiting.files > 0) {
    std::fprintf(stderr, "dcmfs-send: stopped; %s instances stay queued\n",
                 count(left.waiting.files).c_str());
  }
  const auto sent = job.queued.entries - left.failed.files - left.waiting.files;
  if (!o.quiet) {
    std::printf("sent %s instances to %s\n", count(sent).c_str(), job.destination.c_str());
  }
  return sent == job.queued.entries ? 0 : tools::kExitFailed;
}

int run(const Options& o) {
  const auto folder = tools::require_store(o.store);
  if (!folder) return fail(folder.error(), tools::kExitUsage);
  auto configured = tools::read_config(tools::config_of(*folder), {});
  if (!configured) return fail(configured.error(), tools::kExitUsage);
  auto signals = tools::StopRequest::prepare();
  if (!signals) return fail(signals.error(), tools::kExitFailed);
  const auto store = Store::open(*folder, tools::store_options(configured->settings));
  if (!store) return fail(store.error(), tools::kExitUsage);

  const auto delivery = tools::Delivery::open(**store, configured->settings);
  if (!delivery) return fail(delivery.error(), tools::kExitFailed);
  if (!(*delivery)->knows(o.destination)) {
    const auto names = (*delivery)->names();
    const auto known =
        names.empty() ? "; DicomModalities in " + tools::config_of(*folder).string() + " names them"
                      : "; there are: " + joined(names);
    return fail({Errc::not_found, "no modality " + o.destination + " is known" + known},
                tools::kExitUsage);
  }
  const auto job = queue(**store, o);
  if (!job) {
    const bool wrong = job.error().code == Errc::invalid_argument;
    return fail(job.error(), wrong ? tools::kExitUsage : tools::kExitFailed);
  }
  if (job->queued.entries == 0 || o.no_wait) {
    if (!o.quiet) {
      std::printf("queued %s instances for %s\n", tools::count_text(job->queued.entries).c_str(),
                  o.destination.c_str());
    }
    return 0;
  }
  (*delivery)->start([](std::string_view) {});
  std::stop_source stop;
  std::jthread interrupted([&] {
    if (signals->wait() != 0) stop.request_stop();
  });
  const auto left = wait_until_sent(**store, o, *job, stop.get_token());
  signals->request();
  interrupted.join();
  if (!left) return fail(left.error(), tools::kExitFailed);
  return conclude(o, *job, *left);
}

int main(int argc, char** argv) {
  CLI::App app("Sends patients, studies, series and instances of a store to a DICOM node");
  app.name(kProgram);
  Options o;
  declare(app, o);
  if (const auto exit_code = tools::parse(app, argc, argv)) return *exit_code;
  return run(o);
}

}  // namespace
}  // namespace dcmfs::send

int main(int argc, char** argv) {
  return dcmfs::send::main(argc, argv);
}
