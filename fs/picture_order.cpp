#include "fs/picture_order.h"

#include <algorithm>

#include "fs/picture_content.h"

namespace dcmfs::fs {
namespace {

constexpr std::size_t kReadersMax = 16;
// Asked of the index at once, so that not every open asks.
constexpr std::size_t kInstancesAtOnce = 16, kEntriesAtFirst = 4;

}  // namespace

PictureOrder::Reader& PictureOrder::reader_of(Key folder) {
  auto found = std::ranges::find(readers_, folder, &Reader::folder);
  if (found == readers_.end()) {
    if (readers_.size() == kReadersMax) readers_.pop_back();
    found = readers_.insert(readers_.begin(), Reader{folder, -1, {}, {}});
  }
  readers_.splice(readers_.begin(), readers_, found);
  return readers_.front();
}

std::deque<Entry> PictureOrder::following(const Entry& entry, By by, std::size_t count) const {
  auto found = by == By::row ? store_.entries(entry.parent, entry.key.row, count)
                             : store_.entries_by_name(entry.parent, entry.name, count);
  if (!found) return {};
  std::erase_if(*found, [](const Entry& next) { return next.rows == 0; });
  return {found->begin(), found->end()};
}

std::vector<PictureFile> PictureOrder::after_frame(const Entry& entry, int frame,
                                                   std::size_t count) {
  const std::scoped_lock lock(mutex_);
  auto& reader = reader_of(entry.key);
  const bool follows = reader.frame >= 0 && frame == reader.frame + 1;
  reader.frame = frame;
  std::vector<PictureFile> out;
  for (int next = frame + 1; follows && next < entry.frames && out.size() < count; ++next) {
    out.push_back(picture_file(entry, next));
  }
  return out;
}

std::vector<PictureFile> PictureOrder::after_instance(const Entry& entry, std::size_t count) {
  const std::scoped_lock lock(mutex_);
  auto& reader = reader_of(entry.parent);
  const auto is_next = [&](const std::deque<Entry>& expected) {
    return !expected.empty() && expected.front().key == entry.key;
  };
  const bool by_row = is_next(reader.by_row), by_name = is_next(reader.by_name);
  if (!by_row && !by_name) {
    reader.by_row = following(entry, By::row, kEntriesAtFirst);
    reader.by_name = following(entry, By::name, kEntriesAtFirst);
    return {};
  }
  // Where both orders agree so far, the names decide.
  auto& expected = by_name ? reader.by_name : reader.by_row;
  (by_name ? reader.by_row : reader.by_name).clear();
  expected.pop_front();
  if (expected.size() < count) {
    expected = following(entry, by_name ? By::name : By::row, std::max(count, kInstancesAtOnce));
  }
  std::vector<PictureFile> out;
  for (const auto& next : expected) {
    if (out.size() == count) break;
    out.push_back(picture_file(next, shown_frame(next)));
  }
  return out;
}

}  // namespace dcmfs::fs
