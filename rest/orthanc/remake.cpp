#include "rest/orthanc/remake.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <new>
#include <optional>
#include <thread>

#include "rest/instance_file.h"
#include "rest/orthanc/transcode_target.h"
#include "store/spool_blob.h"
#include "store/transcode.h"

namespace dcmfs::rest {
namespace {

// More than cores: they wait for the disk together, and the store commits what waits at once.
constexpr std::size_t kThreads = 8;

Result<SpoolFile> transcoded(const Services& services, const SpoolFile& file,
                             std::string_view syntax) {
  DCMFS_TRY(const auto* target, transcode_target(syntax));
  DCMFS_TRY(const auto blob, blob_of(file));
  return transcode(services.store, blob, *target, TranscodedAs::file);
}

// What has no pixels has nothing to compress: among images that are, it stays as it is.
bool changes_syntax(const DicomFile& source, std::string_view syntax) {
  if (syntax.empty() || syntax == source.syntax_uid) return false;
  const auto* target = find_transfer_syntax(syntax);
  const bool compresses = target != nullptr && target->encapsulated;
  return !compresses || source.dataset.contains(tags::PixelData);
}

// Hands the sources to threads, one by one, and gathers what they made.
class Remaker {
 public:
  Remaker(const Services& services, const Remaking& what, JobRun& run)
      : services_(services), what_(what), run_(run), answers_(what.sources.size()) {}

  Result<Remade> remake() {
    const auto given = give_out();
    finish();
    DCMFS_CHECK(given);
    Remade remade;
    for (std::size_t i = 0; i < answers_.size(); ++i) {
      const auto& answer = *answers_[i];
      if (answer) {
        remade.made.push_back({i, *answer});
      } else if (run_.permissive()) {
        ++remade.failed;
      } else {
        return Error(answer.error()).in("instance " + what_.sources[i].id.str());
      }
    }
    return remade;
  }

 private:
  Result<> give_out() {
    const auto total = what_.sources.size();
    const auto count = std::min(kThreads, total);
    for (std::size_t i = 0; i < count; ++i) threads_.emplace_back([this] { work(); });
    for (std::size_t i = 0; i < total; ++i) {
      DCMFS_CHECK(run_.step(static_cast<std::int64_t>(done()), static_cast<std::int64_t>(total)));
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return given_ - done_ < kThreads; });
      if (failed_ && !run_.permissive()) {
        // The first error is the answer; those behind it were never begun.
        for (std::size_t left = i; left < total; ++left)
          answers_[left] = Error{Errc::cancelled, "another one failed"};
        return {};
      }
      ++given_;
      changed_.notify_all();
    }
    return {};
  }

  void finish() {
    {
      const std::scoped_lock lock(mutex_);
      ended_ = true;
      changed_.notify_all();
    }
    threads_.clear();
  }

  std::size_t done() {
    const std::scoped_lock lock(mutex_);
    return done_;
  }

  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return ended_ || taken_ < given_; });
      if (taken_ == given_) return;
      const std::size_t mine = taken_++;
      lock.unlock();
      auto answer = make(what_.sources[mine]);
      lock.lock();
      failed_ |= !answer;
      answers_[mine] = std::move(answer);
      ++done_;
      changed_.notify_all();
    }
  }

  Result<Added> make(const Resource& source) {
    try {
      DCMFS_TRY(auto edited,
                edited_file(
                    services_, source.key.row,
                    [&](const Dataset& dataset) { return what_.edit_of(source, dataset); },
                    what_.transfer_syntax));
      auto overwrite = services_.store.overwrite();
      if (edited.sop_instance_uid == source.uids.sop_instance) {
        DCMFS_TRY(const auto uids, services_.store.identify(edited.file));
        if (uids == source.uids) overwrite = Overwrite::if_changed;
      }
      return services_.store.add(edited.file, what_.origin, overwrite);
    } catch (const std::bad_alloc&) {
      return Error{Errc::too_large, "not enough memory"};
    }
  }

  const Services& services_;
  const Remaking& what_;
  JobRun& run_;
  std::vector<std::optional<Result<Added>>>
      answers_;  // each is written by one thread, then by none
  std::mutex mutex_;
  std::condition_variable changed_;
  // The rest is guarded by mutex_.
  std::size_t given_ = 0, taken_ = 0, done_ = 0;
  bool failed_ = false, ended_ = false;
  std::vector<std::jthread> threads_;  // last: joined first
};

}  // namespace

Result<EditedFile> edited_file(const Services& services, RowId instance,
                               const std::function<Edit(const Dataset&)>& edit_of,
                               std::string_view transfer_syntax) {
  DCMFS_TRY(const auto source, InstanceFile::open(services, instance));
  const auto edit = edit_of(source.dicom().dataset);
  DCMFS_TRY(const auto edited, apply(source.dicom(), edit));
  DCMFS_TRY(const auto parts, encode_with(source.dicom(), edited.dataset));
  DCMFS_TRY(auto file, services.store.spool());
  DCMFS_CHECK(parts.write(
      [&](std::string_view piece) { return file.append(std::as_bytes(std::span(piece))); }));
  if (changes_syntax(source.dicom(), transfer_syntax)) {
    DCMFS_TRY(file, transcoded(services, file, transfer_syntax));
  }
  return EditedFile{std::move(file), edited.dataset.text_or(tags::SOPInstanceUID, "")};
}

Result<Remade> remake(const Services& services, const Remaking& what, JobRun& run) {
  return Remaker(services, what, run).remake();
}

}  // namespace dcmfs::rest
