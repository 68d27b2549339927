#include "net/verdict.h"

#include <cstdio>

namespace dcmfs::net {

Verdict verdict_of(Status status) {
  // What is full may be empty tomorrow. All else is about this instance, or about what somebody
  // has to allow.
  constexpr Status kOutOfResourcesMask = 0xff00;
  switch (class_of(status)) {
    case StatusClass::success:
    case StatusClass::warning:
      return Verdict::sent;
    case StatusClass::pending:
    case StatusClass::cancel:
    case StatusClass::failure:
      break;
  }
  if ((status & kOutOfResourcesMask) == statuses::kOutOfResources ||
      status == statuses::kResourceLimitation || status == statuses::kProcessingFailure) {
    return Verdict::later;
  }
  return Verdict::never;
}

std::string text_of(Status status) {
  char hex[5];
  std::snprintf(hex, sizeof hex, "%04X", static_cast<unsigned>(status));
  const auto name = name_of(status);
  return name.empty() ? hex : std::string(hex) + ": " + std::string(name);
}

Trouble trouble_of(Errc code) {
  switch (code) {
    case Errc::not_found:
      return Trouble::unreachable;
    case Errc::io:
      return Trouble::refused;
    case Errc::timed_out:
      return Trouble::timed_out;
    case Errc::denied:
      return Trouble::rejected;
    case Errc::corrupt:
      return Trouble::broken;
    case Errc::already_exists:
    case Errc::invalid_argument:
    case Errc::not_dicom:
    case Errc::not_supported:
    case Errc::too_large:
    case Errc::no_space:
    case Errc::over_quota:
    case Errc::busy:
    case Errc::cancelled:
      return Trouble::other;
  }
  return Trouble::other;
}

}  // namespace dcmfs::net
