#pragma once
// STORE/worklists: the files of the modality worklist, by name. What stands there is another
// program's, too: it may change at any time. worklists.h is how they are asked. Thread safe.
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "store/blob.h"
#include "store/spool.h"
#include "store/time.h"
#include "store/worklists.h"

namespace dcmfs {

class WorklistFolder {
 public:
  explicit WorklistFolder(std::filesystem::path folder, std::size_t files_max = kWorklistItemsMax)
      : folder_(std::move(folder)), files_max_(files_max) {}

  struct File {
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t modified_ns = 0;
    friend bool operator==(const File&, const File&) = default;
  };
  // not_found: no such file, or no regular one.
  Result<File> find(std::string_view name) const;
  Result<std::vector<std::string>> names() const;  // in no order; no folder: none
  Result<std::int64_t> changed() const;            // when names came or went last, in ns
  Result<Blob> open(std::string_view name) const;

  // An item, checked (read_worklist_item), in the place of what has that name. It is durable, and
  // answered by the next query. no_space: there would be too many files. While the
  // file is in the spool after an error, all is as it was.
  Result<File> put(SpoolFile&, std::string_view name, Time modified);
  // What it becomes an item by is checked; any other name hides it from queries. Durable.
  Result<> rename(std::string_view name, std::string_view new_name);
  Result<> remove(std::string_view name);  // removing what is not there is not an error
  Result<> set_modified(std::string_view name, Time);

 private:
  Result<> check_room(std::string_view name) const;

  const std::filesystem::path folder_;
  const std::size_t files_max_;
};

}  // namespace dcmfs
