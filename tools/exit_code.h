#pragma once
// Exit codes of the programs, documented in dcmfs(1).
#include "store/result.h"

namespace dcmfs::tools {

inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;  // the command line or the configuration is wrong
inline constexpr int kExitBusy = 3;   // the store, the port or the mount point is taken

constexpr int exit_code(Errc code) {
  switch (code) {
    case Errc::invalid_argument:
      return kExitUsage;
    case Errc::busy:
      return kExitBusy;
    case Errc::not_found:
    case Errc::already_exists:
    case Errc::not_dicom:
    case Errc::corrupt:
    case Errc::not_supported:
    case Errc::too_large:
    case Errc::no_space:
    case Errc::over_quota:
    case Errc::denied:
    case Errc::io:
    case Errc::cancelled:
    case Errc::timed_out:
      return kExitFailed;
  }
  return kExitFailed;
}

}  // namespace dcmfs::tools
