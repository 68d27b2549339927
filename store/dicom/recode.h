#pragma once
// Data sets from one character set to another.
#include <string_view>

#include "store/dicom/dataset.h"

namespace dcmfs {

// The element with its text in UTF-8, items included. What stayed on disk becomes empty.
Element in_utf8(const Element&, const CharacterSet&);

// A data set whose text is UTF-8, items included, as it goes to somebody who prefers a
// SpecificCharacterSet: ASCII alone needs none and gets none (PS3.3 C.12.1.1.2); else the preferred
// one if it has every character, else ISO_IR 192.
Dataset in_character_set(const Dataset& utf8, std::string_view preferred);

}  // namespace dcmfs
