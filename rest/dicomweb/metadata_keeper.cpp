#include "rest/dicomweb/metadata_keeper.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include <sys/resource.h>

#include "rest/dicomweb/metadata_pack.h"
#include "rest/instance_file.h"
#include "rest/instance_model.h"
#include "store/guarded.h"
#include "store/outbox.h"

namespace dcmfs::rest {
namespace {

using Kind = DerivedFiles::Kind;

constexpr std::string_view kFollower = "series-metadata";
constexpr std::size_t kChangesReadAtOnce = 500;
constexpr std::chrono::seconds kLookForChangesEvery{1};
constexpr std::int64_t kKeptEvery = 1000;  // changes; telling it is a transaction
constexpr int kNiceness = 10;

bool is_gone(const Error& error) {
  return error.code == Errc::not_found;
}

// Of a series, in the order of their arrival: as they are asked for.
Result<std::vector<StoredFile>> stored_files(const Store& store, RowId series) {
  DCMFS_TRY(const auto found, store.identities(Key{Level::series, series}, Level::instance, RowId{},
                                               MetadataPack::kInstancesMax));
  std::vector<StoredFile> files;
  files.reserve(found.size());
  for (const auto& one : found) {
    auto stored = store.file(one.key.row);
    if (stored)
      files.push_back(*std::move(stored));
    else if (!is_gone(stored.error()))
      return std::move(stored).error();
  }
  return files;
}

bool has_all(const Store& store, RowId series, const std::vector<StoredFile>& files) {
  auto blob = store.derived().open(Kind::series_metadata, series);
  if (!blob) return false;
  const auto pack = MetadataPack::open(*std::move(blob));
  return pack && std::ranges::all_of(
                     files, [&](const StoredFile& file) { return pack->find(file).has_value(); });
}

// Those of series that were removed while nobody looked.
Result<> sweep(Store& store) {
  DCMFS_TRY(const auto rows, store.derived().rows(Kind::series_metadata));
  for (const RowId row : rows)
    if (const auto series = store.entry(Key{Level::series, row});
        !series && is_gone(series.error()))
      DCMFS_CHECK(store.derived().remove(Kind::series_metadata, row));
  return {};
}

}  // namespace

MetadataKeeper::MetadataKeeper(const Services& services, Log log)
    : services_(services), log_(std::move(log)) {
  const auto last = services_.store.changes().last();
  const auto kept = services_.store.outbox().position(kFollower);
  // A feed that was begun anew has not come as far. Of what was there before, only what is asked for is made.
  const bool goes_on = kept && *kept && **kept <= last;
  seq_ = goes_on ? **kept : last;
  kept_seq_ = kept && *kept ? **kept : -1;
  // So that a crash does not make the next one begin later.
  if (!goes_on && services_.store.outbox().set_position({std::string(kFollower), seq_}))
    kept_seq_ = seq_;
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

MetadataKeeper::~MetadataKeeper() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  // If that fails, the next start looks at more.
  if (seq_ != kept_seq_)
    (void)services_.store.outbox().set_position({std::string(kFollower), seq_});
}

void MetadataKeeper::want(RowId series) {
  {
    const std::scoped_lock lock(mutex_);
    wanted_.insert(series);
  }
  is_wanted_.notify_one();
}

void MetadataKeeper::run(const std::stop_token& stop) {
  ::setpriority(PRIO_PROCESS, 0, kNiceness);  // of this thread
  std::string complaint;                      // the same is not repeated
  auto done = sweep(services_.store);
  while (!stop.stop_requested()) {
    // Without memory there is no file, and no end of the program either.
    if (done) done = guarded([&] { return look(stop); });
    const std::string trouble = done ? "" : done.error().message;
    if (!trouble.empty() && trouble != complaint) log_(trouble);
    complaint = trouble;
    done = {};
    std::unique_lock lock(mutex_);
    is_wanted_.wait_for(lock, stop, kLookForChangesEvery, [this] { return !wanted_.empty(); });
  }
}

Result<> MetadataKeeper::look(const std::stop_token& stop) {
  const std::scoped_lock looking(looking_);
  DCMFS_CHECK(follow());
  for (;;) {
    RowId series{};
    {
      const std::scoped_lock lock(mutex_);
      if (wanted_.empty() || stop.stop_requested()) return {};
      series = wanted_.extract(wanted_.begin()).value();
    }
    DCMFS_CHECK(make(series, stop));
  }
}

Result<> MetadataKeeper::follow() {
  for (;;) {
    if (services_.store.changes().last() == seq_) return {};
    DCMFS_TRY(const auto changes, services_.store.changes().read(seq_, kChangesReadAtOnce));
    if (changes.empty()) return {};
    std::set<RowId> dropped, stable;
    for (const Change& change : changes) {
      if (change.type == ChangeType::removed && change.what.level == Level::instance)
        dropped.insert(change.parent.row);
      if (change.type == ChangeType::removed && change.what.level == Level::series)
        dropped.insert(change.what.row);
      if (change.type == ChangeType::stable && change.what.level == Level::series)
        stable.insert(change.what.row);
    }
    for (const RowId series : dropped)
      DCMFS_CHECK(services_.store.derived().remove(Kind::series_metadata, series));
    for (const RowId series : stable) want(series);
    seq_ = changes.back().seq;
    if (seq_ - kept_seq_ < kKeptEvery) continue;
    DCMFS_CHECK(services_.store.outbox().set_position({std::string(kFollower), seq_}));
    kept_seq_ = seq_;
  }
}

Result<> MetadataKeeper::make(RowId series, const std::stop_token& stop) {
  DCMFS_TRY(const auto files, stored_files(services_.store, series));
  if (files.size() < kInstancesMin || has_all(services_.store, series, files)) return {};
  MetadataPackWriter pack;
  for (const StoredFile& stored : files) {
    if (stop.stop_requested()) return {};
    auto file = InstanceFile::open(services_, stored.instance);
    if (!file)
      continue;  // removed, or one that only dcmfs-check can help: told when it is asked for
    const OpenInstance instance{stored, *std::move(file)};
    if (!pack.add(stored, metadata_of(instance, {}, ModelForm::json))) break;
  }
  return pack.size() == 0
             ? Result<>()
             : services_.store.derived().put(Kind::series_metadata, series, pack.finish());
}

}  // namespace dcmfs::rest
