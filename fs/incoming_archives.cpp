#include "fs/incoming_archives.h"

#include <utility>

#include "store/archive_import.h"
#include "store/guarded.h"
#include "store/rejected.h"

namespace dcmfs::fs {

IncomingArchives::IncomingArchives(Store& store, IncomingReport& report)
    : store_(store), report_(report), thread_([this](std::stop_token stop) { run(stop); }) {}

IncomingArchives::~IncomingArchives() {
  thread_.request_stop();
  thread_.join();
  for (auto& archive : archives_) archive.file.leave();
}

void IncomingArchives::add(SpoolFile file, std::string path, uid_t uid) {
  file.rest();
  {
    const std::scoped_lock lock(mutex_);
    archives_.push_back({std::move(file), std::move(path), uid});
  }
  wanted_.notify_one();
}

void IncomingArchives::run(std::stop_token stop) {
  for (;;) {
    std::unique_lock lock(mutex_);
    wanted_.wait(lock, stop, [this] { return !archives_.empty(); });
    if (stop.stop_requested()) return;
    auto archive = std::move(archives_.front());
    archives_.pop_front();
    lock.unlock();
    // Without memory for its report, it is what the next start finds.
    if (!guarded([&] { unpack(archive, stop); })) archive.file.leave();
  }
}

void IncomingArchives::unpack(Archive& archive, std::stop_token stop) {
  const auto done = guarded([&] { return import_members(archive, stop); });
  if (!done && done.error().code == Errc::cancelled) {
    archive.file.leave();
    return;
  }
  ReportLine line{.at = now(), .path = archive.path, .uid = archive.uid, .result = "unpacked"};
  if (!done && !is_about_the_file(done.error().code)) {
    line.result = "refused";
    line.reason = done.error().message + "; the next start tries again";
    archive.file.leave();
  } else if (!done) {
    line.result = "refused";
    line.reason = done.error().message;
    const auto name = archive.path.substr(archive.path.rfind('/') + 1);
    auto kept = store_.rejected().put(std::move(archive.file), name, done.error(), now());
    if (!kept) {
      line.reason += "; " + kept.error().message;
      archive.file.leave();
    }
  }
  report_.append(line);
  report_.write();
}

Result<> IncomingArchives::import_members(Archive& archive, std::stop_token stop) {
  DCMFS_CHECK(archive.file.wake());
  const auto line_of = [&](std::string_view name) {
    return ReportLine{
        .at = now(), .path = archive.path + "/" + std::string(name), .uid = archive.uid};
  };
  const auto refuse = [&](std::string_view name, SpoolFile file, const Error& why) -> Result<> {
    // Else no other member can be stored either, and the whole archive is kept.
    if (!is_about_the_file(why.code)) return why;
    auto line = line_of(name);
    line.bytes = file.size().ok() ? *file.size() : 0;
    line.result = "refused";
    line.reason = why.message;
    DCMFS_CHECK(store_.rejected().put(std::move(file), last_part_of_member(name), why, now()));
    report_.append(line);
    return {};
  };
  const ArchiveImport how{.spool = [&] { return store_.spool(); },
                          .take = [&](std::string_view name, SpoolFile file) -> Result<> {
                            auto line = line_of(name);
                            DCMFS_TRY(line.bytes, file.size());
                            const auto added = store_.add(file, {.way = Origin::Way::file_system});
                            if (!added) return refuse(name, std::move(file), added.error());
                            tell(line, *added);
                            report_.append(line);
                            return {};
                          },
                          .ignore =
                              [&](std::string_view name) {
                                auto line = line_of(name);
                                line.result = "ignored";
                                line.reason = kCompany;
                                report_.append(line);
                              },
                          .refuse = refuse,
                          .stopped = [&] { return stop.stop_requested(); }};
  DCMFS_TRY(const auto summary, import_archive(archive.file.fd(), how));
  if (auto why = missed(summary)) return *std::move(why);
  return {};
}

}  // namespace dcmfs::fs
