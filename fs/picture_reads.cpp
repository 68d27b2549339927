#include "fs/picture_reads.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "fs/ops.h"

namespace dcmfs::fs {
namespace {

void reply(fuse_req_t request, const Result<Pictures::Bytes>& picture, std::int64_t offset,
           std::size_t bytes) {
  if (!picture) {
    fuse_reply_err(request, picture.error().code == Errc::cancelled ? EINTR : EIO);
    return;
  }
  const std::string& all = **picture;
  const auto begin = std::min(static_cast<std::size_t>(offset), all.size());
  fuse_reply_buf(request, all.data() + begin, std::min(bytes, all.size() - begin));
}

}  // namespace

void PictureReads::read(fuse_req_t request, std::shared_ptr<const Content> content,
                        std::int64_t offset, std::size_t bytes) {
  std::uint64_t number = 0;
  {
    const std::scoped_lock lock(mutex_);
    number = ++last_;
    waiting_.emplace(number, Waiting{request, content});
  }
  // Until this returns libfuse uses the request, so an interrupt that comes already is only noted.
  fuse_req_interrupt_func(request, interrupted, this);
  const auto ticket = content->picture()->get(
      [this, number, offset, bytes](const Result<Pictures::Bytes>& picture) {
        if (const auto waiting = take(number)) reply(waiting->request, picture, offset, bytes);
      });
  {
    const std::scoped_lock lock(mutex_);
    const auto found = waiting_.find(number);
    if (found == waiting_.end()) return;  // answered; the request is gone
    found->second.ticket = ticket;
    if (std::exchange(found->second.stage, Stage::asked) != Stage::interrupted) return;
  }
  answer_interrupted(number);
}

void PictureReads::interrupted(fuse_req_t request, void* self) {
  static_cast<PictureReads*>(self)->interrupt(
      [request](const Waiting& waiting) { return waiting.request == request; });
}

void PictureReads::give_up(const Content& content) {
  interrupt([&content](const Waiting& waiting) { return waiting.content.get() == &content; });
}

std::size_t PictureReads::size() const {
  const std::scoped_lock lock(mutex_);
  return waiting_.size();
}

template <class Which>
void PictureReads::interrupt(Which which) {
  std::vector<std::uint64_t> numbers;
  {
    const std::scoped_lock lock(mutex_);
    for (auto& [number, waiting] : waiting_) {
      if (!which(waiting)) continue;
      if (waiting.stage == Stage::asked) numbers.push_back(number);
      waiting.stage = Stage::interrupted;
    }
  }
  for (const auto number : numbers) answer_interrupted(number);
}

std::optional<PictureReads::Waiting> PictureReads::take(std::uint64_t number) {
  const std::scoped_lock lock(mutex_);
  const auto found = waiting_.find(number);
  if (found == waiting_.end()) return std::nullopt;
  const auto waiting = found->second;
  waiting_.erase(found);
  return waiting;
}

void PictureReads::answer_interrupted(std::uint64_t number) {
  const auto waiting = take(number);
  if (!waiting) return;
  waiting->content->picture()->cancel(waiting->ticket);
  fuse_reply_err(waiting->request, EINTR);
}

}  // namespace dcmfs::fs
