#include "tools/mountpoint.h"

#include <cerrno>
#include <fstream>
#include <sstream>

#include <spawn.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

namespace dcmfs::tools {
namespace {

constexpr std::string_view kOurType = "fuse.dcmfs";

// mountinfo writes space, tab, newline and backslash as \ooo.
std::string unescaped(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      out += static_cast<char>(std::stoi(text.substr(i + 1, 3), nullptr, 8));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

// proc(5), /proc/pid/mountinfo: id parent device root MOUNTPOINT options [tags...] - TYPE source
// options
struct Mounted {
  std::string device, type;
};
Mounted mounted_at(const std::filesystem::path& folder) {
  std::ifstream mounts("/proc/self/mountinfo");
  Mounted found;
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words(line);
    std::string id, parent, device, root, where, word;
    words >> id >> parent >> device >> root >> where;
    if (unescaped(where) != folder.string()) continue;
    while (words >> word && word != "-") {
    }
    found.device = device;  // the last one is on top
    words >> found.type;
  }
  return found;
}

bool is_mount_of_ours(const std::filesystem::path& folder) {
  return mounted_at(folder).type == kOurType;
}

// stat() of a dead mount fails, so its name is made absolute through its parent.
Result<std::filesystem::path> absolute_of(const std::filesystem::path& given) {
  std::error_code failed;
  std::filesystem::path path = std::filesystem::absolute(given, failed).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();  // a trailing slash
  const std::filesystem::path parent = std::filesystem::canonical(path.parent_path(), failed);
  if (failed)
    return system_error(failed.value(), "mount point " + given.string() + ": the folder above it");
  return parent / path.filename();
}

Result<> unmount_dead(const std::filesystem::path& folder) {
  if (::umount2(folder.c_str(), MNT_DETACH) == 0) return {};
  const std::string where = folder.string();
  const char* argv[] = {"fusermount3", "-u", "-z", "-q", "--", where.c_str(), nullptr};
  pid_t pid = 0;
  int status = 0;
  if (::posix_spawnp(&pid, argv[0], nullptr, nullptr, const_cast<char**>(argv), environ) == 0 &&
      ::waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0)
    return {};
  return Error{Errc::busy, where +
                               ": a dead mount of dcmfs is in the way, and fusermount3 -u does "
                               "not take it away"};
}

bool is_inside(const std::filesystem::path& inner, const std::filesystem::path& outer) {
  const std::filesystem::path relative = inner.lexically_relative(outer);
  return !relative.empty() && *relative.begin() != "..";
}

}  // namespace

std::string device_of_mount(const std::filesystem::path& folder) {
  const auto mounted = mounted_at(folder);
  return mounted.type == kOurType ? mounted.device : std::string();
}

void abort_mount(const std::filesystem::path& folder, std::string_view device) {
  if (device.empty() || device_of_mount(folder) != device) return;
  if (::umount2(folder.c_str(), MNT_FORCE) == 0 || errno != EPERM) return;  // busy: but aborted
  // fuse(4): the connections are named by the minor number, and belong to who mounted them.
  const auto minor = std::string(device.substr(device.find(':') + 1));
  std::ofstream("/sys/fs/fuse/connections/" + minor + "/abort") << '1';
}

Result<std::filesystem::path> prepare_mountpoint(const std::filesystem::path& given,
                                                 const std::filesystem::path& store,
                                                 NonEmpty non_empty) {
  DCMFS_TRY(const auto place, absolute_of(given));
  // The kernel may still answer stat() for a dead mount from its memory; statfs() asks the daemon.
  struct statfs system {};
  if (::statfs(place.c_str(), &system) != 0 && errno == ENOTCONN && is_mount_of_ours(place))
    DCMFS_CHECK(unmount_dead(place));
  struct stat status {};
  if (::stat(place.c_str(), &status) != 0) {
    const int error = errno;
    if (error == ENOENT)
      return Error{Errc::not_found,
                   "mount point " + given.string() + ": there is no such folder; make it first"};
    return system_error(error, "mount point " + given.string());
  }

  std::error_code failed;
  const std::filesystem::path folder = std::filesystem::canonical(place, failed);
  if (failed) return system_error(failed.value(), "mount point " + given.string());
  const auto refuse = [&](Errc code, const char* why) {
    return Error{code, "mount point " + folder.string() + ": " + why};
  };
  if (!S_ISDIR(status.st_mode)) return refuse(Errc::invalid_argument, "not a folder");
  if (is_inside(folder, store)) return refuse(Errc::invalid_argument, "inside the store");
  if (is_inside(store, folder)) return refuse(Errc::invalid_argument, "would hide the store");
  if (is_mount_of_ours(folder)) return refuse(Errc::busy, "another dcmfs is mounted here");
  const bool empty = std::filesystem::is_empty(folder, failed);
  if (failed) return system_error(failed.value(), "mount point " + folder.string());
  if (!empty && non_empty == NonEmpty::refused)
    return refuse(Errc::invalid_argument, "not empty (-o nonempty mounts over what is there)");
  return folder;
}

}  // namespace dcmfs::tools
