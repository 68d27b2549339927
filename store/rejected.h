#pragma once
// STORE/rejected: what could not be imported, with the reason, for 30 days.
// Each `<name>` has a `<name>.reason.txt` beside it. Thread safe.
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "store/blob.h"
#include "store/spool.h"
#include "store/time.h"

namespace dcmfs {

class Rejected {
 public:
  static constexpr std::chrono::days kKept{30};

  explicit Rejected(std::filesystem::path folder) : folder_(std::move(folder)) {}

  struct Item {
    std::uint64_t inode;  // of the file on disk: stable for as long as it is there
    std::string name;
    std::int64_t size;
    Time at;
  };
  // Moves the file here under `name` (or `name~2` ... if that is taken), durably. Returns the name.
  // On error the file is as it was.
  Result<std::string> put(SpoolFile&&, std::string_view name, const Error& reason, Time at);
  Result<std::vector<Item>> list() const;  // both the files and their reasons, by name
  // The same by inode, kept until the folder changes: who lists ten thousand asks in many parts.
  using Listing = std::shared_ptr<const std::vector<Item>>;  // shared with listings under way
  Result<Listing> by_inode() const;
  // When something came or went last. What does so within one tick of the kernel's clock has one time.
  Result<timespec> changed() const;
  Result<Item> find(std::string_view name) const;
  Result<Blob> open(std::string_view name) const;
  Result<> remove(
      std::string_view name);  // and its reason; removing what is not there is not an error
  Result<> expire(Time now);   // removes what is older than kKept

 private:
  std::filesystem::path folder_;
  mutable std::mutex mutex_;
  mutable Listing listing_;  // guarded by mutex_; nullptr: none is kept
  mutable std::int64_t listed_ns_ =
      0;  // when the folder had changed last, as listing_ has it; guarded by mutex_
};

}  // namespace dcmfs
