#include "tests/support/program.h"

#include <cstdlib>
#include <stdexcept>
#include <string_view>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace dcmfs {
namespace {

int unlinked_file() {
  std::string name = (std::filesystem::temp_directory_path() / "dcmfs-output-XXXXXX").string();
  const int fd = ::mkostemp(name.data(), O_CLOEXEC);
  if (fd < 0) throw std::runtime_error("no temporary file");
  ::unlink(name.c_str());
  return fd;
}

std::string take_content(int fd) {
  std::string text;
  char block[4096];
  ::lseek(fd, 0, SEEK_SET);
  for (ssize_t n; (n = ::read(fd, block, sizeof block)) > 0;)
    text.append(block, static_cast<std::size_t>(n));
  ::close(fd);
  return text;
}

}  // namespace

std::filesystem::path program(const std::string& name) {
  if (!std::string_view(name).starts_with("dcmfs")) return name;
  if (const char* folder = std::getenv("DCMFS_PROGRAMS"))
    return std::filesystem::path(folder) / name;
  // BUILD/tests/tools_tests, BUILD/tools/dcmfs-find
  const auto build = std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path();
  return build / "tools" / name;
}

bool has_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path ? path : "";
  while (!rest.empty()) {
    const auto end = std::min(rest.find(':'), rest.size());
    if (::access((std::filesystem::path(rest.substr(0, end)) / name).c_str(), X_OK) == 0)
      return true;
    rest.remove_prefix(std::min(rest.size(), end + 1));
  }
  return false;
}

Running::Running(const std::string& name, const std::vector<std::string>& arguments)
    : out_(unlinked_file()), err_(unlinked_file()) {
  std::string file = program(name).string();
  std::vector<std::string> words{file};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, out_, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, err_, STDERR_FILENO);
  const int failed =
      ::posix_spawnp(&process_, file.c_str(), &actions, nullptr, pointers.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error(file + " cannot be started: is it built?");
}

Running::~Running() {
  if (process_ < 0) return;
  signal(SIGKILL);
  (void)wait();
}

void Running::signal(int number) const {
  ::kill(process_, number);
}

Ran Running::wait() {
  int status = 0;
  ::waitpid(process_, &status, 0);
  process_ = -1;
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return {code, take_content(out_), take_content(err_)};
}

Ran run(const std::string& name, const std::vector<std::string>& arguments) {
  return Running(name, arguments).wait();
}

}  // namespace dcmfs
