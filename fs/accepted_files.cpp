#include "fs/accepted_files.h"

#include <cstdio>
#include <fstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/hash.h"

namespace dcmfs::fs {

// On disk: an array of these, native byte order; a later one replaces an earlier one.
struct AcceptedFiles::Record {
  std::uint64_t path_hash;
  std::int64_t size, mtime_ns, row, at_ms;
};

namespace {

constexpr std::int64_t kForgotten = -1;  // as size

}  // namespace

AcceptedFiles::AcceptedFiles(std::filesystem::path file, Time now) : file_(std::move(file)) {
  std::ifstream in(file_, std::ios::binary);
  Record r{};
  while (in.read(reinterpret_cast<char*>(&r), sizeof r)) {
    if (r.size == kForgotten) {
      files_.erase(r.path_hash);
    } else if (from_ms(r.at_ms) + kKept > now && files_.size() < kFilesMax) {
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
    written = static_cast<bool>(out.flush());
  }
  // On a full disk the old one stays as it is.
  written ? ::rename(fresh.c_str(), file_.c_str()) : ::unlink(fresh.c_str());
  fd_ = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

void AcceptedFiles::append(const Record& r) {
  // Losing a record costs a file being sent again, no more. Half of one would garble all others.
  struct stat before {};
  if (fd_ < 0 || ::fstat(fd_, &before) != 0) return;
  if (::write(fd_, &r, sizeof r) != sizeof r) (void)!::ftruncate(fd_, before.st_size);
}

void AcceptedFiles::add(std::string_view path, const AcceptedFile& f) {
  const std::scoped_lock lock(mutex_);
  if (files_.size() >= kFilesMax) files_.erase(files_.begin());
  files_[stable_hash(path)] = f;
  append({stable_hash(path), f.size, f.mtime_ns, f.row, to_ms(f.at)});
}

std::optional<AcceptedFile> AcceptedFiles::find(std::string_view path, Time now) const {
  const std::scoped_lock lock(mutex_);
  const auto found = files_.find(stable_hash(path));
  if (found == files_.end() || found->second.at + kKept <= now) return std::nullopt;
  return found->second;
}

void AcceptedFiles::forget(std::string_view path) {
  const std::scoped_lock lock(mutex_);
  if (files_.erase(stable_hash(path)) != 0) append({stable_hash(path), kForgotten, 0, 0, 0});
}

}  // namespace dcmfs::fs
