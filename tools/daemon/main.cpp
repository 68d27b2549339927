// dcmfs [OPTION...] STORE [MOUNTPOINT]
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "fs/session.h"
#include "net/router.h"
#include "rest/acceptance.h"
#include "rest/dicomweb/metadata_keeper.h"
#include "rest/jobs/jobs.h"
#include "rest/queries.h"
#include "rest/services.h"
#include "store/dicom/tag.h"
#include "store/guarded.h"
#include "store/stopped_within.h"
#include "tools/background.h"
#include "tools/config.h"
#include "tools/daemon/freed_memory.h"
#include "tools/daemon/life.h"
#include "tools/daemon/plan.h"
#include "tools/delivery.h"
#include "tools/exit_code.h"
#include "tools/log.h"
#include "tools/log_control.h"
#include "tools/mount_guard.h"
#include "tools/nodes.h"
#include "tools/stop_request.h"

namespace dcmfs::tools {
namespace {

constexpr std::uint64_t kPatienceUs = 60'000'000;  // asked of systemd at each sign of progress

// The parts in the order of their start; they end in the reverse order.
struct Running {
  std::unique_ptr<Store> store;
  std::unique_ptr<Delivery> delivery;
  std::unique_ptr<net::Router> router;
  std::unique_ptr<rest::Acceptance> acceptance;
  std::unique_ptr<net::Server> net;
  std::unique_ptr<rest::Facts> facts;
  std::unique_ptr<Nodes> nodes;
  std::unique_ptr<rest::Peers> peers;
  std::unique_ptr<rest::Queries> queries;
  std::unique_ptr<rest::Jobs> jobs;
  std::unique_ptr<rest::MetadataKeeper> metadata;
  std::unique_ptr<rest::LogControl> log_control;
  std::unique_ptr<rest::Server> rest;
  std::unique_ptr<fs::Session> session;
};

void warn_of_unreadable(std::string_view what, const std::vector<std::string>& names) {
  for (const auto& name : names)
    spdlog::warn("{} {}: what is kept of it cannot be read, so it is not there", what, name);
}

// The REST server, and what it uses beside the store.
Result<> start_rest(const Plan& plan, Running& running, Life& life) {
  auto options = rest_options(plan);
  const std::string where = options.host + " port " + std::to_string(options.port);
  running.facts = std::make_unique<rest::Facts>(rest_facts(plan));
  running.nodes = std::make_unique<Nodes>(*running.store, *running.delivery);
  DCMFS_TRY(running.peers,
            rest::Peers::open(running.store->kept_values(), rest::Peers::kOrthancPeers,
                              plan.settings.peers, peer_calling_of(plan.settings, plan.store)));
  warn_of_unreadable("peer", running.peers->unreadable());
  running.queries =
      std::make_unique<rest::Queries>(static_cast<std::size_t>(plan.settings.queries_max));
  DCMFS_TRY(running.jobs, rest::Jobs::open(running.store->kept_values(), job_options(plan)));
  warn_of_unreadable("job", running.jobs->unreadable());
  running.log_control = log_control();
  rest::Services services{.store = *running.store,
                          .facts = *running.facts,
                          .jobs = running.jobs.get(),
                          .modalities = running.nodes.get(),
                          .queries = running.queries.get(),
                          .peers = running.peers.get(),
                          .servers = &running.delivery->servers(),
                          .deidentify_secret = plan.settings.deidentify_secret,
                          .acceptance = running.acceptance.get(),
                          .life = &life,
                          .log = running.log_control.get()};
  if (!plan.settings.read_only) {
    running.metadata = std::make_unique<rest::MetadataKeeper>(
        services,
        [](std::string_view trouble) { spdlog::warn("metadata of series: {}", trouble); });
    services.metadata = running.metadata.get();
  }
  DCMFS_TRY(running.rest, rest::Server::start(services, std::move(options)));
  running.jobs->start(services);
  spdlog::info("HTTP: listens on {}", where);
  return {};
}

Error with_advice(Error error, std::string_view option) {
  if (error.code == Errc::busy)
    error.message.append("; ").append(option).append(" chooses another, 0 is none");
  return error;
}

Result<Running> start(const Plan& plan, Life& life) {
  Running running;
  // Reading it takes as long as all the rest of the start.
  auto dictionary = std::async(std::launch::async, dictionary_is_loaded);
  auto store = store_options(plan.settings);
  store.progress = [](std::string_view what, std::int64_t done, std::int64_t total) {
    spdlog::debug("{}: {} of {}", what, done, total);
    ::sd_notifyf(0, "STATUS=%.*s: %" PRId64 " of %" PRId64 "\nEXTEND_TIMEOUT_USEC=%" PRIu64,
                 static_cast<int>(what.size()), what.data(), done, total, kPatienceUs);
  };
  DCMFS_TRY(running.store, Store::open(plan.store, store));
  if (!dictionary.get())
    return Error{Errc::io, "DCMTK's data dictionary cannot be read; see DCMDICTPATH"};
  DCMFS_TRY(running.delivery, Delivery::open(*running.store, plan.settings));
  warn_of_unreadable("modality", running.delivery->destinations().unreadable());
  warn_of_unreadable("DICOMweb server", running.delivery->servers().unreadable());
  const auto log = [](std::string_view line) { spdlog::info("sending: {}", line); };
  running.delivery->start(log);
  for (const auto& [name, route] : plan.settings.routes)
    for (const auto& to : route.to)
      if (!running.delivery->knows(to))
        spdlog::warn("DicomRoutes: {}: {} is no known modality; what is for it waits", name, to);
  DCMFS_TRY(auto routes, routes_of(plan.settings));
  DCMFS_TRY(running.router, net::Router::start(*running.store, std::move(routes), log));
  running.acceptance = std::make_unique<rest::Acceptance>(plan.settings.accepted_syntaxes,
                                                          plan.settings.unknown_sop_classes);
  if (plan.has_dicom()) {
    auto options = net_options(plan, running.delivery->destinations(), *running.acceptance);
    options.log = [](std::string_view line) { spdlog::info("DICOM: {}", line); };
    const std::string where = options.host;
    auto server = net::Server::start(*running.store, std::move(options));
    if (!server) return with_advice(std::move(server).error().in("DICOM"), "--dicom-port");
    running.net = *std::move(server);
    spdlog::info("DICOM: {} listens on {} port {}{}", plan.settings.dicom_aet, where,
                 running.net->port(), plan.settings.dicom_tls ? " with TLS" : "");
  }
  if (plan.has_http()) {
    auto started = start_rest(plan, running, life);
    if (!started) return with_advice(std::move(started).error().in("HTTP"), "--http-port");
  }
  if (!plan.mountpoint.empty()) {
    auto options = fs_options(plan);
    options.peers = running.delivery.get();
    DCMFS_TRY(running.session, fs::Session::mount(*running.store, plan.mountpoint, options));
    spdlog::info("mounted at {}", plan.mountpoint.string());
  }
  return running;
}

// Every open file of the mount costs a descriptor, and the usual limit is 1024.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

constexpr std::chrono::hours kExpireEvery{1};

// What is kept for a time only (rejected/, trash/, unfinished spool files) goes when it is over.
std::jthread expire_regularly(Store& store) {
  return std::jthread([&store](std::stop_token stop) {
    while (!stopped_within(stop, kExpireEvery)) {
      const auto done = guarded([&] { return store.expire(now()); });
      if (!done) spdlog::warn("removing what is too old: {}", done.error().message);
    }
  });
}

constexpr std::chrono::seconds kLookEvery{1};  // for what became stable or complete

std::jthread watch_stability(Store& store, std::chrono::seconds age) {
  return std::jthread([&store, age](std::stop_token stop) {
    std::string complaint;  // the same is not repeated every second
    while (!stopped_within(stop, kLookEvery)) {
      const auto looked = guarded([&] { return store.stability().update(now(), age); });
      const std::string trouble = looked ? "" : looked.error().message;
      if (!trouble.empty() && trouble != complaint)
        spdlog::warn("telling what is stable: {}", trouble);
      complaint = trouble;
    }
  });
}

// Serves until a signal, or until somebody unmounts.
Result<> serve(Running& running, const Settings& settings, StopRequest& stop, const Life& life,
               const std::function<void()>& ready) {
  const auto expiry = expire_regularly(*running.store);
  const auto memory = give_back_freed_memory_regularly();
  std::jthread stability;
  if (!settings.read_only)
    stability = watch_stability(*running.store, std::chrono::seconds(settings.stable_age_s));
  Result<> served;
  std::jthread mount;
  if (running.session)
    mount = std::jthread([&] {
      served = running.session->run();
      stop.request();
    });
  ready();

  const int signal = stop.wait();
  // After "STOPPING" systemd would end what comes next.
  ::sd_notify(0, life.begins_again() ? "RELOADING=1" : "STOPPING=1");
  if (signal != 0)
    spdlog::info("stopping: signal {}", signal);
  else
    spdlog::info("stopping: {}", life.was_asked() ? "asked to by HTTP" : "unmounted");
  running.delivery->stop();  // who waits in the mount for a peer is not waited for
  if (running.session) running.session->stop();
  if (mount.joinable()) mount.join();
  return served;
}

enum class Ending : bool { stopped, begins_again };

Result<Ending> run(const CommandLine& line, Plan& plan, std::optional<Background> background) {
  DCMFS_CHECK(plan.lock.sign(plan.mountpoint));
  DCMFS_TRY(auto guard, MountGuard::start());
  DCMFS_TRY(auto stop, StopRequest::prepare(background ? StopRequest::Terminal::let_go
                                                       : StopRequest::Terminal::kept));
  raise_descriptor_limit();
  for (const std::string& warning : plan.warnings) spdlog::warn("{}", warning);

  Life life(stop, [&] { return check_again(line, plan); });
  DCMFS_TRY(auto running, start(plan, life));
  if (running.session) guard.watch(plan.mountpoint);
  if (background) DCMFS_CHECK(log_to_file(plan.store));
  spdlog::info("ready: store {}", plan.store.string());
  auto served = serve(running, plan.settings, stop, life, [&] {
    ::sd_notify(0, "READY=1");
    if (background) background->ready();
  });
  running.session.reset();
  if (running.jobs) running.jobs->stop();  // who waits for one is not waited for
  running.rest.reset();
  running.metadata.reset();
  running.jobs.reset();
  running.net.reset();
  running.router.reset();
  running.delivery.reset();
  running.store.reset();
  spdlog::info("stopped");
  if (!served) return std::move(served).error();
  return life.begins_again() ? Ending::begins_again : Ending::stopped;
}

int fail(const Error& error) {
  std::fprintf(stderr, "dcmfs: %s\n", error.message.c_str());
  return exit_code(error.code);
}

int main(int argc, char** argv) {
  std::error_code failed;
  const auto here = std::filesystem::current_path(failed);  // whence what is given leads
  const auto line = parse_command_line(argc, argv);
  if (!line) return fail(line.error());
  if (line->print) {
    std::fputs(line->print->c_str(), stdout);
    return 0;
  }
  keep_freed_memory();
  auto plan = make_plan(*line);
  // Whatever it is, it is about what was given: the configuration, STORE or MOUNTPOINT.
  if (!plan) return fail(plan.error()) == kExitBusy ? kExitBusy : kExitUsage;

  const Settings& settings = plan->settings;
  std::optional<Background> background;
  if (!settings.foreground && !settings.debug) {
    auto entered = Background::enter();
    if (!entered) return fail(entered.error());
    background.emplace(*std::move(entered));
  }
  log_to_terminal(settings.debug ? Detail::debug : background ? Detail::warnings : Detail::normal);
  const auto done = run(*line, *plan, std::move(background));
  if (!done) {
    spdlog::error("{}", done.error().message);
    return exit_code(done.error().code);
  }
  if (*done == Ending::stopped) return 0;
  std::filesystem::current_path(here, failed);  // the background has left it
  ::execv("/proc/self/exe", argv);              // what is open closes itself, the lock too
  spdlog::error("restarting: {}", std::strerror(errno));
  return exit_code(Errc::io);
}

}  // namespace
}  // namespace dcmfs::tools

int main(int argc, char** argv) {
  return dcmfs::tools::main(argc, argv);
}
