#pragma once
// The change feed, read from the index.
//
// Thread safe. Commits of this process wake waiters at once; those of other
// processes are noticed within kPoll.
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "store/change_feed.h"
#include "store/detail/readers.h"

namespace dcmfs::detail {

// What a change says of a resource that is there: all but seq, type and at.
Result<std::optional<Change>> describe(Connection&, Key);

class ChangeLog final : public ChangeFeed {
 public:
  explicit ChangeLog(Readers& readers) : readers_(readers) {}

  std::int64_t last() const override;
  Result<std::optional<TreeChange>> tree_changed() const override;
  Result<std::vector<Change>> read(std::int64_t seq, std::size_t limit) const override;
  Result<std::vector<Change>> wait(std::int64_t seq, std::size_t limit, std::stop_token,
                                   Clock::time_point end) const override;

  void committed();  // by this process: wakes who waits

 private:
  static constexpr std::chrono::milliseconds kPoll{75};

  Readers& readers_;
  mutable std::mutex mutex_;
  mutable std::condition_variable_any woken_;
  std::uint64_t commits_ = 0;  // guarded by mutex_
};

}  // namespace dcmfs::detail
