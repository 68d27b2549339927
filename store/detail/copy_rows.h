#pragma once
// What a rebuild takes over from the old index, row by row.
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "store/detail/sqlite.h"

namespace dcmfs::detail {

struct CopiedColumn {
  enum class Type : std::uint8_t { integer, text, blob };
  std::string_view name;
  Type type;
};
struct CopiedTable {
  std::string_view name;
  std::span<const CopiedColumn> columns;
};

Result<> copy_rows(Connection& from, Connection& to, const CopiedTable&);
// Of a table whose first columns are the level and row of a resource. `moved` answers its row in the
// new index; nullopt: it is not there, and what is said of it is left out.
using Moved = std::function<Result<std::optional<RowId>>(Key)>;
Result<> copy_rows(Connection& from, Connection& to, const CopiedTable&, const Moved&);
// Numbers that were given are not given again.
Result<> copy_sequence(Connection& from, Connection& to, std::string_view table);

}  // namespace dcmfs::detail
