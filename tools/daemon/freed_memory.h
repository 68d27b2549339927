#pragma once
// Freed memory stays with the process for some seconds. A picture needs a few buffers of some hundred KiB,
// which glibc would give back to the kernel and take again for each: every page of them is a fault then, and
// cleared once more, which took two thirds of the time of a preview of 512x512.
#include <thread>

namespace dcmfs::tools {

// To be called before there are other threads.
void keep_freed_memory();
// In a thread that ends with the object.
[[nodiscard]] std::jthread give_back_freed_memory_regularly();

}  // namespace dcmfs::tools
