// dcmfs-check [OPTION...] STORE
#include <cstdio>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "tools/check/report.h"
#include "tools/exit_code.h"
#include "tools/program.h"
#include "tools/progress.h"

namespace dcmfs::tools {
namespace {

constexpr const char* kProgram = "dcmfs-check";

struct Options {
  std::string store;
  bool rebuild = false, json = false, quiet = false, progress = false;
};

void declare(CLI::App& app, Options& o) {
  app.add_option("STORE", o.store, "the store")->required();
  app.add_flag("--rebuild", o.rebuild,
               "makes a new index from the stored files; the store must not be in use");
  app.add_flag("--json", o.json, "the report as one line of JSON");
  app.add_flag("--progress", o.progress, "shows progress also if there is no terminal");
  app.add_flag("--quiet,-q", o.quiet, "no progress, and no report unless there are problems");
  app.footer(
      "Reads every stored file, compares it with its hash and its row of the index, and looks for\n"
      "files that no row knows. Without --rebuild nothing is changed and the daemon may run. Exit\n"
      "code 0: all is well; 1: there are problems; 2: could not look.");
}

// The line of the progress, begun with the first thing there is to tell.
class Line {
 public:
  explicit Line(Progress::Shown when) : when_(when) {}
  void operator()(std::string_view what, std::int64_t done, std::int64_t total) {
    if (!progress_) progress_.emplace(std::string(what), when_);
    progress_->set_total({total, 0});
    progress_->advance({done - progress_->done().files, 0});
  }

 private:
  Progress::Shown when_;
  std::optional<Progress> progress_;
};

Result<CheckReport> look(const Options& o) {
  Line line(shown(o.quiet, o.progress));
  const CheckProgress progress = [&](std::string_view what, std::int64_t done, std::int64_t total) {
    line(what, done, total);
  };
  if (o.rebuild) return dcmfs::rebuild(o.store, progress);
  auto report = dcmfs::check(o.store, progress);
  if (!report && report.error().code == Errc::corrupt)
    return Error{Errc::corrupt, report.error().message + "; --rebuild makes one from the files"};
  return report;
}

int main(int argc, char** argv) {
  CLI::App app("Checks that a store is whole");
  app.name(kProgram);
  Options o;
  declare(app, o);
  if (const auto exit_code = tools::parse(app, argc, argv)) return *exit_code;
  const auto report = look(o);
  if (!report) return fail(kProgram, report.error(), kExitUsage);
  if (o.json)
    std::fputs(report_json(*report).c_str(), stdout);
  else if (!o.quiet || !report->clean())
    std::fputs(report_text(*report).c_str(), stdout);
  return report->clean() ? 0 : kExitFailed;
}

}  // namespace
}  // namespace dcmfs::tools

int main(int argc, char** argv) {
  return dcmfs::tools::main(argc, argv);
}
