#pragma once
// The attributes that the index keeps, one row each: where it is found, what it
// is called, how it is searched. Adding a row adds a column; stores made before
// are filled from the files at the next start.
#include <optional>
#include <span>
#include <string_view>

#include "store/level.h"

namespace dcmfs {

enum class Search : std::uint8_t {
  none,    // kept and shown; a search scans
  exact,   // an ordinary index on the value
  folded,  // an index on the value without case and accents (PS3.4 C.2.2.2.1)
  letters  // folded, and letters in the middle have an index, too; one attribute of a level
};

struct Attribute {
  Tag tag;
  Level level;
  std::string_view column;
  Search search;
};

std::span<const Attribute> attributes();
std::span<const Attribute> attributes(Level);
// nullptr if the index does not keep it. What two levels keep is of each what its own first file says: PatientName
// that of the patient, and that of the study. Of them the upper is found ...
const Attribute* find_attribute(Tag);
// ... or the one that speaks for a resource of this level: the nearest that is not below it, else the upper.
const Attribute* find_attribute(Tag, Level);

// Whether it has a twin in the table without case and accents.
bool is_folded(const Attribute&);

// Whether it tells siblings of its level apart: a UID, and PatientID.
bool is_unique_key(const Attribute&);

// Counted when asked for, not kept (PS3.4 C.6.1.1 and C.3.4): NumberOfStudyRelatedInstances, ModalitiesInStudy ...
bool is_computed(Tag);

// Whose property it is; nullopt if the index neither keeps nor computes it.
std::optional<Level> level_of(Tag);

}  // namespace dcmfs
