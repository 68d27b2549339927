#pragma once
// Attributes that are counted or collected when asked for (PS3.4 C.6.1.1, C.3.4).
#include <optional>
#include <string>

#include "store/level.h"

namespace dcmfs::detail {

struct Computed {
  Tag tag;
  Level level;             // whose property it is
  std::string expression;  // of its value, for a row of the level's table
  // A list collects the values of an attribute of this tag; each of them is matched.
  std::optional<Tag> collects = std::nullopt;
};

// nullptr if it is not computed.
const Computed* find_computed(Tag);

}  // namespace dcmfs::detail
