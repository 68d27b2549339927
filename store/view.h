#pragma once
// The views beside patients/: where the tree shows the same resources by other
// orders, as symbolic links. A link's name is kept in the index and never changes.
//
//   studies    YYYY/MM/DD/<link>, or NoDate/<link> (also of a date before the year 1000)
//   series     MODALITY/YYYY/MM/<link>, or MODALITY/NoDate/<link>
//   instances  <SOPInstanceUID>, no folders
//   recent     the latest studies to arrive, newest first, no folders
#include <cstdint>
#include <string>

#include "store/ids.h"
#include "store/time.h"

namespace dcmfs {

enum class View : std::uint8_t { studies, series, instances, recent };

inline constexpr int kRecentMax = 100;  // studies in recent/

// A folder of a view, by what its path says so far.
struct Place {
  static constexpr int kNoDate = 9;  // as `date`: the folder NoDate; no year has one digit
  std::int64_t modality = 0;         // of series: a row of the index; 0: not chosen yet
  int date = 0;  // 0: not chosen yet; else YYYY, YYYYMM or YYYYMMDD as one number
  friend auto operator<=>(const Place&, const Place&) = default;
};

struct Folder {
  Place place;
  std::string name;  // "2004", "01", "CT", "NoDate"
};

struct Link {
  Key target;
  std::string name;  // instances: without ".dcm"
  Time received;     // newest reception
};

}  // namespace dcmfs
