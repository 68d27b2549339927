#pragma once
// How an index can serve a condition: a part of WHERE that every match
// fulfils, and how few rows it may be expected to leave.
#include <optional>
#include <string>
#include <vector>

#include "store/attributes.h"
#include "store/query.h"

namespace dcmfs::detail {

// From the most selective to the least.
enum class Selectivity : std::uint8_t {
  identifier,  // a UID
  patient_or_accession,
  long_prefix,  // of a name or number, three letters or more
  day,
  text,     // a description
  days,     // a range of dates
  letters,  // in the middle of a name
  short_prefix,
  open_days,  // since, until
  modality,
};

struct Narrowing {
  Selectivity selectivity;
  std::string before;   // "study.StudyDate_fold IN (", then a parameter for each value ...
  std::string between;  // ... between two of them ...
  std::string after;    // ... and at the end
  std::vector<std::string> values;
};

// nullopt: no index serves it.
std::optional<Narrowing> narrowing(const Attribute&, const Matcher&);

}  // namespace dcmfs::detail
