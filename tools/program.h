#pragma once
// What the command-line programs do alike before they do their work.
#include <optional>

namespace CLI {
class App;
}

namespace dcmfs::tools {

// Reads the command line. A value is the exit code to end with: 0 after --help and --version,
// kExitUsage after a mistake; what there was to say has been printed.
std::optional<int> parse(CLI::App&, int argc, char** argv);

}  // namespace dcmfs::tools
