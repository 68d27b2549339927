#pragma once
// -o delete: rm below patients/ removes from the store, by way of the trash.
//
// Removing 0001.dcm removes the instance, and with it all that was generated
// from it; a folder goes with its last instance. Programs that remove a tree do
// not expect that: rm -r goes on to remove the 0001.json that it has listed.
// So what went by itself can still be looked up and removed for a minute.
// Removing a generated file alone does nothing: it is there as long as its instance.
//
// Thread safe. unlink() and remove_folder() block for a commit.
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "fs/tree.h"

namespace dcmfs::fs {

class Removal {
 public:
  static constexpr std::chrono::seconds kRemembered{60};
  static constexpr std::size_t kRememberedMax = 200'000;

  explicit Removal(Tree& tree) : tree_(tree) {}

  Result<> unlink(const Node& folder, std::string_view name, Time now);
  Result<> remove_folder(const Node& folder, std::string_view name);

  // What is gone but may still be asked for. A folder of frames that went is empty, but each frame
  // that it had can be found.
  bool is_gone(const Node&, Time now) const;
  std::optional<Found> find(const Node& folder, std::string_view name, Time now) const;
  std::optional<Found> find(const Node&, Time now) const;

 private:
  using Name = std::pair<Ino, std::string>;  // folder, and what stood in it
  struct Remembered {
    Found what;
    Time until;
    std::uint32_t frames = 0;  // that stood in it
    struct stat frame {};      // of each, but for its number
  };

  Result<> remove_instance(const Node& folder, const Found&, Time now);
  void remember(const Node& folder, std::string_view name, const Remembered&, Time now);
  bool forget(const Node& folder, std::string_view name);
  // mutex_ is held in these.
  const Remembered* remembered(const Node&, Time now) const;
  std::optional<Found> frame(const Node& frames, std::uint32_t number, Time now) const;

  Tree& tree_;
  mutable std::mutex mutex_;
  std::map<Name, Remembered> gone_;  // guarded by mutex_
  std::map<Ino, Name> by_ino_;       // guarded by mutex_
};

}  // namespace dcmfs::fs
