// The bytes of what is in incoming/.
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "fs/incoming.h"
#include "fs/incoming_item.h"

namespace dcmfs::fs {
// Something to write into: what is settled is copied, because a stored file must not change.
Result<> Incoming::make_draft(Item& item, const std::string& path) {
  if (item.draft) return {};
  DCMFS_TRY(auto draft, store_.spool());
  DCMFS_CHECK(draft.set_name(last_part(path)));
  if (item.size > 0) {
    DCMFS_TRY(const auto blob, settled(item));
    DCMFS_CHECK(draft.copy_from(blob.fd()));
  }
  item.draft = std::move(draft);
  return {};
}

Result<Blob> Incoming::settled(const Item& item) const {
  if (item.stored) return store_.open_file(*item.stored);
  if (!item.rejected_as.empty()) return store_.rejected().open(item.rejected_as);
  return Error{Errc::io, "the bytes of this file were not kept"};
}

Result<> Incoming::write(const Node& node, Time now, const std::function<Result<>(int fd)>& write) {
  ItemPtr item;
  std::string at;
  {
    const std::scoped_lock lock(mutex_);
    DCMFS_TRY(item, file(node));
    at = path(*item);
  }
  {
    std::shared_lock content(item->content);
    if (!item->draft) {
      content.unlock();
      {
        const std::unique_lock alone(item->content);
        DCMFS_CHECK(make_draft(*item, at));
      }
      content.lock();
      if (!item->draft) return Error{Errc::busy, "the file is being imported"};
    }
    DCMFS_CHECK(write(item->draft->fd()));
    DCMFS_TRY(const auto size, item->draft->size());
    item->size = size;
    item->written = true;
    item->closed = false;
    item->failed = false;
  }
  const std::scoped_lock lock(mutex_);
  item->mtime = to_timespec(now);
  item->last_use = now;
  return {};
}

Result<> Incoming::truncate(const Node& node, std::int64_t size, Time now) {
  ItemPtr item;
  {
    const std::scoped_lock lock(mutex_);
    DCMFS_TRY(item, file(node));
  }
  if (size == 0) {
    const std::unique_lock content(item->content);
    if (item->size == 0) return {};    // it is empty, and nobody wrote
    if (!item->draft) item->size = 0;  // nothing of the settled bytes is wanted
  }
  return write(node, now, [size](int fd) -> Result<> {
    if (::ftruncate(fd, size) != 0) return system_error(errno, "truncate");
    return {};
  });
}

Result<std::size_t> Incoming::read(const Node& node, std::int64_t offset,
                                   std::span<std::byte> into) {
  ItemPtr item;
  {
    const std::scoped_lock lock(mutex_);
    item = find(node);
    if (item == nullptr) return no_such_file();
  }
  const std::shared_lock content(item->content);
  if (item->size == 0) return std::size_t{0};
  if (!item->draft) {
    DCMFS_TRY(const auto blob, settled(*item));
    return blob.read(offset, into);
  }
  std::size_t done = 0;
  while (done < into.size()) {
    const auto n = ::pread(item->draft->fd(), into.data() + done, into.size() - done,
                           offset + static_cast<std::int64_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error(errno, "read");
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

Result<> Incoming::sync(const Node& node) {
  ItemPtr item;
  {
    const std::scoped_lock lock(mutex_);
    item = find(node);
    if (item == nullptr) return no_such_file();
  }
  const std::shared_lock content(item->content);
  if (item->draft && ::fdatasync(item->draft->fd()) != 0) return system_error(errno, "fsync");
  return {};
}

}  // namespace dcmfs::fs
