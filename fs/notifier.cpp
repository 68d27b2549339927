#include "fs/notifier.h"

#include <algorithm>

#include "fs/tree.h"

namespace dcmfs::fs {
namespace {

constexpr std::size_t kChangesAtOnce = 4096;

struct LevelNodes {
  Kind folder, summary, archive;  // none: it has no such file
};
constexpr LevelNodes kLevelNodes[] = {
    {Kind::patient, Kind::patient_json, Kind::none},
    {Kind::study, Kind::study_json, Kind::study_zip},
    {Kind::series, Kind::series_json, Kind::none},
};

std::uint64_t row_of(Key key) {
  return static_cast<std::uint64_t>(value(key.row));
}

// The folder of a resource and what is generated in it.
void add_folder(Key key, Stale& stale) {
  const auto& nodes = kLevelNodes[index_of(key.level)];
  for (const auto kind : {nodes.folder, nodes.summary, nodes.archive}) {
    if (kind != Kind::none) stale.inodes.insert(ino({kind, row_of(key)}));
  }
}

}  // namespace

void add_stale(const Change& change, const Store& store, Stale& stale) {
  // The names in the folder above.
  if (change.what.level == Level::patient) {
    stale.names.emplace(ino({Kind::patients}), change.name);
  } else {
    const auto folder =
        ino({kLevelNodes[index_of(change.parent.level)].folder, row_of(change.parent)});
    if (change.what.level == Level::instance) {
      for (const auto suffix : kInstanceSuffixes) {
        stale.names.emplace(folder, change.name + std::string(suffix));
      }
    } else {
      stale.names.emplace(folder, change.name);
    }
  }
  if (change.what.level != Level::instance) add_folder(change.what, stale);
  // Counts, sizes and times of everything above.
  stale.inodes.insert(ino({Kind::patients}));
  for (auto key = change.parent; change.what.level != Level::patient;) {
    // Whoever put a folder here goes on to those above it: a thousand arrivals ask the index once.
    if (stale.inodes.contains(ino({kLevelNodes[index_of(key.level)].folder, row_of(key)}))) break;
    add_folder(key, stale);
    const auto entry = store.entry(key);
    if (!entry || key.level == Level::patient) break;  // gone: its own removal tells the rest
    key = entry->parent;
  }
}

Notifier::Notifier(Store& store, Kernel kernel, std::function<void(Time)> touch)
    : store_(store),
      kernel_(std::move(kernel)),
      touch_(std::move(touch)),
      told_(store.changes().last()),
      thread_([this](std::stop_token stop) { run(stop); }) {}

void Notifier::after_now(std::function<void()> then) {
  const auto seq = store_.changes().last();
  {
    const std::scoped_lock lock(mutex_);
    if (told_ < seq && !ended_) {
      waiting_.emplace_back(seq, std::move(then));
      wanted_.notify_one();
      return;
    }
  }
  then();
}

void Notifier::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Notifier::tell(const std::vector<Change>& changes) {
  for (const auto& change : changes) touch_(change.at);
  Stale stale;
  for (const auto& change : changes) add_stale(change, store_, stale);
  for (const auto& [folder, name] : stale.names) kernel_.forget_name(folder, name);
  for (const auto number : stale.inodes) kernel_.forget_inode(number);
}

void Notifier::run(std::stop_token stop) {
  for (;;) {
    const auto changes = store_.changes().wait(told_, kChangesAtOnce, stop);
    if (changes && !changes->empty()) tell(*changes);

    std::vector<std::function<void()>> ready;
    std::unique_lock lock(mutex_);
    if (changes && !changes->empty()) told_ = changes->back().seq;
    ended_ = stop.stop_requested();
    std::erase_if(waiting_, [&](auto& waiter) {
      if (waiter.first > told_ && !ended_) return false;
      ready.push_back(std::move(waiter.second));
      return true;
    });
    lock.unlock();
    for (const auto& then : ready) then();
    lock.lock();
    if (ended_) return;
    wanted_.wait_for(lock, stop, kPause, [this] { return !waiting_.empty(); });
  }
}

}  // namespace dcmfs::fs
