#pragma once
// The change feed as GET /changes shows it: what happened to resources that are still there. It can
// be emptied without disturbing those who follow the feed itself (change_feed.h), with which it
// shares the sequence numbers. Also the way to tell of a change that is not the store's own.
//
// Thread safe.
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "store/change_feed.h"

namespace dcmfs {

namespace detail {
class Index;
}

struct PublicChange {
  std::int64_t seq = 0;
  ChangeType type = ChangeType::added;  // is_public()
  Key what;
  ResourceId id;
  Time at;
};

class PublicChanges {
 public:
  explicit PublicChanges(detail::Index& index) : index_(index) {}

  struct Kind {
    ChangeType type;
    Level level;
    friend auto operator<=>(const Kind&, const Kind&) = default;
  };
  struct Window {
    std::int64_t since = 0;                                           // those after it
    std::int64_t through = std::numeric_limits<std::int64_t>::max();  // and up to it
    std::size_t limit = 100;
    std::vector<Kind> kinds = {};  // empty: all
    bool descending = false;       // the last of them, newest first
  };
  Result<std::vector<PublicChange>> read(const Window&) const;
  Result<std::optional<PublicChange>> last() const;
  // The highest number that is in use or was; 0: there has never been a change.
  Result<std::int64_t> last_seq() const;
  // Shows nothing any more of what is there now. Durable.
  Result<> clear();

  // anonymized, modified, completed, updated_metadata, updated_attachment: in this order, all or none
  // of the resources that are there. Durable.
  Result<> add(std::span<const Key>, ChangeType, Time now);

 private:
  detail::Index& index_;
};

}  // namespace dcmfs
