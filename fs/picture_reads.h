#pragma once
// Reads that wait for a picture: the thread that took the request goes on to the next one, a thread
// of the pool answers. A read is given up when its reader goes away. Thread safe.
//
// Declared before the Pictures whose pool answers: it outlives them.
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "fs/content.h"

struct fuse_req;

namespace dcmfs::fs {

class PictureReads {
 public:
  // Answers the request, now or later.
  void read(fuse_req*, std::shared_ptr<const Content>, std::int64_t offset, std::size_t bytes);
  // The file is being closed by somebody. If another process has it open, too, and waits for the
  // same page, the kernel asks again.
  void give_up(const Content&);
  std::size_t size() const;  // how many wait

 private:
  enum class Stage : std::uint8_t { being_asked, asked, interrupted };
  struct Waiting {
    fuse_req* request;
    std::shared_ptr<const Content> content;  // shared with who has it open
    Pictures::Ticket ticket{};
    Stage stage = Stage::being_asked;
  };

  static void interrupted(fuse_req*, void* self);
  template <class Which>
  void interrupt(Which which);
  std::optional<Waiting> take(std::uint64_t number);
  void answer_interrupted(std::uint64_t number);

  mutable std::mutex mutex_;
  std::uint64_t last_ = 0;                    // guarded by mutex_
  std::map<std::uint64_t, Waiting> waiting_;  // guarded by mutex_
};

}  // namespace dcmfs::fs
