#include "fs/accepted_files.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/stable_hash.h"

namespace dcmfs::fs {

// On disk: an array of these, native byte order; a later one replaces an earlier one.
struct AcceptedFiles::Record {
  std::uint64_t path_hash;
  std::int64_t size, mtime_ns, row, at_ms;
};

namespace {

constexpr std::size_t kRecordsWorthIt = 1000;  // a shorter file is not written anew
constexpr std::size_t kForgetPart =
    10;  // one in so many at once: looking for the oldest is rare then

// As size.
constexpr std::int64_t kForgotten = -1;
constexpr std::int64_t kFolder = -2;  // mtime_ns: when it was removed, in ms

// A folder is noted again only if it was not for so long, and so is kept longer than its files.
constexpr std::chrono::hours kNotedAgain{24};
constexpr auto kFolderKept = AcceptedFiles::kKept + kNotedAgain;

// Calls `see` with the path of each folder above.
template <typename See>
void for_each_above(std::string_view path, const See& see) {
  for (auto at = path.find('/'); at != path.npos; at = path.find('/', at + 1)) {
    see(path.substr(0, at));
  }
}

}  // namespace

AcceptedFiles::Record AcceptedFiles::record_of(std::uint64_t path_hash, const Folder& folder) {
  return {path_hash, kFolder, to_ms(folder.removed), 0, to_ms(folder.used)};
}

AcceptedFiles::AcceptedFiles(std::filesystem::path file, Time now, std::size_t files_max)
    : file_(std::move(file)), files_max_(files_max) {
  std::ifstream in(file_, std::ios::binary);
  Record r{};
  while (in.read(reinterpret_cast<char*>(&r), sizeof r)) {
    ++records_;
    if (r.size == kFolder) {
      if (from_ms(r.at_ms) + kFolderKept > now && folders_.size() < files_max_) {
        folders_[r.path_hash] = {from_ms(r.at_ms), from_ms(r.mtime_ns)};
      }
    } else if (r.size == kForgotten) {
      files_.erase(r.path_hash);
    } else if (from_ms(r.at_ms) + kKept > now) {
      make_room(now);
      files_[r.path_hash] = {r.size, r.mtime_ns, r.row, from_ms(r.at_ms)};
    }
  }
  rewrite();
}

AcceptedFiles::~AcceptedFiles() {
  if (fd_ >= 0) ::close(fd_);
}

void AcceptedFiles::rewrite() {
  auto fresh = file_;
  fresh += ".new";
  bool written = false;
  {
    std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
    for (const auto& [path_hash, f] : files_) {
      const Record r{path_hash, f.size, f.mtime_ns, f.row, to_ms(f.at)};
      out.write(reinterpret_cast<const char*>(&r), sizeof r);
    }
    for (const auto& [path_hash, folder] : folders_) {
      const auto r = record_of(path_hash, folder);
      out.write(reinterpret_cast<const char*>(&r), sizeof r);
    }
    written = static_cast<bool>(out.flush());
  }
  // On a full disk the old one stays as it is.
  const bool replaced = written && ::rename(fresh.c_str(), file_.c_str()) == 0;
  if (replaced) {
    records_ = files_.size() + folders_.size();
  } else {
    ::unlink(fresh.c_str());
  }
  rewrite_at_ = 2 * std::max(records_, kRecordsWorthIt);
  if (fd_ >= 0) ::close(fd_);
  fd_ = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

// The expired, else the oldest.
void AcceptedFiles::make_room(Time now) {
  if (files_.size() < files_max_) return;
  std::erase_if(files_, [&](const auto& one) { return one.second.at + kKept <= now; });
  if (files_.size() < files_max_) return;
  std::vector<Time> times;
  for (const auto& [path_hash, f] : files_) times.push_back(f.at);
  const auto last_to_go =
      times.begin() + static_cast<std::ptrdiff_t>((times.size() - 1) / kForgetPart);
  std::ranges::nth_element(times, last_to_go);
  std::erase_if(files_, [&](const auto& one) { return one.second.at <= *last_to_go; });
}

void AcceptedFiles::append(const Record& r) {
  // Losing a record costs a file being sent again, no more. Half of one would garble all others.
  struct stat before {};
  if (fd_ < 0 || ::fstat(fd_, &before) != 0) return;
  if (::write(fd_, &r, sizeof r) != sizeof r) {
    (void)!::ftruncate(fd_, before.st_size);
  } else if (++records_ >= rewrite_at_) {
    rewrite();
  }
}

void AcceptedFiles::add(std::string_view path, AcceptedFile f) {
  const std::scoped_lock lock(mutex_);
  for_each_above(path, [&](std::string_view above) {
    const auto known = folders_.find(stable_hash(above));
    // It came after the removal, though a clock may not tell.
    if (known != folders_.end()) f.at = std::max(f.at, known->second.removed + Time::duration{1});
  });
  for_each_above(path, [&](std::string_view above) {
    const auto hash = stable_hash(above);
    const auto known = folders_.find(hash);
    const auto folder = known == folders_.end() ? Folder{} : known->second;
    if (folder.used + kNotedAgain <= f.at || folder.used <= folder.removed) {
      note_folder(hash, {f.at, folder.removed});
    }
  });
  make_room(f.at);
  files_[stable_hash(path)] = f;
  append({stable_hash(path), f.size, f.mtime_ns, f.row, to_ms(f.at)});
}

std::optional<AcceptedFile> AcceptedFiles::find(std::string_view path, Time now) const {
  const std::scoped_lock lock(mutex_);
  const auto found = files_.find(stable_hash(path));
  if (found == files_.end() || found->second.at + kKept <= now) return std::nullopt;
  bool is_removed = false;
  for_each_above(path, [&](std::string_view above) {
    const auto folder = folders_.find(stable_hash(above));
    if (folder != folders_.end()) is_removed |= found->second.at <= folder->second.removed;
  });
  if (is_removed) return std::nullopt;
  return found->second;
}

bool AcceptedFiles::has_folder(std::string_view path, Time now) const {
  const std::scoped_lock lock(mutex_);
  const auto found = folders_.find(stable_hash(path));
  return found != folders_.end() && found->second.used + kFolderKept > now &&
         found->second.used > found->second.removed;
}

void AcceptedFiles::forget_folder(std::string_view path, Time now) {
  const std::scoped_lock lock(mutex_);
  const auto known = folders_.find(stable_hash(path));
  if (known != folders_.end()) note_folder(known->first, {known->second.used, now});
}

void AcceptedFiles::note_folder(std::uint64_t path_hash, const Folder& folder) {
  if (folders_.size() >= files_max_) folders_.erase(folders_.begin());
  folders_[path_hash] = folder;
  append(record_of(path_hash, folder));
}

void AcceptedFiles::forget(std::string_view path) {
  const std::scoped_lock lock(mutex_);
  if (files_.erase(stable_hash(path)) != 0) append({stable_hash(path), kForgotten, 0, 0, 0});
}

}  // namespace dcmfs::fs
