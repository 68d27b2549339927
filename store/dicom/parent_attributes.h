#pragma once
// Which attributes an instance shares with those of the same patient, study and
// series, because they are of that information entity (PS3.3 7.3). Private to this folder.
#include <span>

#include "store/dicom/tag.h"

namespace dcmfs {

enum class SharedWith { patient, study, series };

struct SharedAttribute {
  SharedWith with;
  Tag tag;
};
// PS3.3 C.7.1.1 to C.7.3.1, C.7.4.1 and C.7.5.1, but for what a new series or a new instance has of its own.
std::span<const SharedAttribute> shared_attributes();

}  // namespace dcmfs
