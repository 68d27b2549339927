// dcmfs-find [OPTION...] STORE [KEYWORD=VALUE...]
#include <cstdio>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "fs/tree.h"
#include "tools/exit_code.h"
#include "tools/find/answer.h"
#include "tools/program.h"

namespace dcmfs::find {
namespace {

constexpr const char* kProgram = "dcmfs-find";

struct Options {
  std::string store, mountpoint;
  tools::Request request;
};

void declare(CLI::App& app, Options& o) {
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  app.add_option("STORE", o.store, "the store")->required();
  tools::add_conditions(
      app, o.request,
      "patient, study, series or instance (the deepest that a condition is about; "
      "study without one)");
  app.add_option("--order-by", o.request.order_by, "KEYWORD, or KEYWORD:desc; may be repeated")
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_option("--limit", o.request.limit, "so many at most")
      ->check(CLI::Range(std::int64_t{1}, kMax));
  app.add_option("--offset", o.request.offset, "leaves out the first")
      ->check(CLI::Range(std::int64_t{0}, kMax));
  app.add_flag("--ignore-case", o.request.rules.ignore_case,
               "for all text (names are always compared so)");
  app.add_flag("--fuzzy", o.request.rules.fuzzy_names,
               "parts of names by their beginnings, in any order");
  app.add_option("--path", o.mountpoint, "prints where each is below this mount point instead");
  app.footer(
      "Prints one line of JSON for each patient, study, series or instance that fits all\n"
      "conditions. The rules are those of C-FIND (PS3.4 C.2.2.2). Only reads, so it may run "
      "beside\n"
      "the daemon. Exit code 0 also if nothing was found; 2: the conditions or the store are "
      "wrong.");
}

// Prints until the reader of a pipe has had enough.
bool print(const std::string& line) {
  return std::fwrite(line.data(), 1, line.size(), stdout) == line.size();
}

Result<> run(const Options& o) {
  DCMFS_TRY(const Query query, tools::query_of(o.request));
  StoreOptions options;
  options.read_only = true;
  auto opened = Store::open(o.store, options);
  if (!opened) return std::move(opened).error().in(o.store);
  const std::unique_ptr<Store> store = *std::move(opened);

  JsonLines lines(*store);
  Result<> outcome;
  const auto text_of = [&](const Resource& found) -> Result<std::string> {
    if (o.mountpoint.empty()) return lines.line(found);
    DCMFS_TRY(const std::string path, fs::path_of(*store, found.key));
    return (std::filesystem::path(o.mountpoint) / path).string() + "\n";
  };
  DCMFS_CHECK(store->find(query, [&](const Resource& found) {
    const auto text = text_of(found);
    if (text) return print(*text);
    if (text.error().code == Errc::not_found) return true;  // removed meanwhile
    outcome = text.error();
    return false;
  }));
  return outcome;
}

int main(int argc, char** argv) {
  CLI::App app("Finds patients, studies, series and instances in a store");
  app.name(kProgram);
  Options o;
  declare(app, o);
  if (const auto exit_code = tools::parse(app, argc, argv)) return *exit_code;
  const auto done = run(o);
  if (!done) return tools::fail(kProgram, done.error(), tools::kExitUsage);
  return std::fflush(stdout) == 0 ? 0 : tools::kExitFailed;
}

}  // namespace
}  // namespace dcmfs::find

int main(int argc, char** argv) {
  return dcmfs::find::main(argc, argv);
}
