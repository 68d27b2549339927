#include "net/status.h"

#include <array>
#include <cstdio>

namespace dcmfs::net {
namespace {

// The first row that fits names a status; families (A7xx) come after their members.
struct StatusRow {
  Status status;
  Status mask;
  StatusClass status_class;
  std::string_view name;
};
constexpr Status kExact = 0xffff, kLow8 = 0xff00, kLow12 = 0xf000;

using enum StatusClass;
// clang-format off
constexpr StatusRow kRows[] = {
  // PS3.7 annex C
  {0x0000, kExact, success, "Success"},
  {0x0001, kExact, warning, "Requested optional Attributes are not supported"},
  {0x0105, kExact, failure, "No Such Attribute"},
  {0x0106, kExact, failure, "Invalid Attribute Value"},
  {0x0107, kExact, warning, "Attribute list error"},
  {0x0110, kExact, failure, "Processing failure"},
  {0x0111, kExact, failure, "Duplicate SOP Instance"},
  {0x0112, kExact, failure, "No Such SOP Instance"},
  {0x0113, kExact, failure, "No Such Event Type"},
  {0x0114, kExact, failure, "No Such Argument"},
  {0x0115, kExact, failure, "Invalid Argument Value"},
  {0x0116, kExact, warning, "Attribute Value Out of Range"},
  {0x0117, kExact, failure, "Invalid SOP Instance"},
  {0x0118, kExact, failure, "No Such SOP Class"},
  {0x0119, kExact, failure, "Class-Instance conflict"},
  {0x0120, kExact, failure, "Missing Attribute"},
  {0x0121, kExact, failure, "Missing Attribute Value"},
  {0x0122, kExact, failure, "Refused: SOP Class Not Supported"},
  {0x0123, kExact, failure, "No Such Action"},
  {0x0124, kExact, failure, "Refused: Not Authorized"},
  {0x0131, kExact, failure, "Duplicate Transaction UID"},
  {0x0210, kExact, failure, "Duplicate Invocation"},
  {0x0211, kExact, failure, "Unrecognized Operation"},
  {0x0212, kExact, failure, "Mistyped Argument"},
  {0x0213, kExact, failure, "Resource Limitation"},
  // PS3.4 B.2.3, C.4.1.1.4, C.4.2.1.5, C.4.3.1.4
  {0xa701, kExact, failure, "Refused: Out of Resources - Unable to calculate number of matches"},
  {0xa702, kExact, failure, "Refused: Out of Resources - Unable to perform sub-operations"},
  {0xa700, kLow8,  failure, "Refused: Out of Resources"},
  {0xa801, kExact, failure, "Refused: Move Destination Unknown"},
  {0xa900, kLow8,  failure, "Error: Data Set Does Not Match SOP Class"},
  {0xb000, kExact, warning, "Coercion of Data Elements, or Sub-operations Complete with Failures"},
  {0xb006, kExact, warning, "Elements Discarded"},
  {0xb007, kExact, warning, "Data Set Does Not Match SOP Class"},
  {0xb000, kLow12, warning, "Warning"},
  {0xc000, kLow12, failure, "Error: Cannot Understand, or Unable to Process"},
  {0xfe00, kExact, cancel,  "Cancel"},
  {0xff00, kExact, pending, "Pending"},
  {0xff01, kExact, pending, "Pending, with Optional Keys that are not supported"},
};
// clang-format on

const StatusRow* find(Status status) {
  for (const StatusRow& row : kRows)
    if ((status & row.mask) == row.status) return &row;
  return nullptr;
}

}  // namespace

StatusClass class_of(Status status) {
  const StatusRow* row = find(status);
  return row != nullptr ? row->status_class : failure;
}

std::string_view name_of(Status status) {
  const StatusRow* row = find(status);
  return row != nullptr ? row->name : std::string_view();
}

std::string hexadecimal(Status status) {
  std::array<char, 5> text{};
  std::snprintf(text.data(), text.size(), "%04X", status);
  return text.data();
}

Status status_of(Errc code) {
  switch (code) {
    case Errc::not_found:
      return statuses::kNoSuchSopInstance;
    case Errc::already_exists:
      return statuses::kDuplicateSopInstance;
    case Errc::invalid_argument:
    case Errc::not_dicom:
    case Errc::corrupt:
    case Errc::not_supported:
    case Errc::too_large:
      return statuses::kCannotUnderstand;
    case Errc::no_space:
    case Errc::over_quota:
    case Errc::busy:
      return statuses::kOutOfResources;
    case Errc::denied:
      return statuses::kNotAuthorized;
    case Errc::io:
    case Errc::timed_out:
      return statuses::kProcessingFailure;
    case Errc::cancelled:
      return statuses::kCancelled;
  }
  return statuses::kProcessingFailure;
}

}  // namespace dcmfs::net
