#include "fs/notifier.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "fs/tree.h"
#include "store/guarded.h"

namespace dcmfs::fs {
namespace {

constexpr std::size_t kChangesAtOnce = 4096;

// The folder of a resource and what is generated in it.
void add_folder(Key key, Stale& stale) {
  const auto row = folder_node(key).row;
  const auto& nodes = kLevelNodes[index_of(key.level)];
  for (const auto kind : {nodes.folder, nodes.summary, nodes.archive}) {
    if (kind != Kind::none) stale.inodes.insert(ino({kind, row}));
  }
}

}  // namespace

void add_stale(const Change& change, const Store& store, Stale& stale) {
  if (!changes_the_tree(change.type)) return;
  if (change.type == ChangeType::reread) return add_folder(change.what, stale);
  // The names in the folder above.
  auto& names = change.type == ChangeType::removed ? stale.went : stale.came;
  const auto above = ino(folder_above(change.what, change.parent));
  if (change.what.level == Level::instance) {
    for (const auto suffix : kInstanceSuffixes) {
      names.emplace(above, change.name + std::string(suffix));
    }
  } else {
    names.emplace(above, change.name);
    add_folder(change.what, stale);
  }
  // Counts, sizes and times of everything above.
  stale.inodes.insert(ino({Kind::patients}));
  for (auto key = change.parent; change.what.level != Level::patient;) {
    // Whoever put a folder here goes on to those above it: a thousand arrivals ask the index once.
    if (stale.inodes.contains(ino(folder_node(key)))) break;
    add_folder(key, stale);
    const auto entry = store.entry(key);
    if (!entry || key.level == Level::patient) break;  // gone: its own removal tells the rest
    key = entry->parent;
  }
}

Notifier::Notifier(Store& store, KernelMemory& memory, Kernel kernel,
                   std::function<void(TreeChange)> touch)
    : store_(store),
      memory_(memory),
      kernel_(std::move(kernel)),
      touch_(std::move(touch)),
      told_(store.changes().last()),
      thread_([this](std::stop_token stop) { run(stop); }),
      repeater_([this](std::stop_token stop) { run_repeats(stop); }) {}

void Notifier::after_now(std::function<void()> then) {
  const auto seq = store_.changes().last();
  bool already = false;
  {
    const std::scoped_lock lock(mutex_);
    already = told_ >= seq;
    if (!already && !ended_ && memory_.expects_news()) {
      waiting_.emplace_back(seq, std::move(then));
      wanted_.notify_one();
      return;
    }
  }
  // The same time that the next mount will show.
  if (!already) {
    const auto last = store_.changes().tree_changed();
    if (last && *last) touch_(**last);
  }
  then();
}

void Notifier::stop() {
  for (auto* thread : {&thread_, &repeater_}) {
    thread->request_stop();
    if (thread->joinable()) thread->join();
  }
}

void Notifier::tell(const std::vector<Change>& changes) {
  for (const auto& change : changes) {
    if (changes_the_tree(change.type)) touch_({change.seq, change.at});
  }
  {
    const std::scoped_lock lock(mutex_);
    if (recent_.size() >= kToldMax) recent_.pop_front();
    recent_.push_back({memory_.next_version(), told_});
  }
  // While nobody looks, changes cost no more than this.
  if (!memory_.expects_news()) return;
  Stale stale;
  for (const auto& change : changes) add_stale(change, store_, stale);
  for (const auto& [folder, name] : stale.came) {
    if (memory_.take(node(folder), KernelMemory::missing)) kernel_.forget_name(folder, name);
  }
  for (const auto& [folder, name] : stale.went) {
    if (memory_.take(node(folder), KernelMemory::names)) kernel_.forget_name(folder, name);
  }
  for (const auto number : stale.inodes) {
    if (memory_.take(node(number), KernelMemory::state)) kernel_.forget_inode(number);
  }
}

void Notifier::repeat_since(std::uint64_t version) {
  const std::scoped_lock lock(mutex_);
  repeat_since_ = std::min(version, repeat_since_.value_or(version));
  repeat_wanted_.notify_one();
}

void Notifier::tell_again(std::uint64_t version, std::stop_token stop) {
  std::optional<std::int64_t> after;
  {
    const std::scoped_lock lock(mutex_);
    const auto first = std::ranges::find_if(recent_, [&](auto& t) { return t.version > version; });
    if (first != recent_.end()) after = first->after;
  }
  while (after && !stop.stop_requested()) {
    const auto changes = store_.changes().read(*after, kChangesAtOnce);
    if (!changes || changes->empty()) return;
    Stale stale;
    for (const auto& change : *changes) add_stale(change, store_, stale);
    for (const auto* names : {&stale.came, &stale.went}) {
      for (const auto& [folder, name] : *names) kernel_.forget_name(folder, name);
    }
    for (const auto number : stale.inodes) kernel_.forget_inode(number);
    after = changes->back().seq;
  }
}

void Notifier::run_repeats(std::stop_token stop) {
  for (;;) {
    std::unique_lock lock(mutex_);
    if (!repeat_wanted_.wait(lock, stop, [this] { return repeat_since_.has_value(); })) return;
    const auto version = *std::exchange(repeat_since_, std::nullopt);
    lock.unlock();
    if (guarded([&] { tell_again(version, stop); })) continue;
    repeat_since(version);
    lock.lock();
    repeat_wanted_.wait_for(lock, stop, kPause, [] { return false; });
  }
}

// Answers the number of the last change that the kernel knows of now.
std::int64_t Notifier::tell_what_changed(std::stop_token stop) {
  const auto changes = store_.changes().wait(told_, kChangesAtOnce, stop);
  if (!changes || changes->empty()) return told_;
  tell(*changes);
  return changes->back().seq;
}

void Notifier::run(std::stop_token stop) {
  for (;;) {
    // Without memory they are told of the next time.
    const auto told = guarded([&] { return tell_what_changed(stop); });

    Waiting ready;
    std::unique_lock lock(mutex_);
    if (told) told_ = *told;
    ended_ = stop.stop_requested();
    for (auto waiter = waiting_.begin(); waiter != waiting_.end();) {
      const auto next = std::next(waiter);
      if (waiter->first <= told_ || ended_) ready.splice(ready.end(), waiting_, waiter);
      waiter = next;
    }
    lock.unlock();
    for (const auto& [seq, then] : ready) (void)guarded(then);
    lock.lock();
    if (ended_) return;
    wanted_.wait_for(lock, stop, kPause, [&] { return told && !waiting_.empty(); });
  }
}

}  // namespace dcmfs::fs
