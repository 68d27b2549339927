#pragma once
// What somebody typed: dcmfs [OPTION...] STORE [MOUNTPOINT].
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tools/options.h"

namespace dcmfs::tools {

struct CommandLine {
  struct Given {
    const Option* option;
    std::string name;  // as it was typed, for messages
    std::optional<std::string> text;
  };
  std::filesystem::path store;
  std::filesystem::path mountpoint;  // empty: none
  std::vector<Given> given;          // in order: the last one counts
  std::optional<std::string> print;  // asked for help or the version: say this and end
};

Result<CommandLine> parse_command_line(int argc, const char* const* argv);
// The text after -o. A comma within a value is written "\,".
Result<std::vector<CommandLine::Given>> parse_mount_options(std::string_view);

// `settings` with what was given. It stands above the configuration.
Result<Settings> apply(const std::vector<CommandLine::Given>&, Settings settings);

std::string_view version();

}  // namespace dcmfs::tools
