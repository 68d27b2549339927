// dcmfs-import [OPTION...] STORE PATH...
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>

#include "tools/config.h"
#include "tools/exit_code.h"
#include "tools/import/importer.h"
#include "tools/program.h"
#include "tools/stop_request.h"
#include "tools/store_folder.h"

namespace dcmfs::import {
namespace {

constexpr const char* kProgram = "dcmfs-import";
constexpr int kInFlightMax = 1024;

struct Options {
  std::string store;
  std::vector<std::string> paths;
  std::string durability, overwrite;
  ImporterOptions importer{
      .in_flight = 64,
      .readers = 2 * std::max(1, static_cast<int>(std::thread::hardware_concurrency()))};
  bool progress = false, quiet = false, json = false;
};

void declare(CLI::App& app, Options& o) {
  app.add_option("STORE", o.store, "the store; made if it is not there")->required();
  app.add_option("PATH", o.paths, "files, folders, and ZIP, tar, tar.gz and ISO 9660 archives")
      ->required();
  app.add_option("--durability", o.durability,
                 "full: stored means on disk (default); relaxed: on disk within a second");
  app.add_option(
      "--overwrite", o.overwrite,
      "Never, Always or IfChanged: what other content under a stored SOPInstanceUID does "
      "(default: OverwriteInstances in STORE/dcmfs.json)");
  app.add_option("--in-flight", o.importer.in_flight, "files at a time, which share commits (64)")
      ->check(CLI::Range(1, kInFlightMax));
  app.add_flag("--verbose,-v", o.importer.list_each, "lists what becomes of every file");
  app.add_flag("--progress", o.progress, "shows progress also if there is no terminal");
  app.add_flag("--quiet,-q", o.quiet, "no progress, no summary; errors only");
  app.add_flag("--json", o.json, "the summary as one line of JSON");
  app.footer(
      "Works while the daemon runs. What belongs to a CD but is no image (DICOMDIR, viewers, "
      "texts)\n"
      "is ignored. Exit code 0: all imported; 1: something was refused, or stopped; 2: could not\n"
      "begin.");
}

int fail(const Error& error) {
  return tools::fail(kProgram, error, tools::kExitUsage);
}

// The configuration of the store, and above it what was typed.
Result<StoreOptions> options_of_store(const Options& o, const std::filesystem::path& store) {
  DCMFS_TRY(auto configured, tools::read_config(tools::config_of(store), {}));
  tools::Settings& settings = configured.settings;
  const std::pair<const tools::Option*, const std::string&> typed[] = {
      {tools::option_of_mount("durability"), o.durability},
      {tools::option_of_key("OverwriteInstances"), o.overwrite},
  };
  for (const auto& [option, text] : typed)
    if (!text.empty()) DCMFS_CHECK(tools::assign_text(settings, *option, text));
  return tools::store_options(settings);
}

// How much there is, found out beside the work: it is wanted for the time that is left only.
std::jthread count_ahead(const Options& o, tools::Progress& progress) {
  return std::jthread([&](std::stop_token stop) {
    std::int64_t bytes = 0;
    Walk(o.store).run(
        o.paths,
        [&](const Found& found) {
          bytes += found.bytes;
          return !stop.stop_requested();
        },
        [](const std::filesystem::path&, const Error&) {});
    if (!stop.stop_requested()) progress.set_total({0, bytes});
  });
}

Result<> import_all(const Options& o, Store& store, Tally& tally, tools::StopRequest& stop) {
  tools::Progress progress("importing", tools::shown(o.quiet, o.progress));
  Importer importer(store, tally, progress, o.importer);
  // Waits for a signal, or for the end of the work.
  std::jthread interrupted([&] {
    if (stop.wait() != 0) importer.stop();
  });
  std::optional<std::jthread> counting;
  if (progress.is_shown()) counting = count_ahead(o, progress);
  bool stopped = false;
  Walk(o.store).run(
      o.paths,
      [&](const Found& found) {
        stopped = !importer.import(found);
        return !stopped;
      },
      [&](const std::filesystem::path& path, const Error& error) {
        importer.note_unreadable(path, error);
      });
  auto finished = importer.finish();
  stop.request();
  interrupted.join();
  if (finished && importer.stopped()) return Error{Errc::cancelled, "stopped before the end"};
  return finished;
}

int run(const Options& o) {
  const auto folder = tools::prepare_store(o.store);
  if (!folder) return fail(folder.error());
  auto options = options_of_store(o, *folder);
  if (!options) return fail(options.error());
  auto stop = tools::StopRequest::prepare();
  if (!stop) return fail(stop.error());
  const auto store = Store::open(*folder, *options);
  if (!store) return fail(store.error());

  Tally tally;
  const auto started = std::chrono::steady_clock::now();
  const auto done = import_all(o, **store, tally, *stop);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - started;
  if (!done) fail(done.error());
  if (o.json)
    std::fputs(tally.json(elapsed).c_str(), stdout);
  else if (!o.quiet)
    std::fputs(tally.summary(elapsed).c_str(), stdout);
  return done && tally.count(Outcome::refused) == 0 ? 0 : tools::kExitFailed;
}

int main(int argc, char** argv) {
  CLI::App app("Imports DICOM files into a store");
  app.name(kProgram);
  Options o;
  declare(app, o);
  if (const auto exit_code = tools::parse(app, argc, argv)) return *exit_code;
  return run(o);
}

}  // namespace
}  // namespace dcmfs::import

int main(int argc, char** argv) {
  return dcmfs::import::main(argc, argv);
}
