#include "store/rejected.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>

#include "store/detail/fd.h"
#include "store/detail/file_ops.h"
#include "store/entry_names.h"

namespace dcmfs {
namespace {

namespace file_ops = detail::file_ops;

constexpr std::string_view kReasonSuffix = ".reason.txt";
constexpr int kNamesakesMax = 100'000;
constexpr std::chrono::seconds kSettled{1};

bool is_plain(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == name.npos &&
         name.find('\0') == name.npos;
}

bool is_taken(const std::filesystem::path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

Time modified(const struct stat& status) {
  return to_time(status.st_mtim);
}

Result<struct stat> status_of(const std::filesystem::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return system_error(errno, "a rejected file");
  if (!S_ISREG(status.st_mode)) return Error{Errc::not_found, "a rejected file: not a file"};
  return status;
}

struct Claim {
  std::filesystem::path file;
  std::filesystem::path reason;
  detail::Fd reason_fd;
};

// A name that is free here, with its reason begun: that claims it for this process.
Result<Claim> claim(const std::filesystem::path& folder, const std::string& name) {
  for (int n = 1; n <= kNamesakesMax; ++n) {
    const auto candidate = n == 1 ? name : name + "~" + std::to_string(n);
    const auto file = folder / candidate;
    const auto reason = folder / (candidate + std::string(kReasonSuffix));
    if (is_taken(file)) continue;
    auto fd = file_ops::create(reason, "writing the reason of a rejection");
    if (fd) return Claim{file, reason, *std::move(fd)};
    if (fd.error().code != Errc::already_exists) return std::move(fd).error();
  }
  return Error{Errc::too_large, "too many rejected files of one name"};
}

Result<> fill(const Claim& place, SpoolFile& file, const Error& reason, Time at) {
  const std::string text = reason.message + "\n";
  DCMFS_CHECK(file_ops::write_all(place.reason_fd.get(), std::as_bytes(std::span(text)),
                                  "writing the reason of a rejection"));
  DCMFS_CHECK(file_ops::set_modified(place.reason_fd.get(), at));
  DCMFS_CHECK(file_ops::sync_data(place.reason_fd.get(), "syncing the reason of a rejection"));
  DCMFS_CHECK(file_ops::set_modified(file.fd(), at));
  DCMFS_CHECK(file_ops::sync_data(file.fd(), "syncing a rejected file"));
  return file_ops::rename(file.path(), place.file, "moving a file to rejected/");
}

}  // namespace

Result<std::string> Rejected::put(SpoolFile&& file, std::string_view name, const Error& reason,
                                  Time at) {
  auto safe = safe_name(name);
  if (safe.empty()) safe = "unnamed";
  DCMFS_TRY(const auto place, claim(folder_, safe));
  if (auto filled = fill(place, file, reason, at); !filled) {
    (void)file_ops::unlink(place.reason, "dropping the reason of a rejection");
    return std::move(filled).error();
  }
  if (auto synced = file_ops::sync_folder(folder_); !synced) {
    // It goes back to whoever brought it.
    (void)file_ops::rename(place.file, file.path(), "taking a file back from rejected/");
    (void)file_ops::unlink(place.reason, "dropping the reason of a rejection");
    return std::move(synced).error();
  }
  file.release_name();
  return place.file.filename().string();
}

Result<std::vector<Rejected::Item>> Rejected::list() const {
  std::error_code error;
  std::filesystem::directory_iterator entries(folder_, error);
  if (error) return system_error(error.value(), "listing rejected/");
  std::vector<Item> items;
  while (entries != std::filesystem::directory_iterator()) {
    // One that is not there any more was removed meanwhile.
    if (auto item = find(entries->path().filename().string())) items.push_back(*std::move(item));
    entries.increment(error);
    if (error) return system_error(error.value(), "listing rejected/");
  }
  std::sort(items.begin(), items.end(),
            [](const Item& a, const Item& b) { return a.name < b.name; });
  return items;
}

Result<Rejected::Listing> Rejected::by_inode() const {
  const std::scoped_lock lock(mutex_);
  DCMFS_TRY(const auto last, changed());
  if (listing_ && listed_ns_ == to_ns(last)) return listing_;

  DCMFS_TRY(auto items, list());
  std::sort(items.begin(), items.end(),
            [](const Item& a, const Item& b) { return a.inode < b.inode; });
  auto fresh = std::make_shared<const std::vector<Item>>(std::move(items));
  // A folder that changed just now may change again and not show it.
  const bool settled = to_time(last) + kSettled < now();
  listing_ = settled ? fresh : nullptr;
  listed_ns_ = to_ns(last);
  return fresh;
}

Result<timespec> Rejected::changed() const {
  struct stat status {};
  if (::stat(folder_.c_str(), &status) != 0) return system_error(errno, "looking at rejected/");
  return status.st_mtim;
}

Result<Rejected::Item> Rejected::find(std::string_view name) const {
  if (!is_plain(name)) return Error{Errc::not_found, "a rejected file: no such name"};
  DCMFS_TRY(const auto status, status_of(folder_ / name));
  return Item{status.st_ino, std::string(name), std::int64_t{status.st_size}, modified(status)};
}

Result<Blob> Rejected::open(std::string_view name) const {
  DCMFS_CHECK(find(name));
  return Blob::open(folder_ / name, "opening a rejected file");
}

Result<> Rejected::remove(std::string_view name) {
  if (!is_plain(name)) return {};
  DCMFS_CHECK(file_ops::unlink(folder_ / name, "removing a rejected file"));
  if (name.ends_with(kReasonSuffix)) return {};
  return file_ops::unlink(folder_ / (std::string(name) + std::string(kReasonSuffix)),
                          "removing the reason of a rejection");
}

Result<> Rejected::expire(Time now) {
  DCMFS_TRY(const auto items, list());
  for (const Item& item : items) {
    if (item.at + kKept < now) DCMFS_CHECK(remove(item.name));
  }
  return {};
}

}  // namespace dcmfs
