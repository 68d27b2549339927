#pragma once
// What a test and the library in the program under test share: a mapped file. The layout is known
// to tests/mount/fault_io.py as well.
#include <atomic>
#include <cstdint>

namespace dcmfs::faults {

enum Kind : std::int64_t {
  kWrite = 1,
  kSync = 2,
  kRename = 4,
  kUnlink = 8,
  kLink = 16,
  kMakeFolder = 32,
  kCreate = 64,
  kTruncate = 128,
};

enum class Mode : std::int64_t {
  once,     // the Nth operation fails
  onwards,  // so do all after it
  die,      // the program is killed at it; of a write half is done
  hang,     // it never returns
};

struct Control {
  std::atomic<std::int64_t> seen;     // operations of the kinds that count
  std::atomic<std::int64_t> fail_at;  // N; 0: nothing fails
  std::atomic<std::int64_t> error;    // errno
  std::atomic<Mode> mode;
  std::atomic<std::int64_t> kinds;   // a set of Kind
  std::atomic<std::int64_t> failed;  // how many did
  char what[256];                    // the first of them, for a person
};

}  // namespace dcmfs::faults
