// Open files that are dropped, and their bytes.
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "fs/drop.h"
#include "fs/drop_item.h"

namespace dcmfs::fs {

// -- handles

// mutex_ is held.
Result<Drop::Open> Drop::opened(Handle handle) const {
  const auto open = open_.find(handle);
  if (open == open_.end()) return no_such_file();
  return open->second;
}

Result<Drop::Open> Drop::opened_to_write(Handle handle) {
  const std::scoped_lock lock(mutex_);
  const auto open = open_.find(handle);
  if (open == open_.end()) return no_such_file();
  open->second.wrote = true;
  return open->second;
}

Drop::DraftPtr Drop::new_draft(Writer writer) {
  auto draft = std::make_shared<Draft>();
  draft->writer = writer.uid;
  return draft;
}

// mutex_ is held.
Drop::Handle Drop::give_handle(const ItemPtr& item) {
  const auto handle = Handle{++last_handle_};
  open_.emplace(handle, Open{item, item->draft});
  ++item->handles;
  ++item->draft->handles;
  return handle;
}

Result<Drop::Created> Drop::create(const Node& in, std::string_view name, mode_t mode,
                                   Writer writer, Time now) {
  const std::scoped_lock lock(mutex_);
  DCMFS_TRY(const auto parent, folder(in));
  if (child(*parent, name)) return Error{Errc::already_exists, "there is a file of that name"};
  DCMFS_TRY(const auto item, add(parent, name, S_IFREG | (mode & 07777), writer, now));
  const auto handle = give_handle(item);
  return Created{attributes(*item), handle};
}

Result<Drop::Handle> Drop::open(const Node& node, Truncate how, Writer writer, Time now) {
  auto handle = Handle::none;
  DraftPtr draft;
  {
    const std::scoped_lock lock(mutex_);
    DCMFS_TRY(const auto item, file(node));
    item->last_use = now;
    if (how == Truncate::yes) {
      // Who has the file open keeps what he wrote; of what nobody has open, nothing is wanted.
      if (item->draft->handles > 0) item->others.push_back(item->draft);
      item->draft = new_draft(writer);
    }
    draft = item->draft;
    DCMFS_CHECK(opens(*draft));
    handle = give_handle(item);
  }
  if (!draft->resting) return handle;
  Result<> woken;
  {
    const std::unique_lock content(draft->content);
    woken = wake(*draft);
  }
  if (woken) return handle;
  release(handle, now);
  return std::move(woken).error();
}

void Drop::rest(const DraftPtr& draft) {
  // Whoever has the lock takes it, or lets it rest afterwards.
  const std::unique_lock content(draft->content, std::try_to_lock);
  if (!content || !draft->spool) return;
  {
    const std::scoped_lock lock(mutex_);
    if (draft->handles > 0) return;
    draft->resting = true;
  }
  draft->spool->rest();
}

Result<> Drop::wake(Draft& draft) {
  if (draft.spool) DCMFS_CHECK(draft.spool->wake());
  draft.resting = false;
  return {};
}

void Drop::release(Handle handle, Time now) {
  const auto last = give_back(handle, now);
  if (!last) return;
  const auto& [item, draft, wrote] = *last;
  if (draft->decided && draft->written) {
    const std::unique_lock content(draft->content);
    std::optional<std::string> at;
    {
      const std::scoped_lock lock(mutex_);
      // Else it was opened again meanwhile, and the next release comes here.
      if (draft->handles == 0 && draft->decided && draft->written) at = path(*item);
    }
    if (at) (void)take_unheard(*item, draft, *at, now);  // else tidy() tries again
  }
  rest(draft);
}

// Answers what it was, if that was the last handle of its draft.
std::optional<Drop::Open> Drop::give_back(Handle handle, Time now) {
  const std::scoped_lock lock(mutex_);
  const auto found = open_.find(handle);
  if (found == open_.end()) return std::nullopt;
  const auto open = std::move(found->second);
  const auto& [item, draft, wrote] = open;
  open_.erase(found);
  item->last_use = now;
  // A mapping may write after the last flush; tidy() looks for that.
  const bool is_last = --draft->handles == 0;
  if (is_last) {
    draft->closed = true;
    if (draft->kept) draft->kept->open.reset();
  }
  item->forget_finished_drafts();
  if (--item->handles == 0) {
    if (item->unlinked) {
      items_.erase(item->number);
    } else if (item->draft->failed && !item->draft->written && item->others.empty()) {
      detach(*item, now);  // its bytes stand in rejected/
    }
  }
  return is_last ? std::optional(open) : std::nullopt;
}

// -- bytes

// Something to write into: what is settled is copied, because a stored file must not change.
Result<> Drop::make_spool_file(Draft& draft, std::string_view name) {
  if (draft.spool) return {};
  DCMFS_TRY(auto spool, make_spool(name));
  if (draft.size > 0) {
    DCMFS_TRY(const auto blob, settled(draft));
    DCMFS_CHECK(spool.copy_from(blob.fd()));
    // Of a file that is named (Draft::source) there may be a part only.
    if (draft.size < blob.size() && ::ftruncate(spool.fd(), draft.size) != 0) {
      return system_error(errno, "truncate");
    }
  }
  draft.spool = std::move(spool);
  return {};
}

Result<> Drop::try_write(const ItemPtr& item, const DraftPtr& draft, const Write& write) {
  std::shared_lock content(draft->content);
  // Not yet, or a flush has taken it, or said what it is; or it is truncated by its name.
  while (!draft->spool || draft->resting || draft->decided) {
    content.unlock();
    std::string name;
    {
      const std::scoped_lock lock(mutex_);
      name = last_part(path(*item));
    }
    {
      const std::unique_lock alone(draft->content);
      DCMFS_CHECK(make_spool_file(*draft, name));
      DCMFS_CHECK(wake(*draft));
      if (draft->decided) DCMFS_CHECK(draft->spool->set_name(name));
      draft->decided = false;
    }
    content.lock();
  }
  DCMFS_TRY(const auto offset, write(draft->spool->fd()));
  draft->spool->wrote(offset);
  DCMFS_TRY(const auto size, draft->spool->size());
  draft->size = size;
  draft->written = true;
  draft->closed = false;
  draft->failed = false;
  return {};
}

Result<> Drop::write(const ItemPtr& item, const DraftPtr& draft, Time now, const Write& write) {
  auto written = try_write(item, draft, write);
  const std::scoped_lock lock(mutex_);
  if (!written) draft->unwritten = written.error();
  draft->attempts = 0;
  draft->due = {};
  item->mtime = to_timespec(now);
  item->last_use = now;
  return written;
}

Result<> Drop::write(Handle handle, Time now, const Write& write_bytes) {
  DCMFS_TRY(const auto open, opened_to_write(handle));
  return write(open.item, open.draft, now, write_bytes);
}

Result<> Drop::truncate(const Node& node, Handle handle, std::int64_t size, Time now) {
  ItemPtr item;
  DraftPtr draft;
  {
    const std::scoped_lock lock(mutex_);
    DCMFS_TRY(item, file(node));
    draft = item->draft;
    if (const auto open = open_.find(handle); open != open_.end()) {
      draft = open->second.draft;
      open->second.wrote = true;
    }
  }
  if (size == 0) {
    const std::unique_lock content(draft->content);
    {
      const std::scoped_lock lock(mutex_);
      draft->unwritten.reset();  // it begins anew
    }
    if (draft->size == 0) return {};     // it is empty, and nobody wrote
    if (!draft->spool) draft->size = 0;  // nothing of the settled bytes is wanted
  }
  auto done = write(item, draft, now, [size](int fd) -> Result<std::int64_t> {
    if (::ftruncate(fd, size) != 0) return system_error(errno, "truncate");
    return size;
  });
  rest(draft);
  return done;
}

void Drop::look_ahead(Handle handle) {
  DraftPtr draft;
  {
    const std::scoped_lock lock(mutex_);
    const auto open = opened(handle);
    if (!open) return;
    draft = open->draft;
  }
  const std::shared_lock content(draft->content, std::try_to_lock);
  if (content && draft->spool) draft->spool->look_ahead();
}

Result<std::size_t> Drop::read(Handle handle, std::int64_t offset, std::span<std::byte> into) {
  DraftPtr draft;
  {
    const std::scoped_lock lock(mutex_);
    DCMFS_TRY(const auto open, opened(handle));
    draft = open.draft;
  }
  const std::shared_lock content(draft->content);
  if (draft->size == 0) return std::size_t{0};
  if (!draft->spool) {
    DCMFS_TRY(const auto blob, settled(*draft));
    return blob.read(offset, into);
  }
  std::size_t done = 0;
  while (done < into.size()) {
    const auto n = ::pread(draft->spool->fd(), into.data() + done, into.size() - done,
                           offset + static_cast<std::int64_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error(errno, "read");
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

Result<> Drop::sync(Handle handle) {
  DraftPtr draft;
  {
    const std::scoped_lock lock(mutex_);
    DCMFS_TRY(const auto open, opened(handle));
    draft = open.draft;
  }
  const std::shared_lock content(draft->content);
  if (draft->spool && ::fdatasync(draft->spool->fd()) != 0) return system_error(errno, "fsync");
  return {};
}

}  // namespace dcmfs::fs
