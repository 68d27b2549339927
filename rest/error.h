#pragma once
// Errors as HTTP tells them, with the body that clients of Orthanc read.
#include <string>
#include <string_view>

#include "store/result.h"

namespace dcmfs::rest {

struct Failure {
  int http;     // status
  int orthanc;  // Orthanc's error code
  std::string_view orthanc_name;
  std::string message;
};

Failure failure_of(const Error&);

// Failures that no handler causes.
Failure no_such_path();
Failure method_not_allowed();
Failure not_authenticated();
Failure too_busy();

std::string failure_body(const Failure&, std::string_view method, std::string_view uri);

}  // namespace dcmfs::rest
