#pragma once
// The images of the phantom, each made alone from the person and its place, so
// that they can be made in any order and on any thread.
#include <functional>
#include <string>
#include <vector>

#include "store/dicom/dataset.h"
#include "tools/phantom/modules.h"

namespace dcmfs::phantom {

// One file to be written.
struct Piece {
  std::string path;  // below the folder that was named
  std::function<Dataset()> make;
};
using Pieces = std::vector<Piece>;

// Keys of the UIDs by which objects name each other.
inline constexpr std::string_view kPlanningStudy = "study/petct";
inline constexpr std::string_view kPlanningFrame = "frame/petct";
inline constexpr std::string_view kCtSeries = "series/ct";
std::string ct_key(int slice);
inline constexpr std::string_view kStructureSet = "rt/structure set";
inline constexpr std::string_view kPlan = "rt/plan";
inline constexpr std::string_view kDose = "rt/dose";

inline constexpr Study kPetCt{kPlanningStudy, 1, 0, "090500", "Thorax staging"};

// The volume of the CT, which the structure set draws on.
struct CtGrid {
  static constexpr int kSlices = 60;
  static constexpr double kThickness = 3, kLowest = 90;  // mm
  static Plane plane() { return centred_plane(512, 512, 0.9766, 20); }
  static double z(int slice) { return kLowest + slice * kThickness; }  // from the feet
};

// Each appends the files of one person to `pieces`, in folders below `folder`.
void add_ct(Pieces& pieces, const Subject&, const std::string& folder);
void add_pet(Pieces& pieces, const Subject&, const std::string& folder);
void add_mr(Pieces& pieces, const Subject&, const std::string& folder);
void add_ultrasound(Pieces& pieces, const Subject&, const std::string& folder);
void add_radiotherapy(Pieces& pieces, const Subject&, const std::string& folder);

// Of add_radiotherapy().
Dataset structure_set(const Subject&);
Dataset plan(const Subject&);
Dataset dose(const Subject&);

}  // namespace dcmfs::phantom
