#pragma once
// A Resource as one row of a query.
#include <optional>

#include "store/detail/sqlite.h"
#include "store/query.h"
#include "store/resource.h"

namespace dcmfs::detail {

enum class Attributes : std::uint8_t {
  own,     // of the resource's level
  lineage  // and of the levels above it
};

enum class LabelsToo : bool { no, yes };

struct Wanted {
  Attributes attributes = Attributes::own;
  Query::Totals totals = Query::Totals::counted;
  LabelsToo labels = LabelsToo::yes;
};

// nullopt: no such row.
Result<std::optional<Resource>> read_resource(Connection&, Key, const Wanted&);
// Looks at all instances of the series, if it says how many there are.
Result<SeriesStatus> status_of_series(Connection&, RowId series,
                                      std::optional<std::int64_t> expected);
Result<std::optional<RowId>> row_of(Connection&, Level, const ResourceId&);

// The two columns of a public id, for a SELECT; read again.
std::string id_columns(Level);
Result<ResourceId> id_at(const Statement&, int column);

}  // namespace dcmfs::detail
