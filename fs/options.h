#pragma once
// How the tree is mounted.
#include <string>
#include <vector>

#include <sys/types.h>

namespace dcmfs::fs {

class Peers;

struct Options {
  uid_t uid = 0;  // owner of everything
  gid_t gid = 0;
  mode_t umask = 022;
  bool read_only = false;
  bool allow_other = false;
  bool default_permissions = false;
  bool allow_delete = false;  // rm below patients/ removes from the store, by way of the trash
  bool only_dcm = false;      // leaves=dcm: nothing beside the .dcm
  Peers* peers = nullptr;     // to whom modalities/ leads; must outlive the mount. nullptr: nobody
  bool import_sent = false;   // import=yes: what is written into modalities/ is stored, too
  unsigned max_read = 0;      // bytes of a request; 0: what the kernel likes
  std::vector<std::string> fuse_options;  // of libfuse, one each: a comma is part of it
};

}  // namespace dcmfs::fs
