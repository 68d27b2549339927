#include "fs/listing_habits.h"

#include <algorithm>

namespace dcmfs::fs {
namespace {

// They hold one to three files each, so that asking for those one by one is cheap.
constexpr Kinds kFewFiles = only(Kind::patient) | only(Kind::study);
constexpr Kinds kManyFiles = only(Kind::series) | only(Kind::frames);

}  // namespace

ListingHabits::Reader* ListingHabits::find(pid_t thread, Clock::time_point now) {
  const auto reader = std::ranges::find(readers_, thread, &Reader::thread);
  if (reader == readers_.end() || reader->last_seen + kIdle < now) return nullptr;
  reader->last_seen = now;
  return &*reader;
}

ListingHabits::Reader& ListingHabits::find_or_add(pid_t thread, Clock::time_point now) {
  if (auto* known = find(thread, now)) return *known;
  const Reader fresh{.thread = thread, .last_seen = now};
  const auto same = std::ranges::find(readers_, thread, &Reader::thread);
  if (same != readers_.end()) return *same = fresh;
  if (readers_.size() < kReadersMax) return readers_.emplace_back(fresh);
  return *std::ranges::min_element(readers_, {}, &Reader::last_seen) = fresh;
}

Tree::Files ListingHabits::begins_listing(pid_t thread, const Node& folder, Clock::time_point now) {
  if (thread != 0 && has(kFewFiles, folder.kind)) {
    const std::scoped_lock lock(mutex_);
    auto& reader = find_or_add(thread, now);
    if (!reader.looks_up) ++reader.folders;
  }
  return goes_on_listing(thread, folder, now);
}

Tree::Files ListingHabits::goes_on_listing(pid_t thread, const Node& folder,
                                           Clock::time_point now) {
  const std::scoped_lock lock(mutex_);
  const auto* reader = thread == 0 ? nullptr : find(thread, now);
  if (reader == nullptr || reader->looks_up) return Tree::Files::with_attributes;
  if (has(kFewFiles, folder.kind)) return Tree::Files::names_only;
  return has(kManyFiles, folder.kind) && reader->folders >= kFoldersBefore
             ? Tree::Files::names_only
             : Tree::Files::with_attributes;
}

void ListingHabits::looked_up(pid_t thread, Clock::time_point now) {
  if (thread == 0) return;
  const std::scoped_lock lock(mutex_);
  find_or_add(thread, now).looks_up = true;
}

}  // namespace dcmfs::fs
