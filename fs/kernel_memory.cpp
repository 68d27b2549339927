#include "fs/kernel_memory.h"

namespace dcmfs::fs {

void KernelMemory::note(const Node& node, What what) {
  const auto memory = kind_info(node.kind).memory;
  if (memory != Memory::names && memory != Memory::told) return;
  const std::scoped_lock lock(mutex_);
  if (everything_) return;
  if (noted_.size() >= kNodesMax) {
    everything_ = true;
    noted_.clear();
    news_ = 1;
    return;
  }
  auto& noted = noted_[ino(node)];
  if (noted == 0) ++news_;
  noted |= what;
}

bool KernelMemory::take(const Node& node, std::uint8_t what) {
  const std::scoped_lock lock(mutex_);
  if (everything_) return true;
  const auto found = noted_.find(ino(node));
  if (found == noted_.end() || (found->second & what) == 0) return false;
  if ((what & state) != 0 && (found->second & state) != 0) {
    found->second &= static_cast<std::uint8_t>(~state);
    if (found->second == 0) --news_;
  }
  return true;
}

}  // namespace dcmfs::fs
