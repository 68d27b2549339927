#include "tools/phantom/tissue.h"

#include <cassert>
#include <cstddef>

namespace dcmfs::phantom {
namespace {

// clang-format off
constexpr TissueValues kTissues[] = {
    // tissue                   HU   grain    SUV    T1    T2
    {Tissue::air,           -1000,      0,     0,    4,    4},
    {Tissue::table_shell,    -250,     10,     0,    0,    0},
    {Tissue::table_core,     -900,      5,     0,    0,    0},
    {Tissue::skin,             20,      0,  0.5f,  420,  250},
    {Tissue::fat,            -100,      8,  0.3f,  880,  520},
    {Tissue::muscle,           58,     10,  0.7f,  380,  170},
    {Tissue::lung,           -850,     25,  0.4f,   30,   30},
    {Tissue::lung_vessel,      20,      0,  0.9f,  100,   60},
    {Tissue::airway,         -995,      0,     0,    4,    4},
    {Tissue::blood,           165,      6,  1.6f,   90,   60},
    {Tissue::heart,            95,      8,  5.5f,  360,  220},
    {Tissue::cortical_bone,   650,     60,  0.6f,   35,   25},
    {Tissue::marrow,          210,     45,  1.2f,  620,  380},
    {Tissue::disc,             85,      5,  0.6f,  300,  450},
    {Tissue::cord,             25,      3,  1.4f,  400,  520},
    {Tissue::liver,           108,      8,  2.2f,  480,  200},
    {Tissue::spleen,          122,      6,  1.8f,  340,  380},
    {Tissue::kidney,          175,     10,  2.8f,  330,  430},
    {Tissue::kidney_pelvis,    40,      5,    14,  180,  900},
    {Tissue::bowel,            45,     18,  1.4f,  330,  420},
    {Tissue::gas,            -960,      0,     0,    4,    4},
    {Tissue::fluid,             8,      2,  0.5f,  130,  980},
    {Tissue::bladder,           6,      2,    22,  140,  960},
    {Tissue::grey_matter,      41,      3,     8,  440,  500},
    {Tissue::white_matter,     31,      3,  3.2f,  640,  340},
    {Tissue::tumour,           62,     14,    11,  320,  720},
};
// clang-format on

}  // namespace

const TissueValues& values(Tissue tissue) {
  const auto& row = kTissues[static_cast<std::size_t>(tissue)];
  assert(row.tissue == tissue);
  return row;
}

}  // namespace dcmfs::phantom
