// A libFuzzer program of one target: see README.md.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto wrong = dcmfs::fuzz::DCMFS_FUZZ_TARGET({reinterpret_cast<const char*>(bytes), size});
  if (!wrong.empty()) {
    std::fprintf(stderr, "wrong: %s\n", wrong.c_str());
    std::abort();
  }
  return 0;
}
