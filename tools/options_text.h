#pragma once
// The table of options, told to people.
#include <string>

namespace dcmfs::tools {

// dcmfs.json as it is made on the first run: every key commented out with its default.
std::string config_template();
// The options after -o, for --help.
std::string mount_options_text();
// The keys and the mount options as mdoc(7) lists, for the manual pages.
std::string keys_mdoc();
std::string mount_options_mdoc();
// The whole table, one line per row, for the golden test.
std::string options_table();

}  // namespace dcmfs::tools
