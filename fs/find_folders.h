#pragma once
// The folders of find/: each is a query given as a path. A folder has a number,
// made of a hash of its path, so that it keeps its inode across remounts.
// Thread safe; bounded.
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "store/query.h"
#include "store/store.h"
#include "store/time.h"

namespace dcmfs::fs {

// The conditions of "PatientName=DOE*/StudyDate=20040101-". not_found for an unknown keyword, and for
// what is no condition.
struct PathCondition {
  Tag tag;
  std::string_view value;  // of the path
};
Result<std::vector<PathCondition>> conditions_of(std::string_view path);

// The level is that of the deepest attribute named. Errors: those of conditions_of(),
// invalid_argument for a value that its attribute cannot have.
Result<Query> parse_query_path(std::string_view path);

class FindFolders {
 public:
  static constexpr std::size_t kFoldersMax = 20'000;   // older ones are forgotten: ESTALE
  static constexpr std::size_t kAnswersMax = 16;       // kept for the next part of a listing
  static constexpr std::size_t kLinksMax = 1'000'000;  // of one answer, and of all that are kept
  // While something arrives, the query is asked again after that.
  static constexpr std::chrono::milliseconds kFresh{500};

  explicit FindFolders(std::size_t links_max = kLinksMax) : links_max_(links_max) {}

  std::uint64_t intern(const std::string& path);
  Result<std::string> path(std::uint64_t number) const;

  // `last_change`: when the store changed last, as far as the tree knows.
  struct Moment {
    Time now, last_change;
  };
  // Links to what matches now, or did within kFresh, in order of arrival. too_large: more than
  // kLinksMax.
  using Answer = std::shared_ptr<const std::vector<Link>>;  // shared with listings under way
  Result<Answer> answer(std::uint64_t number, const Store&, Moment);
  // The last change that answer() knows of, now. The kernel keeps a listing for as long as this
  // stays.
  Time changed(std::uint64_t number, const Store&, Moment) const;

 private:
  struct Kept {
    std::uint64_t number;
    std::int64_t seq;
    Moment at;
    Answer answer;
    bool serves(std::int64_t seq_now, Time now) const;
  };
  // mutex_ is held in these.
  const Kept* kept(std::uint64_t number) const;
  void keep(Kept);

  const std::size_t links_max_;
  mutable std::mutex mutex_;
  std::map<std::uint64_t, std::string> paths_;  // guarded by mutex_
  std::deque<std::uint64_t> by_age_;            // guarded by mutex_
  std::deque<Kept> answers_;                    // guarded by mutex_
};

}  // namespace dcmfs::fs
