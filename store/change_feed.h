#pragma once
// What happened to resources, in order, and the only event bus of the program. Kernel cache invalidation,
// autorouting, the stream of changes and the metadata that is kept for DICOMweb are each a loop that
// remembers the last sequence number it handled. (GET /changes is a look at it: public_changes.h.) Of what
// was removed only that is told.
//
// Thread safe. A change is visible here once it is committed, whichever process made it. It is durable when
// its maker is answered, but that of an arrival within a second: until then the file alone is, of
// which recovery makes both again. The few that a failed sync takes back are followed by their removals.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "store/ids.h"
#include "store/result.h"
#include "store/time.h"

namespace dcmfs {

enum class ChangeType : std::uint8_t {
  added = 1,
  removed = 2,
  modified = 3,    // it was made by modifying another
  stable = 4,      // of what is above the instances: it has grown no more for a while
  completed = 5,   // of a series: as many instances as it says are there
  anonymized = 6,  // it was made by anonymizing another
  updated_metadata = 7,
  updated_attachment = 8,
  reread = 9,  // of what is above the instances: its attributes were taken from its files again
};
// Whether the mounted tree looks different after it.
constexpr bool changes_the_tree(ChangeType type) {
  return type == ChangeType::added || type == ChangeType::removed || type == ChangeType::reread;
}
// Whether public_changes.h tells of it.
constexpr bool is_public(ChangeType type) {
  return type != ChangeType::removed && type != ChangeType::reread;
}

struct Change {
  std::int64_t seq = 0;
  ChangeType type = ChangeType::added;
  Key what;
  Key parent;  // itself for a patient
  ResourceId id;
  std::string name;  // of its entry in the tree: enough to forget it after it is gone
  std::string
      place;  // of a study: StudyDate; of a series: Modality '/' YYYYMM; of an instance: its name below instances/
  std::string link;  // of a study or series: its name in the folder that `place` tells
  Time at;
};

// The last one that changes_the_tree().
struct TreeChange {
  std::int64_t seq = 0;
  Time at{};
};

class ChangeFeed {
 public:
  virtual ~ChangeFeed() = default;
  virtual std::int64_t last() const = 0;
  // nullopt: nothing ever did.
  virtual Result<std::optional<TreeChange>> tree_changed() const = 0;
  // Up to `limit` changes after `seq`, ascending. Does not wait.
  virtual Result<std::vector<Change>> read(std::int64_t seq, std::size_t limit) const = 0;
  // The same, but waits until there is one; empty if a stop is requested, or at `end`.
  using Clock = std::chrono::steady_clock;
  virtual Result<std::vector<Change>> wait(
      std::int64_t seq, std::size_t limit, std::stop_token,
      Clock::time_point end = Clock::time_point::max()) const = 0;
};

}  // namespace dcmfs
