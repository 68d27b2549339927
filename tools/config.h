#pragma once
// STORE/dcmfs.json: JSON with comments and trailing commas, strict otherwise.
#include <filesystem>
#include <string>
#include <vector>

#include "store/store.h"
#include "tools/options.h"

namespace dcmfs::tools {

struct Configured {
  Settings settings;
  std::vector<std::string> warnings;  // one for each key that nobody knows
};

std::filesystem::path config_of(const std::filesystem::path& store);

// `settings` with what the file says. A file that is not there says nothing.
// The error names the file, the key and what was expected.
Result<Configured> read_config(const std::filesystem::path& file, Settings settings);

// Writes the commented template where there is no file yet. Readable by its owner
// only: passwords will stand in it.
Result<> write_config_template(const std::filesystem::path& file);

// What every program must know that opens the store.
StoreOptions store_options(const Settings&);

}  // namespace dcmfs::tools
