#pragma once
// STORE/rejected: what could not be imported, with the reason, for 30 days.
// Each `<name>` has a `<name>.reason.txt` beside it.
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "store/blob.h"
#include "store/spool.h"
#include "store/time.h"

namespace dcmfs {

// Whether the file itself is the reason why it was not stored, so that trying again is in vain.
bool is_about_the_file(Errc);

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
  Result<Item> find(std::string_view name) const;
  Result<Blob> open(std::string_view name) const;
  Result<> remove(std::string_view name);  // and its reason; removing what is not there is not an error
  Result<> expire(Time now);               // removes what is older than kKept

 private:
  std::filesystem::path folder_;
};

}  // namespace dcmfs
