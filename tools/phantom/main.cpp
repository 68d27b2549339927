// dcmfs-phantom DIR [OPTION...]
#include <algorithm>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>

#include "tools/exit_code.h"
#include "tools/phantom/small.h"
#include "tools/phantom/write.h"
#include "tools/program.h"
#include "tools/progress.h"

namespace dcmfs::phantom {
namespace {

constexpr const char* kProgram = "dcmfs-phantom";

struct Family {
  std::string_view name;
  std::string_view folder;  // of its study
  void (*add)(Pieces&, const Subject&, const std::string& folder);
};
// The largest first, so that no thread waits for it at the end.
constexpr Family kFamilies[] = {
    {"us", "ECHO", add_ultrasound}, {"rt", "PETCT", add_radiotherapy},
    {"ct", "PETCT", add_ct},        {"pet", "PETCT", add_pet},
    {"mr", "MR", add_mr},
};

struct Options {
  std::string folder;
  int patients = 1;
  SmallOptions small;
  std::string modality, size;
  std::vector<std::string> only;
  std::uint64_t seed = kDefaultSeed;
  int threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  bool quiet = false;
  bool is_small = false;
};

constexpr int kCountMax = 10'000'000;
constexpr int kSideMax = 65535;  // Rows and Columns are US

void declare(CLI::App& app, Options& o) {
  app.add_option("DIR", o.folder, "where to write; made if it is not there")->required();
  app.add_option("--patients", o.patients, "how many (1)")->check(CLI::Range(1, kCountMax));
  std::vector<std::string> names;
  for (const Family& family : kFamilies) names.emplace_back(family.name);
  app.add_option("--only", o.only, "of the full phantom only these: ct,pet,mr,us,rt")
      ->delimiter(',')
      ->check(CLI::IsMember(names));
  app.add_option("--seed", o.seed, "other people (1); the same seed gives the same bytes");
  app.add_option("--threads", o.threads, "how many work (one for each processor)")
      ->check(CLI::Range(1, 256));
  app.add_flag("--quiet", o.quiet, "no progress, no summary");
  const std::string group = "Many small instances instead";
  app.add_option("--studies", o.small.studies, "of each patient (1)")
      ->check(CLI::Range(1, kCountMax))
      ->group(group);
  app.add_option("--series", o.small.series, "of each study (1)")
      ->check(CLI::Range(1, kCountMax))
      ->group(group);
  app.add_option("--instances", o.small.instances, "of each series (1)")
      ->check(CLI::Range(1, kCountMax))
      ->group(group);
  app.add_option("--size", o.size, "columns and rows (64x64)")->group(group);
  app.add_option("--modality", o.modality, "one of " + small_modalities() + " (CT)")->group(group);
  app.footer(
      "Writes DICOM files of people who never were. Without the options of the last group each\n"
      "patient gets a PET-CT of the chest with structures, plan and dose of a radiotherapy, an MR\n"
      "of the head and an ultrasound of the heart.");
}

// COLUMNSxROWS
bool parse_size(const std::string& text, SmallOptions& small) {
  char end = 0;
  return std::sscanf(text.c_str(), "%dx%d%c", &small.columns, &small.rows, &end) == 2 &&
         small.columns >= 1 && small.rows >= 1 && small.columns <= kSideMax &&
         small.rows <= kSideMax;
}

Pieces pieces_of(const Options& o) {
  Pieces pieces;
  for (int number = 1; number <= o.patients; ++number) {
    const Subject s = subject(o.seed, number);
    if (o.is_small) {
      add_small(pieces, s, o.small, s.id);
      continue;
    }
    for (const Family& family : kFamilies)
      if (o.only.empty() || std::find(o.only.begin(), o.only.end(), family.name) != o.only.end())
        family.add(pieces, s, s.id + "/" + std::string(family.folder));
  }
  return pieces;
}

int fail(const std::string& why, int code) {
  return tools::fail(kProgram, {Errc::invalid_argument, why}, code);
}

int run(Options& o) {
  if (!dictionary_is_loaded())
    return fail("DCMTK's data dictionary cannot be read; see DCMDICTPATH", tools::kExitFailed);
  const Pieces pieces = pieces_of(o);
  tools::Progress progress(
      "writing", o.quiet ? tools::Progress::Shown::never : tools::Progress::Shown::on_terminal);
  progress.set_total({static_cast<std::int64_t>(pieces.size()), 0});
  const auto written = write_all(pieces, o.folder, o.threads, [&](std::int64_t bytes) {
    progress.advance({1, bytes});
  });
  progress.finish();
  if (!written) return fail(written.error().message, tools::exit_code(written.error().code));
  const tools::Amount done = progress.done();
  if (!o.quiet)
    std::printf("%s files, %s, in %s\n", tools::count_text(done.files).c_str(),
                tools::size_text(done.bytes).c_str(), o.folder.c_str());
  return 0;
}

int main(int argc, char** argv) {
  CLI::App app("Writes synthetic DICOM files");
  app.name(kProgram);
  Options o;
  declare(app, o);
  if (const auto exit_code = tools::parse(app, argc, argv)) return *exit_code;
  for (const char* name : {"--studies", "--series", "--instances", "--size", "--modality"})
    o.is_small = o.is_small || app.count(name) > 0;
  if (o.is_small && !o.only.empty())
    return fail(
        "--only chooses from the full phantom; it goes with none of the options for small "
        "instances",
        tools::kExitUsage);
  if (!o.size.empty() && !parse_size(o.size, o.small))
    return fail("--size: expected COLUMNSxROWS, each from 1 to 65535", tools::kExitUsage);
  if (!o.modality.empty()) {
    if (!is_small_modality(o.modality))
      return fail("--modality: expected one of " + small_modalities(), tools::kExitUsage);
    o.small.modality = o.modality;
  }
  return run(o);
}

}  // namespace
}  // namespace dcmfs::phantom

int main(int argc, char** argv) {
  return dcmfs::phantom::main(argc, argv);
}
