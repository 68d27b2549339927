#pragma once
// Which files are known to be durable: ranges of rows of instances, kept in the index. The next
// start compares only the others with their hashes.
//
// Whoever has synced the files of its rows adds their range, in the transaction that adds the rows or
// a later one. Nobody speaks for the rows of another process: of one whose sync failed, or that died
// before it, they stay outside, until recovery, which is alone, has compared them.
#include <span>
#include <vector>

#include "store/ids.h"
#include "store/result.h"

namespace dcmfs::detail {

class Connection;

struct RowRange {  // both included
  RowId first, last;
  friend bool operator==(const RowRange&, const RowRange&) = default;
};

// Joins it to the last one if it follows that.
void append(std::vector<RowRange>&, RowRange);

// In a transaction. Ranges become one where they touch or no row is between: nobody else can give a
// number meanwhile, and none below the last is given again.
Result<> add_synced(Connection&, std::span<const RowRange>);

Result<bool> is_synced(Connection&, RowId);

// What is in no range, up to the highest number ever given.
Result<std::vector<RowRange>> unsynced(Connection&);

}  // namespace dcmfs::detail
