#pragma once
// What a body is made of, and how bright that is in each kind of image.
#include <cstdint>

namespace dcmfs::phantom {

enum class Tissue : std::uint8_t {
  air,
  table_shell,
  table_core,
  skin,
  fat,
  muscle,
  lung,
  lung_vessel,
  airway,
  blood,
  heart,
  cortical_bone,
  marrow,
  disc,
  cord,
  liver,
  spleen,
  kidney,
  kidney_pelvis,
  bowel,
  gas,
  fluid,
  bladder,
  grey_matter,
  white_matter,
  tumour,
};

struct TissueValues {
  Tissue tissue;
  float hounsfield;  // with contrast medium in the veins
  float grain;       // of the texture, in HU
  float suv;         // of FDG an hour after injection
  float t1, t2;      // signal in T1 and T2 weighted images, of 1000
};

const TissueValues& values(Tissue);

}  // namespace dcmfs::phantom
