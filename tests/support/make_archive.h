#pragma once
// Archives for tests, written by libarchive into memory:
//
//   make_zip({{"CD/0001.dcm", bytes}, {"README", "..."}})
#include <string>
#include <vector>

namespace dcmfs {

struct ArchiveMember {
  std::string name;
  std::string bytes;
  std::string link_to = {};  // not empty: a symbolic link
};
using ArchiveMembers = std::vector<ArchiveMember>;

std::string make_zip(const ArchiveMembers&);  // deflated
std::string make_encrypted_zip(const ArchiveMembers&);
std::string make_tar(const ArchiveMembers&);
std::string make_tar_gz(const ArchiveMembers&);
std::string make_iso(const ArchiveMembers&);

}  // namespace dcmfs
