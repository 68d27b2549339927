#pragma once
// The items of the modality worklist (PS3.4 K): files that somebody put into STORE/worklists, each
// one scheduled procedure. `.wl` is a DICOM data set as wlmscpfs of DCMTK takes it, `.json` is JSON
// (store/dicom/json_reader.h).
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "store/dicom/dataset.h"
#include "store/result.h"

namespace dcmfs {

inline constexpr std::int64_t kWorklistItemBytesMax = 1 << 20;
inline constexpr std::size_t kWorklistItemsMax = 10'000;

// Whether a file of this name would be read: it ends in .wl or .json and is not hidden.
bool is_worklist_name(std::string_view file_name);

// Errors: invalid_argument (not such a name; JSON that is none, or not of a data set; no
// ScheduledProcedureStepSequence with an item), too_large, those of read_dicom. No values in
// messages.
Result<Dataset> read_worklist_item(std::string_view file_name, std::string_view bytes);

// What stands in the folder, read again when a file has changed. Any thread.
class Worklists {
 public:
  explicit Worklists(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Shared by this cache and whoever is answering a query meanwhile.
  using Item = std::shared_ptr<const Dataset>;
  // By file name. A file that is no item is left out, and told to `log` once, by its name. So is
  // that there are more than kWorklistItemsMax. No folder: no items.
  Result<std::vector<Item>> items(const std::function<void(std::string_view)>& log);

 private:
  struct Stamp {  // a file that is another has another one
    std::uint64_t inode = 0;
    std::int64_t size = 0, modified_ns = 0, changed_ns = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  struct Known {
    Stamp stamp;
    Item item;  // nullptr: it is none
  };
  static Result<Stamp> stamp_of(const std::filesystem::path&);
  Item read(const std::string& name, const Stamp&,
            const std::function<void(std::string_view)>& log) const;

  const std::filesystem::path folder_;
  std::mutex mutex_;
  std::map<std::string, Known, std::less<>> known_;  // guarded by mutex_; by file name
  bool told_too_many_ = false;                       // guarded by mutex_
};

}  // namespace dcmfs
