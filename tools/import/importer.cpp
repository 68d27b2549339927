#include "tools/import/importer.h"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "store/archive_import.h"
#include "store/companion.h"

namespace dcmfs::import {
namespace {

constexpr std::size_t kQueued = 256;
constexpr std::string_view kNested = "an archive within an archive";
constexpr std::string_view kCompanion = "companion of images, not one itself";

// Closes; the file is read only, so nothing can be lost.
class ReadFd {
 public:
  explicit ReadFd(int fd) : fd_(fd) {}
  ReadFd(const ReadFd&) = delete;
  ReadFd& operator=(const ReadFd&) = delete;
  ~ReadFd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

// After these no other file can be stored either.
bool is_fatal(Errc code) {
  return code == Errc::no_space || code == Errc::over_quota;
}

std::string_view last_part(std::string_view path) {
  const auto slash = path.find_last_of("/\\");  // names in ZIP files have been seen with both
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace

Importer::Importer(Store& store, Tally& tally, tools::Progress& progress,
                   const ImporterOptions& options)
    : store_(store),
      tally_(tally),
      progress_(progress),
      options_(options),
      reading_(options.readers),
      queue_(kQueued) {
  for (int i = 0; i < options.in_flight; ++i) workers_.emplace_back([this] { work(); });
}

Importer::~Importer() {
  stop();
}

bool Importer::import(const Found& found) {
  return queue_.push(found);
}

void Importer::note_unreadable(const std::filesystem::path& path, const Error& error) {
  refuse(error, path.string());
}

Result<> Importer::finish() {
  queue_.end();
  workers_.clear();  // joins
  const std::lock_guard lock(mutex_);
  if (fatal_) return *fatal_;
  return {};
}

void Importer::stop() {
  stopping_ = true;
  queue_.close();
}

void Importer::work() {
  while (auto item = queue_.pop()) {
    if (auto* found = std::get_if<Found>(&*item)) {
      import_file(*found);
    } else {
      auto& member = std::get<Member>(*item);
      add(member.file, member.name, member.bytes);
    }
    queue_.finished();
  }
}

void Importer::note(const Tally::Case& c) {
  tally_.add(c);
  progress_.advance({c.count, 0});
  if (!options_.list_each) return;
  std::string line = std::string(word(c.outcome)) + ": " + std::string(c.name);
  if (!c.detail.empty()) line += ": " + std::string(c.detail);
  progress_.say(line);
}

void Importer::refuse(const Error& error, const std::string& name) {
  if (is_fatal(error.code)) {
    {
      const std::lock_guard lock(mutex_);
      if (!fatal_) fatal_ = error;
    }
    stop();
  }
  note({.outcome = Outcome::refused,
        .reason = reason_of(error.code),
        .name = name,
        .detail = error.message});
}

void Importer::import_file(const Found& found) {
  const std::string name = found.path.string();
  const ReadFd file(::open(found.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (file.get() < 0) {
    refuse(system_error(errno, "opening the file"), name);
  } else if (auto done = import_open_file(file.get(), found); !done) {
    refuse(done.error(), name);
  }
  progress_.advance({0, found.bytes});
}

Result<> Importer::import_open_file(int fd, const Found& found) {
  const std::string name = found.path.string();
  std::optional<SpoolFile> spooled;
  {
    reading_.acquire();
    struct Release {
      std::counting_semaphore<>& semaphore;
      ~Release() { semaphore.release(); }
    } const release{reading_};

    std::array<std::byte, kCompanionHeadBytes> head;
    const ssize_t got = ::pread(fd, head.data(), head.size(), 0);
    if (got < 0) return system_error(errno, "reading the file");
    if (is_companion(last_part(name), std::span(head).first(static_cast<std::size_t>(got)))) {
      note({.outcome = Outcome::ignored, .reason = kCompanion, .name = name});
      return {};
    }
    DCMFS_TRY(const bool archive, is_archive(fd));
    if (!archive) {
      // Only a hint, so its failure is of no interest.
      (void)::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
      DCMFS_TRY(spooled, store_.spool());
      DCMFS_CHECK(spooled->copy_from(fd));
    }
  }
  if (spooled)
    add(*spooled, name, found.bytes);
  else
    unpack_archive(fd, found);
  return {};
}

void Importer::add(SpoolFile& file, const std::string& name, std::int64_t bytes) {
  const auto added = store_.add(file, {.way = Origin::Way::import});
  if (!added)
    refuse(added.error(), name);
  else
    note({.outcome = added->existed ? Outcome::existed : Outcome::stored,
          .name = name,
          .bytes = bytes});
}

void Importer::unpack_archive(int fd, const Found& archive) {
  const auto name_of = [&](std::string_view member) {
    return archive.path.string() + ": " + std::string(member);
  };
  const ArchiveImport how{
      .spool = [&] { return store_.spool(); },
      .take = [&](std::string_view member, SpoolFile file) -> Result<> {
        DCMFS_TRY(const auto bytes, file.size());
        take_member({std::move(file), name_of(member), bytes});
        return {};
      },
      .ignore =
          [&](std::string_view member) {
            note({.outcome = Outcome::ignored, .reason = kCompanion, .name = name_of(member)});
          },
      .refuse = [&](std::string_view member, SpoolFile, const Error& error) -> Result<> {
        if (error.code == Errc::not_supported)
          note({.outcome = Outcome::refused, .reason = kNested, .name = name_of(member)});
        else
          refuse(error, name_of(member));
        return {};
      },
      .stopped = [&] { return stopping_.load(); }};
  const auto summary = import_archive(fd, how);
  if (!summary) {
    if (summary.error().code != Errc::cancelled) refuse(summary.error(), archive.path.string());
    return;
  }
  for (const ArchiveSummary::Skips& skips : summary->skipped) {
    // A link adds nothing: what it points to is another member. Anything else is missed.
    const bool harmless = skips.why == Skipped::link || skips.why == Skipped::device;
    note({.outcome = harmless ? Outcome::ignored : Outcome::refused,
          .reason = text(skips.why),
          .name = archive.path.string() + ": " + skips.example,
          .count = skips.count});
  }
}

void Importer::take_member(Member member) {
  Work item = std::move(member);
  if (queue_.try_push(item)) return;
  auto& here = std::get<Member>(item);
  add(here.file, here.name, here.bytes);
}

}  // namespace dcmfs::import
