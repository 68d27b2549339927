#pragma once
// Metadata that the store itself tells of a resource, as SQL over its row.
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "store/level.h"

namespace dcmfs::detail {

struct Told {
  std::string_view name;
  Level level;
  std::string text;   // an expression: the text, or NULL
  std::string order;  // another that sorts likewise; empty: `text`
};
std::span<const Told> told_metadata();
const Told* find_told(Level, std::string_view name);  // nullptr: it is kept, if there is one

inline constexpr std::string_view kAnonymizedFrom = "AnonymizedFrom",
                                  kModifiedFrom = "ModifiedFrom";

// "(SELECT value FROM metadata ...)": of what is kept; `name` is SQL, a parameter.
std::string kept_metadata(Level, std::string_view name);

}  // namespace dcmfs::detail
