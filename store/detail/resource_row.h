#pragma once
// A Resource as one row of a query.
#include <optional>

#include "store/detail/sqlite.h"
#include "store/resource.h"

namespace dcmfs::detail {

enum class Attributes : std::uint8_t {
  own,     // of the resource's level
  lineage  // and of the levels above it
};

// nullopt: no such row.
Result<std::optional<Resource>> read_resource(Connection&, Key, Attributes);
Result<std::optional<RowId>> row_of(Connection&, Level, const ResourceId&);

}  // namespace dcmfs::detail
