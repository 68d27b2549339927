#pragma once
// Where instances came from (store/origin.h), as rows: one for each distinct origin.
#include <optional>

#include "store/detail/sqlite.h"
#include "store/origin.h"

namespace dcmfs::detail {

// nullopt if nothing is known.
Result<std::optional<std::int64_t>> origin_row(Connection&, const Origin&);

}  // namespace dcmfs::detail
