#pragma once
// The folders of find/: each is a query given as a path. A folder has a number,
// made of a hash of its path, so that it keeps its inode across remounts.
// Thread safe; bounded.
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

namespace dcmfs::fs {

// The conditions of "PatientName=DOE*/StudyDate=20040101-". The level is that of
// the deepest attribute named. not_found for an unknown keyword,
// invalid_argument for a value that its attribute cannot have.
Result<Query> parse_query_path(std::string_view path);

class FindFolders {
 public:
  static constexpr std::size_t kFoldersMax = 20'000;  // older ones are forgotten: ESTALE
  static constexpr std::size_t kAnswersMax = 16;      // kept for the next part of a listing
  static constexpr std::size_t kNameBytesMax = 255;   // of a link, as the kernel allows

  std::uint64_t intern(const std::string& path);
  Result<std::string> path(std::uint64_t number) const;

  // Links to what matches now, in order of arrival; kept until the store changes.
  using Answer = std::shared_ptr<const std::vector<Link>>;  // shared with listings under way
  Result<Answer> answer(std::uint64_t number, const Store&);

  std::vector<std::uint64_t> numbers() const;

 private:
  struct Kept {
    std::uint64_t number;
    std::int64_t seq;
    Answer answer;
  };
  mutable std::mutex mutex_;
  std::map<std::uint64_t, std::string> paths_;  // guarded by mutex_
  std::deque<std::uint64_t> by_age_;            // guarded by mutex_
  std::deque<Kept> answers_;                    // guarded by mutex_
};

}  // namespace dcmfs::fs
