#pragma once
// The regular files below what somebody named.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "store/result.h"

namespace dcmfs::import {

struct Found {
  std::filesystem::path path;
  std::int64_t bytes = 0;
};

class Walk {
 public:
  // Below `leave_out` nothing is found: the store itself may be in a folder that is imported.
  explicit Walk(const std::filesystem::path& leave_out);

  // Calls `each` for every regular file until it answers false, in the order of their names, folder
  // by folder. Symbolic links are followed, every folder is entered once. `failed` hears of what
  // cannot be read.
  void run(const std::vector<std::string>& paths, const std::function<bool(const Found&)>& each,
           const std::function<void(const std::filesystem::path&, const Error&)>& failed);

 private:
  std::filesystem::path leave_out_;
};

}  // namespace dcmfs::import
