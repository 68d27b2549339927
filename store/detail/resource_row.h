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

enum class Totals : std::uint8_t {
  none,    // children, instances and bytes are 0, last_update is the first reception
  counted  // costs a look at everything below
};

// nullopt: no such row.
Result<std::optional<Resource>> read_resource(Connection&, Key, Attributes,
                                              Totals = Totals::counted);
Result<std::optional<RowId>> row_of(Connection&, Level, const ResourceId&);

}  // namespace dcmfs::detail
