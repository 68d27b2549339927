#pragma once
// Runs the programs of the build, and others, as a user does.
#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace dcmfs {

struct Ran {
  int exit_code = -1;  // 128 + the signal that ended it
  std::string out, err;
};

// "dcmfs-find": where DCMFS_PROGRAMS says, else of this build. Others: by PATH.
std::filesystem::path program(const std::string& name);

// Without a terminal, with nothing to read. Throws if it cannot be started.
Ran run(const std::string& name, const std::vector<std::string>& arguments);

// The same, but goes on meanwhile.
class Running {
 public:
  Running(const std::string& name, const std::vector<std::string>& arguments);
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running();  // kills what still runs

  void signal(int number) const;
  Ran wait();

 private:
  pid_t process_ = -1;
  int out_ = -1, err_ = -1;  // unlinked files
};

bool has_program(const std::string& name);

}  // namespace dcmfs
