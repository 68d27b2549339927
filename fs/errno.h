#pragma once
// The one translation of the program's errors into the kernel's.
#include <cerrno>

#include "store/result.h"

namespace dcmfs::fs {

constexpr int to_errno(Errc code) {
  switch (code) {
    case Errc::not_found:
      return ENOENT;
    case Errc::already_exists:
      return EEXIST;
    case Errc::invalid_argument:
      return EINVAL;
    case Errc::not_dicom:
      return EINVAL;
    case Errc::corrupt:
      return EINVAL;
    case Errc::not_supported:
      return EOPNOTSUPP;
    case Errc::too_large:
      return EFBIG;
    case Errc::no_space:
      return ENOSPC;
    case Errc::over_quota:
      return EDQUOT;
    case Errc::denied:
      return EPERM;
    case Errc::io:
      return EIO;
    case Errc::busy:
      return EBUSY;
    case Errc::cancelled:
      return EINTR;
    case Errc::timed_out:
      return ETIMEDOUT;
  }
  return EIO;
}

}  // namespace dcmfs::fs
