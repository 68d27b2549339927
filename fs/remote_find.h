#pragma once
// modalities/NAME/find/: a query given as a path, answered by that node (C-FIND). Nobody is asked
// before somebody lists such a folder, or looks for a name in it. Thread safe; bounded.
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "fs/find_folders.h"
#include "fs/options.h"
#include "fs/peers.h"
#include "store/time.h"

namespace dcmfs::fs {

// The keys of "PatientName=DOE*/StudyDate=2024-". not_found for what is no keyword or condition.
Result<Peers::Keys> parse_remote_path(std::string_view path);

class RemoteFind {
 public:
  static constexpr std::size_t kAnswersMax = 64;
  static constexpr std::chrono::seconds kFresh{10};  // then the peer is asked again

  explicit RemoteFind(const Options& options) : options_(options) {}

  // Folders, by the name of the destination and the conditions: "PACS/PatientName=DOE*".
  FindFolders& folders() { return folders_; }

  struct Study {
    std::uint64_t number;  // of the folder and the study: the same on every mount
    std::string name;      // NAME.json
    std::string json;
    Time at;
  };
  using Answer = std::shared_ptr<const std::vector<Study>>;  // shared with listings under way
  // Blocks while the peer is asked.
  Result<Answer> answer(std::uint64_t folder, Time now);
  // Of an answer that is remembered; not_found. Does not block.
  Result<Study> study(std::uint64_t number) const;

 private:
  struct Kept {
    std::uint64_t folder;
    Time at;
    Answer answer;
  };
  const Options& options_;
  FindFolders folders_;
  mutable std::mutex mutex_;
  std::deque<Kept> answers_;  // guarded by mutex_; the newest last
};

}  // namespace dcmfs::fs
