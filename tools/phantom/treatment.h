#pragma once
// What the radiotherapy objects of one person agree on.
#include <array>
#include <string_view>

#include "tools/phantom/body.h"
#include "tools/phantom/images.h"

namespace dcmfs::phantom {

inline constexpr Series kStructureSeries{"series/rtstruct", 10,           "RTSTRUCT",
                                         "110000",          "Structures", "CHEST"};
inline constexpr Series kPlanSeries{"series/rtplan", 11, "RTPLAN", "113000", "Plan", "CHEST"};
inline constexpr Series kDoseSeries{"series/rtdose", 12, "RTDOSE", "114000", "Dose", "CHEST"};

inline constexpr double kMargin = 8;    // mm, from the tumour to the planning target volume
inline constexpr double kAperture = 4;  // mm, from there to the edge of the field
inline constexpr double kPrescribed_Gy = 60;
inline constexpr int kFractions = 30;

struct Beam {
  std::string_view name;
  double gantry_degrees;
  double weight;  // of all together 1
};
// The tumour is in the right lung: from the right, and away from the cord.
inline constexpr std::array kBeams{
    Beam{"RPO", 215, 0.34},
    Beam{"RT LAT", 270, 0.33},
    Beam{"RAO", 325, 0.33},
};

// The isocentre, and how far the fields reach from it.
inline const Ball& isocentre(const Body& body) {
  return body.tumour();
}
inline double field_radius(const Body& body) {
  return body.tumour().radius + kMargin + kAperture;
}

}  // namespace dcmfs::phantom
