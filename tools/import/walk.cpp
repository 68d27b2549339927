#include "tools/import/walk.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <set>
#include <utility>

#include <dirent.h>
#include <sys/stat.h>

namespace dcmfs::import {
namespace {

using Identity = std::pair<dev_t, ino_t>;

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

// Names, sorted: most archives were written in that order.
Result<std::vector<std::string>> names_in(const std::filesystem::path& folder) {
  const std::unique_ptr<DIR, CloseFolder> open(::opendir(folder.c_str()));
  if (!open) return system_error(errno, "opening the folder");
  std::vector<std::string> names;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(open.get());
    if (!entry && errno != 0) return system_error(errno, "reading the folder");
    if (!entry) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

struct Visit {
  const std::function<bool(const Found&)>& each;
  const std::function<void(const std::filesystem::path&, const Error&)>& failed;
  std::set<Identity> entered;
  bool stopped = false;

  // The folders still to be entered are a list, not the stack: nesting has no limit.
  void run(const std::filesystem::path& start) {
    std::vector<std::filesystem::path> waiting{start};
    while (!waiting.empty() && !stopped) {
      const std::filesystem::path path = std::move(waiting.back());
      waiting.pop_back();
      struct stat status {};
      if (::stat(path.c_str(), &status) != 0) {
        failed(path, system_error(errno, "the file"));
      } else if (S_ISREG(status.st_mode)) {
        stopped = !each({path, status.st_size});
      } else if (S_ISDIR(status.st_mode) && entered.emplace(status.st_dev, status.st_ino).second) {
        enter(path, waiting);
      }
    }
  }

  void enter(const std::filesystem::path& folder, std::vector<std::filesystem::path>& waiting) {
    const auto names = names_in(folder);
    if (!names) {
      failed(folder, names.error());
      return;
    }
    for (auto name = names->rbegin(); name != names->rend(); ++name)
      waiting.push_back(folder / *name);
  }
};

}  // namespace

Walk::Walk(const std::filesystem::path& leave_out) : leave_out_(leave_out) {}

void Walk::run(const std::vector<std::string>& paths, const std::function<bool(const Found&)>& each,
               const std::function<void(const std::filesystem::path&, const Error&)>& failed) {
  Visit visit{each, failed, {}, false};
  struct stat status {};
  if (::stat(leave_out_.c_str(), &status) == 0) visit.entered.emplace(status.st_dev, status.st_ino);
  for (const std::string& path : paths) visit.run(path);
}

}  // namespace dcmfs::import
