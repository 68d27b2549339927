// The operations of the FUSE protocol that open, read and release files.
#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <vector>

#include "fs/ops.h"

namespace dcmfs::fs {
namespace {

void op_open(fuse_req_t request, fuse_ino_t number, fuse_file_info* info) {
  auto& mount = mount_of(request);
  const auto asked = node(number);
  if (is_dropped(asked)) {
    if (mount.options.read_only && (info->flags & O_ACCMODE) != O_RDONLY) {
      fuse_reply_err(request, EROFS);
      return;
    }
    auto& drop = drop_of(mount, asked);
    const auto how = (info->flags & O_TRUNC) != 0 ? Drop::Truncate::yes : Drop::Truncate::no;
    const auto opened = drop.open(asked, how, writer_of(request), now());
    if (!opened) {
      fuse_reply_err(request, errno_of(opened.error()));
      return;
    }
    info->fh = static_cast<std::uint64_t>(*opened);
    if (fuse_reply_open(request, info) != 0) drop.release(*opened, now());
    return;
  }
  if ((info->flags & O_ACCMODE) != O_RDONLY) {
    fuse_reply_err(request, EROFS);
    return;
  }
  const Answer answer(mount);
  answer.note(asked, KernelMemory::state);
  auto content = mount.tree.open(asked);
  if (!content) {
    fuse_reply_err(request, errno_of_missing(mount, asked, content.error()));
    return;
  }
  // What stands behind an inode of an instance never changes, so the pages stay good.
  info->keep_cache = keeps_its_bytes(asked);
  // A reader that is killed while it waits for a picture is heard of by its flush alone.
  info->noflush = (*content)->picture() == nullptr;
  info->fh = mount.contents.add(*std::move(content));
  if (fuse_reply_open(request, info) != 0) mount.contents.remove(info->fh);
}

void op_release(fuse_req_t request, fuse_ino_t number, fuse_file_info* info) {
  auto& mount = mount_of(request);
  const auto asked = node(number);
  if (is_dropped(asked)) {
    drop_of(mount, asked).release(handle_of(info), now());
  } else {
    mount.contents.remove(info->fh);
  }
  fuse_reply_err(request, 0);
}

// It changes with what arrives, and the kernel, which keeps its bytes, is told.
bool changes_and_is_kept(const Node& node) {
  return kind_info(node.kind).memory == Memory::told;
}

// Whatever is wrong with a stored file, reading it is not the caller's mistake.
int errno_of_read(const Node& node, const Error& error) {
  if (error.code == Errc::not_found && changes_and_is_kept(node)) return ESTALE;
  return error.code == Errc::no_space ? ENOSPC : EIO;
}

void reply_read(fuse_req_t request, const Node& node, const std::vector<std::byte>& buffer,
                const Result<std::size_t>& read) {
  if (!read) {
    fuse_reply_err(request, errno_of_read(node, read.error()));
    return;
  }
  fuse_reply_buf(request, reinterpret_cast<const char*>(buffer.data()), *read);
}

void op_read(fuse_req_t request, fuse_ino_t number, std::size_t bytes, off_t offset,
             fuse_file_info* info) {
  auto& mount = mount_of(request);
  const auto asked = node(number);
  const bool dropped = is_dropped(asked);
  const auto content = dropped ? nullptr : mount.contents.find(info->fh);
  if (offset < 0 || (!dropped && !content)) {
    fuse_reply_err(request, offset < 0 ? EINVAL : EBADF);
    return;
  }
  bytes = std::min<std::size_t>(bytes, kMessageBytesMax);
  if (content && content->picture() != nullptr) {
    mount.picture_reads.read(request, content, offset, bytes);
    return;
  }
  if (content && content->fd() >= 0) {
    fuse_bufvec from = FUSE_BUFVEC_INIT(bytes);
    from.buf[0].flags = static_cast<fuse_buf_flags>(FUSE_BUF_IS_FD | FUSE_BUF_FD_SEEK);
    from.buf[0].fd = content->fd();
    from.buf[0].pos = offset;
    fuse_reply_data(request, &from, FUSE_BUF_SPLICE_MOVE);
    return;
  }
  if (content && content->is_slow()) {
    answer_in(mount.askers, request, [request, asked, content, offset, bytes] {
      std::vector<std::byte> buffer(bytes);
      reply_read(request, asked, buffer, content->read(offset, buffer));
    });
    return;
  }
  // Long after the open, too, the kernel keeps what it reads, and has to be told again.
  std::optional<Answer> answer;
  if (changes_and_is_kept(asked)) answer.emplace(mount).note(asked, KernelMemory::state);
  std::vector<std::byte> buffer(bytes);
  reply_read(request, asked, buffer,
             dropped ? drop_of(mount, asked).read(handle_of(info), offset, buffer)
                     : content->read(offset, buffer));
}

}  // namespace

void add_reading_operations(fuse_lowlevel_ops& o) {
  o.open = at_the_door<op_open>;
  o.release = at_the_door<op_release>;
  o.read = at_the_door<op_read>;
}

}  // namespace dcmfs::fs
