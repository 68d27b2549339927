#pragma once
// Which attributes Orthanc's API tells of a resource as its MainDicomTags.
#include <span>
#include <string>

#include "store/level.h"

namespace dcmfs::rest {

// In the order of their keywords. All of them are in the index.
std::span<const Tag> main_tags(Level);
// "0010,0010;0010,0020;...", in the order of their numbers: as /system tells it.
std::string main_tags_text(Level);

}  // namespace dcmfs::rest
