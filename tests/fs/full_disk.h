#pragma once
// A disk without room, while it lives.
#include <cerrno>

#include "store/detail/file_ops.h"

namespace dcmfs::fs {

class FullDisk {
 public:
  FullDisk() {
    using detail::file_ops::Op;
    detail::file_ops::set_fault([](Op op) {
      const bool needs_room = op == Op::create || op == Op::write || op == Op::copy ||
                              op == Op::make_folder || op == Op::commit;
      return needs_room ? ENOSPC : 0;
    });
  }
  ~FullDisk() { detail::file_ops::set_fault({}); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
};

}  // namespace dcmfs::fs
