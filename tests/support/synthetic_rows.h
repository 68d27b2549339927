#pragma once
// A large index without files, for measurements: patients, studies, series and instances that are
// the same every time. What opens a file of such a store finds none.
#include <cstdint>
#include <filesystem>
#include <string>

#include "store/result.h"

namespace dcmfs {

// Studies of 10 instances in 2 series; 5 studies for 3 patients; 10 years from 2014 on, some 27
// studies a day where there are 100,000.
struct SyntheticRows {
  std::int64_t instances = 1'000'000;

  static constexpr std::int64_t kInstancesOfSeries = 5, kSeriesOfStudy = 2;
  std::int64_t studies() const { return instances / (kInstancesOfSeries * kSeriesOfStudy); }

  // Of a study by its number, from 0.
  static std::string patient_id(std::int64_t study);
  static std::string patient_name(std::int64_t study);
  static std::string accession_number(std::int64_t study);
  static std::string study_uid(std::int64_t study);
  static std::string study_date(std::int64_t study);
  static std::string modality(std::int64_t study);
};

// Makes the store in an empty folder.
Result<> make_synthetic_store(const std::filesystem::path& root, const SyntheticRows&);

}  // namespace dcmfs
