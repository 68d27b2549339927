#pragma once
// What dcmfs-check found, for a person and for a program.
#include <string>

#include "store/check.h"

namespace dcmfs::tools {

// The word in JSON, and what to do about it.
struct KindText {
  CheckProblem::Kind kind;
  std::string_view word, advice;
};
const KindText& text_of(CheckProblem::Kind);

std::string report_text(const CheckReport&);
std::string report_json(const CheckReport&);  // one line

}  // namespace dcmfs::tools
