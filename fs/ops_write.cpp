// The operations of the FUSE protocol that change something: files that are dropped,
// and what may be removed elsewhere. Of the threads that answer the kernel a few may
// wait for a disk flush; what imports beyond that goes to the pool.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <optional>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>

#include "fs/ops.h"
#include "fs/xattrs.h"

namespace dcmfs::fs {
namespace {

// Who makes a file asks for its attributes at once; the kernel forgets them when it writes.
constexpr double kCreatedTimeout = 1;

// So many of the threads that answer the kernel may store files meanwhile; enough are left.
constexpr int kImportingHereMax = 8;

// One of so many, while it lives; false if there were as many already.
class Turn {
 public:
  Turn(std::atomic<int>& taken, int max) : taken_(taken), got_it_(taken++ < max) {}
  ~Turn() { --taken_; }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  explicit operator bool() const { return got_it_; }

 private:
  std::atomic<int>& taken_;
  const bool got_it_;
};

// -- files

timespec time_of(const timespec& given, bool is_now) {
  timespec t = given;
  if (is_now) clock_gettime(CLOCK_REALTIME, &t);
  return t;
}

// Of a letter a new time of modification is what `touch` sets: it is sent again, and is none any more.
// Its reason takes that and changes nothing, for `touch failed/*`; so do both of a mode or an owner.
void change_letter(Mount& mount, fuse_req_t request, const Node& asked, int set) {
  auto attr = mount.tree.stat(asked);
  auto done = attr ? Result<>() : Result<>(attr.error());
  if (done && (set & FUSE_SET_ATTR_SIZE) != 0)
    done = Error{Errc::denied, "a letter stays as it is"};
  const bool is_touched = (set & (FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_MTIME_NOW)) != 0;
  if (done && is_touched && asked.kind == Kind::failed_file) {
    done = mount.tree.modality_files().try_again(OutboxId{static_cast<std::int64_t>(asked.row)},
                                                 now());
  }
  if (!done) {
    reply_error(request, done);
    return;
  }
  fuse_reply_attr(request, &*attr, timeout_of(asked));
}

void op_setattr(fuse_req_t request, fuse_ino_t number, struct stat* attr, int set,
                fuse_file_info* info) {
  auto& mount = mount_of(request);
  const auto asked = node(number);
  if (is_letter_or_reason(asked) && !mount.options.read_only) {
    change_letter(mount, request, asked, set);
    return;
  }
  if (!is_dropped(asked) || mount.options.read_only) {
    fuse_reply_err(request, EROFS);
    return;
  }
  auto& drop = drop_of(mount, asked);
  Result<> done;
  if ((set & FUSE_SET_ATTR_SIZE) != 0) {
    done = drop.truncate(asked, handle_of(info), attr->st_size, now());
  }
  Drop::Change change;
  if ((set & FUSE_SET_ATTR_MODE) != 0) change.mode = attr->st_mode;
  if ((set & FUSE_SET_ATTR_UID) != 0) change.uid = attr->st_uid;
  if ((set & FUSE_SET_ATTR_GID) != 0) change.gid = attr->st_gid;
  if ((set & (FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_ATIME_NOW)) != 0) {
    change.atime = time_of(attr->st_atim, (set & FUSE_SET_ATTR_ATIME_NOW) != 0);
  }
  if ((set & (FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_MTIME_NOW)) != 0) {
    change.mtime = time_of(attr->st_mtim, (set & FUSE_SET_ATTR_MTIME_NOW) != 0);
  }
  if (done) done = drop.change(asked, change, now());
  const auto result = drop.stat(asked, handle_of(info));
  if (!done || !result) {
    fuse_reply_err(request, errno_of(done ? result.error() : done.error()));
    return;
  }
  fuse_reply_attr(request, &*result, timeout_of(asked));
}

// Where the end of the file is, the kernel may know of another handle only.
off_t place_of(const fuse_file_info& info, off_t offset, int fd) {
  struct stat st {};
  const bool append = (info.flags & O_APPEND) != 0 && info.writepage == 0;
  return append && ::fstat(fd, &st) == 0 ? st.st_size : offset;
}

void op_write_buf(fuse_req_t request, fuse_ino_t number, fuse_bufvec* from, off_t offset,
                  fuse_file_info* info) {
  const auto bytes = fuse_buf_size(from);
  std::size_t written = 0;
  const auto write = [&](int fd) -> Result<std::int64_t> {
    fuse_bufvec to = FUSE_BUFVEC_INIT(bytes);
    to.buf[0].flags = static_cast<fuse_buf_flags>(FUSE_BUF_IS_FD | FUSE_BUF_FD_SEEK);
    to.buf[0].fd = fd;
    to.buf[0].pos = place_of(*info, offset, fd);
    const auto copied = fuse_buf_copy(&to, from, FUSE_BUF_SPLICE_NONBLOCK);
    if (copied < 0) return system_error(static_cast<int>(-copied), "write");
    written = static_cast<std::size_t>(copied);
    return std::int64_t{to.buf[0].pos};
  };
  const auto asked = node(number);
  if (!is_dropped(asked)) {
    fuse_reply_err(request, EBADF);
    return;
  }
  auto& drop = drop_of(mount_of(request), asked);
  const auto handle = handle_of(info);
  const auto done = drop.write(handle, now(), write);
  if (!done) {
    reply_error(request, done);
    return;
  }
  fuse_reply_write(request, written);
  afterwards([&] { drop.look_ahead(handle); });  // while the writer reads on
}

// Replies once whoever asked can see in the tree what it did. Not for operations that make the
// kernel lock a folder of patients/ until they are answered: telling it to forget would wait for
// that lock.
void reply_when_seen(Mount& mount, fuse_req_t request, int error) {
  mount.notifier.after_now([request, error] { fuse_reply_err(request, error); });
}

void op_flush(fuse_req_t request, fuse_ino_t number, fuse_file_info* info) {
  auto& mount = mount_of(request);
  const auto asked = node(number);
  if (!is_dropped(asked)) {
    if (const auto content = mount.contents.find(info->fh)) mount.picture_reads.give_up(*content);
    fuse_reply_err(request, 0);
    return;
  }
  const auto finish = [&mount, request, asked, handle = handle_of(info)] {
    reply_when_seen(mount, request, errno_of(drop_of(mount, asked).finish(handle, now())));
    afterwards([&mount] { mount.incoming.report().write(); });
  };
  // Handing it to another thread costs as much as storing a small file does.
  if (const Turn turn(mount.importing_here, kImportingHereMax); turn) {
    finish();
  } else {
    answer_in(mount.importers, request, finish);
  }
}

// In modalities/ it waits for the answer to the C-STORE.
void sync_and_send(Mount& mount, fuse_req_t request, Drop::Handle handle) {
  const auto entry = mount.modalities.queue(handle, now());
  if (!entry) {
    fuse_reply_err(request, errno_of(entry.error()));
  } else if (*entry) {
    mount.send_waits.add(
        **entry, [request](int error) { fuse_reply_err(request, error); },
        [request] { return fuse_req_interrupted(request) != 0; });
  } else {
    reply_error(request, mount.modalities.sync(handle));
  }
}

void op_fsync(fuse_req_t request, fuse_ino_t number, int, fuse_file_info* info) {
  auto& mount = mount_of(request);
  const auto asked = node(number);
  if (!is_dropped(asked)) {
    fuse_reply_err(request, 0);
    return;
  }
  answer_in(mount.importers, request, [&mount, request, asked, handle = handle_of(info)] {
    if (is_of_modalities(asked)) {
      sync_and_send(mount, request, handle);
    } else {
      reply_error(request, drop_of(mount, asked).sync(handle));
    }
  });
}

// Both files are of this mount. Where the answer is EOPNOTSUPP, the kernel reads and writes.
void op_copy_file_range(fuse_req_t request, fuse_ino_t source_number, off_t from, fuse_file_info*,
                        fuse_ino_t number, off_t to, fuse_file_info* info, std::size_t bytes, int) {
  auto& mount = mount_of(request);
  const auto asked = node(number), source = node(source_number);
  if (!is_of_modalities(asked) || is_dropped(source)) {
    fuse_reply_err(request, EOPNOTSUPP);
    return;
  }
  const auto attr = mount.tree.stat(source);
  if (!attr || !S_ISREG(attr->st_mode)) {
    fuse_reply_err(request, EOPNOTSUPP);
    return;
  }
  // What is answered has 32 bits.
  constexpr std::size_t kBytesMax = 0xfffff000;
  const auto copied = mount.modalities.copy(
      handle_of(info),
      {source, attr->st_size, from, to, static_cast<std::int64_t>(std::min(bytes, kBytesMax))},
      now());
  if (!copied) {
    fuse_reply_err(request, errno_of(copied.error()));
    return;
  }
  fuse_reply_write(request, *copied);
}

// -- names

// True if something may be made in that folder; else the answer was given.
bool may_make(fuse_req_t request, fuse_ino_t parent, const char* name) {
  auto& mount = mount_of(request);
  const auto folder = node(parent);
  if (!is_dropped(folder) || mount.options.read_only) {
    fuse_reply_err(request, EROFS);
  } else if (is_place_to_drop(folder) && mount.tree.lookup(folder, name)) {
    fuse_reply_err(request, EPERM);
  } else {
    return true;
  }
  return false;
}

mode_t masked(fuse_req_t request, mode_t mode) {
  return mode & ~fuse_req_ctx(request)->umask;
}

void op_create(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode,
               fuse_file_info* info) {
  if (!may_make(request, parent, name)) return;
  auto& drop = drop_of(mount_of(request), node(parent));
  const auto made =
      drop.create(node(parent), name, masked(request, mode), writer_of(request), now());
  if (!made) {
    fuse_reply_err(request, errno_of(made.error()));
    return;
  }
  info->fh = static_cast<std::uint64_t>(made->handle);
  auto e = entry_param(made->file.node, made->file.attr);
  e.attr_timeout = kCreatedTimeout;
  if (fuse_reply_create(request, &e, info) != 0) drop.release(made->handle, now());
}

void op_mknod(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode, dev_t) {
  if (!may_make(request, parent, name)) return;
  if (!S_ISREG(mode)) {
    fuse_reply_err(request, EPERM);
    return;
  }
  auto& drop = drop_of(mount_of(request), node(parent));
  const auto made =
      drop.create(node(parent), name, masked(request, mode), writer_of(request), now());
  if (!made) {
    fuse_reply_err(request, errno_of(made.error()));
    return;
  }
  drop.release(made->handle, now());  // mknod opens nothing
  reply_entry(request, made->file.node, made->file.attr);
}

void op_mkdir(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode) {
  if (!may_make(request, parent, name)) return;
  auto& drop = drop_of(mount_of(request), node(parent));
  const auto made =
      drop.make_folder(node(parent), name, masked(request, mode), writer_of(request), now());
  if (!made) {
    fuse_reply_err(request, errno_of(made.error()));
    return;
  }
  reply_entry(request, made->node, made->attr);
}

void op_symlink(fuse_req_t request, const char* target, fuse_ino_t parent, const char* name) {
  if (!may_make(request, parent, name)) return;
  const auto folder = node(parent);
  if (!is_of_modalities(folder)) {
    fuse_reply_err(request, EPERM);
    return;
  }
  auto& mount = mount_of(request);
  answer_in(mount.importers, request,
            [&mount, request, folder, name = std::string(name), target = std::string(target),
             writer = writer_of(request)] {
              const auto made = mount.modalities.make_link(folder, name, target, writer, now());
              if (!made) {
                fuse_reply_err(request, errno_of(made.error()));
                return;
              }
              reply_entry(request, made->node, made->attr);
            });
}
void op_link(fuse_req_t request, fuse_ino_t, fuse_ino_t parent, const char* name) {
  if (may_make(request, parent, name)) fuse_reply_err(request, EPERM);
}

// What removing answers: a full folder is not a busy one.
int removal_errno(const Result<>& removed) {
  return !removed && removed.error().code == Errc::busy ? ENOTEMPTY : errno_of(removed);
}

bool may_remove(const Mount& mount, const Node& folder) {
  return !is_dropped(folder) && folder.kind != Kind::modality_failed &&
         mount.options.allow_delete && !mount.options.read_only;
}

// A letter is given up; its reason goes with it, whichever of them is removed first.
Result<> remove_letter(Mount& mount, const Node& folder, std::string_view name) {
  DCMFS_TRY(const auto found, mount.tree.lookup(folder, name));
  if (found.node.kind == Kind::failed_reason) return {};
  return mount.tree.modality_files().give_up(OutboxId{static_cast<std::int64_t>(found.node.row)},
                                             now());
}

void op_unlink(fuse_req_t request, fuse_ino_t parent, const char* name) {
  auto& mount = mount_of(request);
  const auto folder = node(parent);
  if (folder.kind == Kind::modality_failed && !mount.options.read_only) {
    answer_in(mount.importers, request, [&mount, request, folder, name = std::string(name)] {
      reply_error(request, remove_letter(mount, folder, name));
    });
  } else if (may_remove(mount, folder)) {
    // Not when seen: the kernel holds the folder until the answer, and so the notifier would wait
    // for this thread.
    answer_in(mount.importers, request, [&mount, request, folder, name = std::string(name)] {
      reply_error(request, mount.removal.unlink(folder, name, now()));
    });
  } else if (may_make(request, parent, name)) {
    reply_error(request, drop_of(mount, folder).remove(folder, name, now()));
  }
}

void op_rmdir(fuse_req_t request, fuse_ino_t parent, const char* name) {
  auto& mount = mount_of(request);
  const auto folder = node(parent);
  if (may_remove(mount, folder)) {
    fuse_reply_err(request, removal_errno(mount.removal.remove_folder(folder, name)));
  } else if (may_make(request, parent, name)) {
    fuse_reply_err(request,
                   removal_errno(drop_of(mount, folder).remove_folder(folder, name, now())));
  }
}

// In one place to drop files, or both in none.
bool are_together(Mount& mount, const Node& a, const Node& b) {
  if (!is_dropped(a) || !is_dropped(b)) return is_dropped(a) == is_dropped(b);
  auto &drop_of_a = drop_of(mount, a), &drop_of_b = drop_of(mount, b);
  if (&drop_of_a != &drop_of_b) return false;
  const auto root_of_a = drop_of_a.root_of(a), root_of_b = drop_of_b.root_of(b);
  return !root_of_a || !root_of_b || *root_of_a == *root_of_b;
}

void op_rename(fuse_req_t request, fuse_ino_t parent, const char* name, fuse_ino_t new_parent,
               const char* new_name, unsigned flags) {
  auto& mount = mount_of(request);
  const auto from = node(parent), to = node(new_parent);
  if (!are_together(mount, from, to)) {
    // At EXDEV mv copies, then says that it cannot remove the source. Where it can, nothing would be
    // left of an instance that is in the archive already.
    const bool would_be_lost = mount.options.allow_delete && !is_dropped(from) && is_dropped(to);
    fuse_reply_err(request, would_be_lost ? EPERM : EXDEV);
    return;
  }
  if (is_dropped(from) && !may_make(request, parent, name)) return;
  if (!may_make(request, new_parent, new_name)) return;
  if ((flags & ~RENAME_NOREPLACE) != 0) {
    fuse_reply_err(request, EINVAL);
    return;
  }
  const auto replace = (flags & RENAME_NOREPLACE) != 0 ? Drop::Replace::no : Drop::Replace::yes;
  answer_in(
      mount.importers, request,
      [&mount, request, from, to, replace, old = std::string(name), fresh = std::string(new_name)] {
        const auto renamed = drop_of(mount, from).rename(from, old, to, fresh, replace, now());
        const bool not_empty = !renamed && renamed.error().code == Errc::busy;
        reply_when_seen(mount, request, not_empty ? ENOTEMPTY : errno_of(renamed));
        afterwards([&mount] { mount.incoming.report().write(); });
      });
}

// -- extended attributes

void op_setxattr(fuse_req_t request, fuse_ino_t number, const char* name, const char* text,
                 std::size_t bytes, int flags) {
  const auto asked = node(number);
  if (!is_dropped(asked)) {
    fuse_reply_err(request, EROFS);
    return;
  }
  const std::string_view value(text, bytes);
  if (const auto mode = mode_of_acl(name, value)) {
    const Drop::Change change{.mode = *mode, .uid = {}, .gid = {}, .atime = {}, .mtime = {}};
    reply_error(request, drop_of(mount_of(request), asked).change(asked, change, now()));
    return;
  }
  // Others (security.*, trusted.*) are taken and forgotten, so that cp -a goes on.
  if (!is_supported_xattr(name)) {
    fuse_reply_err(request, 0);
    return;
  }
  const auto set =
      drop_of(mount_of(request), asked).set_xattr(asked, name, std::string(value), flags);
  fuse_reply_err(request, set ? 0 : xattr_errno(set.error()));
}

void op_removexattr(fuse_req_t request, fuse_ino_t number, const char* name) {
  const auto asked = node(number);
  if (!is_dropped(asked)) {
    fuse_reply_err(request, EROFS);
    return;
  }
  const auto removed = drop_of(mount_of(request), asked).remove_xattr(asked, name);
  fuse_reply_err(request, removed ? 0 : xattr_errno(removed.error()));
}

}  // namespace

void add_writing_operations(fuse_lowlevel_ops& o) {
  o.setattr = at_the_door<op_setattr>;
  o.write_buf = at_the_door<op_write_buf>;
  o.flush = at_the_door<op_flush>;
  o.fsync = at_the_door<op_fsync>;
  o.copy_file_range = at_the_door<op_copy_file_range>;
  o.create = at_the_door<op_create>;
  o.mknod = at_the_door<op_mknod>;
  o.mkdir = at_the_door<op_mkdir>;
  o.symlink = at_the_door<op_symlink>;
  o.link = at_the_door<op_link>;
  o.unlink = at_the_door<op_unlink>;
  o.rmdir = at_the_door<op_rmdir>;
  o.rename = at_the_door<op_rename>;
  o.setxattr = at_the_door<op_setxattr>;
  o.removexattr = at_the_door<op_removexattr>;
}

}  // namespace dcmfs::fs
