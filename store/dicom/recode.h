#pragma once
// Data sets from one character set to another.
#include <optional>
#include <string_view>

#include "store/dicom/dataset.h"

namespace dcmfs {

// The element with its text in UTF-8, items included. What stayed on disk becomes empty.
Element in_utf8(const Element&, const CharacterSet&);

// A data set whose text is UTF-8, items included, as it goes to somebody who prefers a
// SpecificCharacterSet: ASCII alone needs none and gets none (PS3.3 C.12.1.1.2); else the preferred
// one if it has every character, else ISO_IR 192.
Dataset in_character_set(const Dataset& utf8, std::string_view preferred);

// An element whose text is UTF-8, items included, as it is in a data set of this character set.
// nullopt: that does not have every character.
std::optional<Element> encoded_for(const Element& utf8, const CharacterSet&);

// All of a data set in UTF-8: SpecificCharacterSet says so at the top and nowhere below. Text must be
// in memory; other values on disk stay there.
Dataset recoded_to_utf8(const Dataset&);
// The other way. nullopt: `terms` do not have every character.
std::optional<Dataset> recoded_from_utf8(const Dataset& utf8, std::string_view terms);

}  // namespace dcmfs
