#pragma once
// Many small instances, made cheaply: what a benchmark or a test of volume
// needs. Every one has its own pixels.
#include <optional>
#include <string_view>

#include "tools/phantom/images.h"

namespace dcmfs::phantom {

struct SmallOptions {
  int studies = 1;    // of each patient
  int series = 1;     // of each study
  int instances = 1;  // of each series
  int rows = 64, columns = 64;
  std::string_view modality = "CT";
};

// The modalities that there are, for a message: "CT, MR, ...".
std::string small_modalities();
bool is_small_modality(std::string_view);

void add_small(Pieces& pieces, const Subject&, const SmallOptions&, const std::string& folder);

}  // namespace dcmfs::phantom
