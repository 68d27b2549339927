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
};

struct Attribute {
  Tag tag;
  Level level;
  std::string_view column;
  Search search;
};

std::span<const Attribute> attributes();
std::span<const Attribute> attributes(Level);
// nullptr if the index does not keep it. ImageOrientationPatient is kept at two levels: the upper is found.
const Attribute* find_attribute(Tag);

// Whether it tells siblings of its level apart: a UID, and PatientID.
bool is_unique_key(const Attribute&);

// Counted when asked for, not kept (PS3.4 C.6.1.1 and C.3.4): NumberOfStudyRelatedInstances, ModalitiesInStudy ...
bool is_computed(Tag);

// Whose property it is; nullopt if the index neither keeps nor computes it.
std::optional<Level> level_of(Tag);

}  // namespace dcmfs
