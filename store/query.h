#pragma once
// What a C-FIND, a QIDO-RS search, /tools/find, dcmfs-find and find/ all become.
#include <cstdint>
#include <vector>

#include "store/dicom/match.h"
#include "store/level.h"

namespace dcmfs {

struct Query {
  struct Condition {
    Tag tag;  // of any level: above, a property of an ancestor; below, of at least one descendant
    Matcher matcher;
  };
  struct Order {
    Tag tag;
    bool descending = false;
  };

  Level level = Level::study;
  std::vector<Condition> where;  // all must hold
  std::vector<Order> order_by;   // then by row, which is the order of arrival
  std::int64_t offset = 0;
  std::int64_t limit = 0;        // 0: no limit
  std::vector<Tag> also;         // computed attributes (is_computed) to answer with the others
  bool totals = true;            // to answer children, instances, bytes and last_update: they are counted
};

}  // namespace dcmfs
