#pragma once
// What the command-line programs do alike before they do their work.
#include <optional>
#include <string>

#include "store/result.h"
#include "tools/progress.h"
#include "tools/request.h"

namespace CLI {
class App;
}

namespace dcmfs::tools {

// Reads the command line, which may ask for the version, too. A value is the exit code to end with: 0
// after --help and --version, kExitUsage after a mistake; what there was to say has been printed.
std::optional<int> parse(CLI::App&, int argc, char** argv);

// CONDITION, of which there may be none, and --level.
void add_conditions(CLI::App&, Request&, const std::string& help_on_level);

// What --quiet and --progress ask for.
Progress::Shown shown(bool quiet, bool progress);

// What CLI11 says, as the beginning of a longer sentence.
std::string without_full_stop(std::string text);

// Prints what is wrong; answers the exit code.
int fail(const char* program, const Error&, int code);

}  // namespace dcmfs::tools
