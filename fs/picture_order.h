#pragma once
// Guesses which pictures will be opened next from those that were: programs go through a series by
// name (shells, file managers) or as the folder lists it (find), and through the frames of an
// instance by number. Thread safe.
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <mutex>
#include <vector>

#include "fs/pictures.h"
#include "store/store.h"

namespace dcmfs::fs {

class PictureOrder {
 public:
  explicit PictureOrder(const Store& store) : store_(store) {}

  // What will probably follow, nearest first, at most `count`; nothing before an order is seen.
  std::vector<PictureFile> after_frame(const Entry&, int frame, std::size_t count);
  std::vector<PictureFile> after_instance(const Entry&, std::size_t count);

 private:
  enum class By : std::uint8_t { row, name };
  // Somebody who reads one series, or the frames of one instance.
  struct Reader {
    Key folder;
    int frame = -1;  // the last one; of instances: -1
    // What would come next in either order; the one that is not followed is empty.
    std::deque<Entry> by_row, by_name;
  };

  // Moves the reader of the folder, or one that was idle for long, to the front.
  Reader& reader_of(Key folder);
  std::deque<Entry> following(const Entry&, By, std::size_t count) const;

  const Store& store_;
  std::mutex mutex_;
  std::list<Reader> readers_;  // guarded by mutex_; the last to read first
};

}  // namespace dcmfs::fs
