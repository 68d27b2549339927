#pragma once
// Looks at everything in the mounted tree as `ls -R` and `cat` do, without a mount.
#include <string>
#include <vector>

#include "fs/tree.h"

namespace dcmfs::fuzz {

class TreeWalk {
 public:
  explicit TreeWalk(fs::Tree&);

  std::size_t files() const { return files_; }
  // What is wrong with names, sizes and contents; the first ones.
  const std::vector<std::string>& faults() const { return faults_; }

 private:
  void look_at_folder(const fs::Node&, const std::string& path);
  void look_at_entry(const fs::Tree::Listed&, const std::string& path);
  void look_at_file(const fs::Tree::Listed&, const std::string& path);
  void look_at_link(const fs::Tree::Listed&, const std::string& path);
  void fault(const std::string& path, const std::string& what);

  fs::Tree& tree_;
  std::size_t files_ = 0;
  std::vector<std::string> faults_;
};

}  // namespace dcmfs::fuzz
