#include "store/result.h"

#include <cerrno>
#include <system_error>

namespace dcmfs {
namespace {

Errc code_of(int errno_value) {
  switch (errno_value) {
    case ENOSPC:
    case EDQUOT:  // a quota of the operating system, which is a full disk to us
      return Errc::no_space;
    case EROFS:
    case EACCES:
    case EPERM:
      return Errc::denied;
    case ENOENT:
      return Errc::not_found;
    case EEXIST:
      return Errc::already_exists;
    case EFBIG:
      return Errc::too_large;
    case EBUSY:
    case EAGAIN:
    case EMFILE:  // descriptors and memory come back
    case ENFILE:
    case ENOMEM:
      return Errc::busy;
    case EOPNOTSUPP:
    case ENOSYS:
      return Errc::not_supported;
    case ETIMEDOUT:
      return Errc::timed_out;
    case EINTR:
    case ECANCELED:
      return Errc::cancelled;
    default:
      return Errc::io;
  }
}

}  // namespace

bool is_about_the_file(Errc code) {
  switch (code) {
    case Errc::already_exists:
    case Errc::invalid_argument:
    case Errc::not_dicom:
    case Errc::corrupt:
    case Errc::not_supported:
    case Errc::too_large:
      return true;
    case Errc::not_found:
    case Errc::no_space:
    case Errc::over_quota:
    case Errc::denied:
    case Errc::io:
    case Errc::busy:
    case Errc::cancelled:
    case Errc::timed_out:
      return false;
  }
  return false;
}

Error system_error(int errno_value, std::string_view what) {
  return {code_of(errno_value),
          std::string(what) + ": " + std::generic_category().message(errno_value)};
}

}  // namespace dcmfs
