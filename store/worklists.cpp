#include "store/worklists.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <set>

#include <sys/stat.h>

#include "store/dicom/byte_source.h"
#include "store/dicom/json_reader.h"
#include "store/dicom/reader.h"
#include "store/time.h"

namespace dcmfs {
namespace {

constexpr std::string_view kDicomSuffix = ".wl", kJsonSuffix = ".json";

Result<Dataset> read_dicom_item(std::string_view bytes) {
  const auto source = memory_source(bytes);
  DCMFS_TRY(auto file, read_dicom(*source));
  if (file.truncated) return Error{Errc::corrupt, "the file ends inside an element"};
  return std::move(file.dataset);
}

Result<std::string> read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes(static_cast<std::size_t>(kWorklistItemBytesMax) + 1, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (file.bad() || !file.eof()) {
    if (file.gcount() > kWorklistItemBytesMax)
      return Error{Errc::too_large, "a worklist item of more than 1 MiB"};
    return Error{Errc::io, "cannot be read"};
  }
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

}  // namespace

bool is_worklist_name(std::string_view name) {
  return !name.empty() && name.front() != '.' &&
         (name.ends_with(kDicomSuffix) || name.ends_with(kJsonSuffix));
}

Result<Dataset> read_worklist_item(std::string_view name, std::string_view bytes) {
  if (!is_worklist_name(name))
    return Error{Errc::invalid_argument, "a worklist item is a .wl or a .json"};
  if (static_cast<std::int64_t>(bytes.size()) > kWorklistItemBytesMax)
    return Error{Errc::too_large, "a worklist item of more than 1 MiB"};
  DCMFS_TRY(auto item,
            name.ends_with(kJsonSuffix) ? read_json_dataset(bytes) : read_dicom_item(bytes));
  // PS3.4 K.6.1.2: each worklist item is of one scheduled procedure step.
  if (item.item(tags::ScheduledProcedureStepSequence) == nullptr)
    return Error{Errc::invalid_argument, "there is no ScheduledProcedureStepSequence"};
  return item;
}

Result<Worklists::Stamp> Worklists::stamp_of(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return system_error(errno, "a worklist item");
  if (!S_ISREG(status.st_mode)) return Error{Errc::invalid_argument, "no regular file"};
  return Stamp{status.st_ino, status.st_size, to_ns(status.st_mtim), to_ns(status.st_ctim)};
}

Worklists::Item Worklists::read(const std::string& name, const Stamp& stamp,
                                const std::function<void(std::string_view)>& log) const {
  const auto item = [&]() -> Result<Dataset> {
    DCMFS_TRY(const std::string bytes, read_file(folder_ / name));
    return read_worklist_item(name, bytes);
  }();
  if (item) return std::make_shared<const Dataset>(*item);
  // Not by its name, which others chose and which may be the patient's: find -inum tells it.
  log("worklists: the file of inode " + std::to_string(stamp.inode) +
      " is no worklist item: " + item.error().message);
  return nullptr;
}

Result<std::vector<Worklists::Item>> Worklists::items(
    const std::function<void(std::string_view)>& log) {
  std::error_code failed;
  std::set<std::string> names;
  std::filesystem::directory_iterator folder(folder_, failed);
  if (failed == std::errc::no_such_file_or_directory) return std::vector<Item>();
  for (; !failed && folder != std::filesystem::directory_iterator(); folder.increment(failed))
    if (auto name = folder->path().filename().string(); is_worklist_name(name))
      names.insert(std::move(name));
  if (failed) return system_error(failed.value(), "the folder of worklists");

  const std::lock_guard lock(mutex_);
  const bool too_many = names.size() > kWorklistItemsMax;
  if (too_many && !told_too_many_)
    log("worklists has more than " + std::to_string(kWorklistItemsMax) +
        " files; the rest is not answered");
  told_too_many_ = too_many;
  while (names.size() > kWorklistItemsMax) names.erase(std::prev(names.end()));

  std::erase_if(known_, [&](const auto& known) { return !names.contains(known.first); });
  std::vector<Item> items;
  for (const std::string& name : names) {
    const auto stamp = stamp_of(folder_ / name);
    if (!stamp) continue;  // gone meanwhile
    const auto known = known_.find(name);
    if (known == known_.end() || known->second.stamp != *stamp)
      known_.insert_or_assign(name, Known{*stamp, read(name, *stamp, log)});
    if (const Item& item = known_.at(name).item) items.push_back(item);
  }
  return items;
}

}  // namespace dcmfs
