#pragma once
// Dates before the year 1000, which nobody means: 0001-01-01 is how .NET says that there is none. In
// the views (store/view.h) they are none, too; their folders would not have names of four digits.
#include "store/detail/sqlite.h"

namespace dcmfs::detail {

// What the column `place` has of a date, YYYYMMDD as one number or 0 for none.
std::int64_t study_place(int date);
std::int64_t series_place(int date);

// Of an index that knew nothing of this: where it has such dates, they become none.
Result<> settle_early_dates(Connection&);

}  // namespace dcmfs::detail
