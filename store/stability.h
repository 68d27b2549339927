#pragma once
// Which patients, studies and series have grown no more for a while, and which series are complete:
// for each the feed gets one change, ChangeType::stable or completed, and another only after more
// has come. That holds over restarts, because how far it has come is kept with the changes.
//
// For one thread at a time, of one process at a time (the daemon).
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "store/ids.h"
#include "store/result.h"
#include "store/time.h"

namespace dcmfs {

namespace detail {
class Index;
}

class Stability {
 public:
  explicit Stability(detail::Index& index) : index_(index) {}

  // Takes note of what came since the last time, and writes the changes of what is complete, or has
  // been the same for `age`. Answers when the next one will be stable, if nothing comes; nullopt: all are.
  // After an error it may be called again.
  Result<std::optional<Time>> update(Time now, std::chrono::milliseconds age);

 private:
  struct Growing {
    RowId newest;  // instance below it
    Time since;    // when that came
  };
  using Due = std::pair<Key, Growing>;
  Result<> look(Time now);
  Result<> write(Time now, std::chrono::milliseconds age);
  Result<> write(std::span<const Due> due, Time now);

  detail::Index& index_;
  std::optional<RowId> seen_;       // instances up to it are in growing_; nullopt: not begun
  std::map<Key, Growing> growing_;  // that are not stable
  std::set<Key> grown_;             // series that may have become complete
};

}  // namespace dcmfs
