#pragma once
// Where the daemon tells what it does: the terminal (the journal under systemd) in the
// foreground, STORE/dcmfs.log in the background. It never tells of patients.
#include <filesystem>

#include "store/result.h"

namespace dcmfs::tools {

enum class Detail { warnings, normal, debug };

void log_to_terminal(Detail);
// Five MiB, then it becomes dcmfs.1.log, and so on: three of them are kept.
Result<> log_to_file(const std::filesystem::path& store);

}  // namespace dcmfs::tools
