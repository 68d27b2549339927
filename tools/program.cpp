#include "tools/program.h"

#include <cstdio>
#include <vector>

#include <CLI/CLI.hpp>

#include "tools/command_line.h"
#include "tools/exit_code.h"

namespace dcmfs::tools {

std::string without_full_stop(std::string text) {
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::optional<int> parse(CLI::App& app, int argc, char** argv) {
  app.set_version_flag("--version", std::string(version()));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success))
      return app.exit(error);  // --help, --version
    std::fprintf(stderr, "%s: %s; see %s --help\n", app.get_name().c_str(),
                 without_full_stop(error.what()).c_str(), app.get_name().c_str());
    return kExitUsage;
  }
  return std::nullopt;
}

void add_conditions(CLI::App& app, Request& request, const std::string& help_on_level) {
  app.add_option("CONDITION", request.conditions,
                 "KEYWORD=VALUE: * and ? in text, A-B for dates and times, A\\B for a list");
  std::vector<std::string> levels;
  for (const LevelInfo& level : kLevels) levels.emplace_back(level.singular);
  app.add_option_function<std::string>(
         "--level", [&request](const std::string& text) { request.level = level_named(text); },
         help_on_level)
      ->check(CLI::IsMember(levels));
}

Progress::Shown shown(bool quiet, bool progress) {
  if (quiet) return Progress::Shown::never;
  return progress ? Progress::Shown::always : Progress::Shown::on_terminal;
}

int fail(const char* program, const Error& error, int code) {
  std::fprintf(stderr, "%s: %s\n", program, error.message.c_str());
  return code;
}

}  // namespace dcmfs::tools
