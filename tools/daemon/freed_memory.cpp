#include "tools/daemon/freed_memory.h"

#include <chrono>

#include <malloc.h>

#include "store/stopped_within.h"

namespace dcmfs::tools {
namespace {

constexpr int kMappedFrom =
    32 << 20;  // the most that glibc takes: what is larger goes back at once
constexpr int kFreedBytesMax = 64 << 20;  // at the end of each arena
constexpr std::chrono::seconds kGiveBackEvery{10};

}  // namespace

void keep_freed_memory() {
  ::mallopt(M_MMAP_THRESHOLD, kMappedFrom);
  ::mallopt(M_TRIM_THRESHOLD, kFreedBytesMax);
}

std::jthread give_back_freed_memory_regularly() {
  return std::jthread([](std::stop_token stop) {
    while (!stopped_within(stop, kGiveBackEvery)) ::malloc_trim(0);
  });
}

}  // namespace dcmfs::tools
