// The operations of the FUSE protocol that look at one thing: each finds out whom it concerns
// (the read-only tree or what is dropped), asks, and translates the answer. Folders are listed in
// ops_list.cpp, files read in ops_read.cpp, and what changes something is in ops_write.cpp.
#include "fs/ops.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <optional>

#include <sys/statvfs.h>
#include <unistd.h>

#include "fs/errno.h"
#include "fs/xattrs.h"

namespace dcmfs::fs {
namespace {

// How long the kernel may believe an answer, in seconds. What is in patients/ is told to it when it
// changes (fs/notifier.h); the views and find/ change with everything that arrives; files that are
// dropped change under their writers' hands, what tells of modalities whenever something is sent.
constexpr double kPatientsTimeout = 24 * 3600.0;
constexpr double kViewTimeout = 0.5;
constexpr double kDroppedTimeout = 0;
// Folders there stay for longer than this after they were looked up (fs/drop.h): `cp -r` would look up each
// part of the path again for each file.
constexpr double kDroppedFolderTimeout = 1;
// There names come from the kernel's own calls only; it looks a name up twice before it
// makes the file.
constexpr double kDroppedMissingTimeout = 1;
constexpr double kGoneTimeout = 0;  // nobody tells of the end of its minute

}  // namespace

double timeout_of(const Node& node) {
  switch (kind_info(node.kind).memory) {
    case Memory::names:
    case Memory::told:
    case Memory::ever:
      return kPatientsTimeout;
    case Memory::never:
    case Memory::dropped:
      return kDroppedTimeout;
    case Memory::shortly:
      return kViewTimeout;
  }
  return kDroppedTimeout;
}

bool keeps_its_bytes(const Node& node) {
  return kind_info(node.kind).memory != Memory::never;
}

fuse_entry_param entry_param(const Node& node, const struct stat& attr) {
  fuse_entry_param e{};
  e.ino = ino(node);
  e.attr = attr;
  const bool is_dropped_folder = is_dropped(node) && S_ISDIR(attr.st_mode);
  e.attr_timeout = e.entry_timeout = is_dropped_folder ? kDroppedFolderTimeout : timeout_of(node);
  return e;
}

void reply_entry(fuse_req_t request, const Node& node, const struct stat& attr) {
  const auto e = entry_param(node, attr);
  fuse_reply_entry(request, &e);
}

Drop::Writer writer_of(fuse_req_t request) {
  const auto* context = fuse_req_ctx(request);
  return {context->uid, context->gid};
}

Mount& mount_of(fuse_req_t request) {
  return **static_cast<std::optional<Mount>*>(fuse_req_userdata(request));
}

int errno_of(const Error& error) {
  return to_errno(error.code);
}
int errno_of_missing(const Mount& mount, const Node& node, const Error& error) {
  // What can still be looked up is not looked for again.
  const bool is_stale =
      error.code == Errc::not_found && !is_dropped(node) && !mount.removal.is_gone(node, now());
  return is_stale ? ESTALE : errno_of(error);
}
int errno_of(const Result<>& result) {
  return result ? 0 : errno_of(result.error());
}
int xattr_errno(const Error& error) {
  return error.code == Errc::not_found ? ENODATA : errno_of(error);
}

int errno_of_thrown(const std::exception& thrown) {
  return dynamic_cast<const std::bad_alloc*>(&thrown) != nullptr ? ENOMEM : EIO;
}

pid_t asker_of(fuse_req_t request) {
  return fuse_req_ctx(request)->pid;
}

void reply_error(fuse_req_t request, const Result<>& result) {
  fuse_reply_err(request, errno_of(result));
}

namespace {

Result<Found> lookup(Mount& mount, const Node& folder, std::string_view name) {
  if (is_dropped(folder)) {
    if (is_place_to_drop(folder)) {
      auto found = mount.tree.lookup(folder, name);
      if (found || found.error().code != Errc::not_found) return found;
    }
    DCMFS_TRY(const auto found, drop_of(mount, folder).lookup(folder, name, now()));
    return Found{found.node, found.attr};
  }
  auto found = mount.tree.lookup(folder, name);
  if (found && is_dropped(found->node)) {
    DCMFS_TRY(found->attr, drop_of(mount, found->node).stat(found->node));
  }
  if (found || !mount.options.allow_delete) return found;
  if (const auto gone = mount.removal.find(folder, name, now())) return *gone;
  return found;
}

Result<Found> stat(Mount& mount, const Node& node, const fuse_file_info* info) {
  const auto attr =
      is_dropped(node) ? drop_of(mount, node).stat(node, handle_of(info)) : mount.tree.stat(node);
  if (attr) return Found{node, *attr};
  if (mount.options.allow_delete) {
    if (const auto gone = mount.removal.find(node, now())) return *gone;
  }
  return attr.error();
}

void op_init(void* user, fuse_conn_info* connection) {
  const unsigned wanted = FUSE_CAP_ASYNC_READ | FUSE_CAP_PARALLEL_DIROPS | FUSE_CAP_READDIRPLUS |
                          FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE | FUSE_CAP_SPLICE_READ |
                          FUSE_CAP_CACHE_SYMLINKS | FUSE_CAP_NO_OPENDIR_SUPPORT |
                          FUSE_CAP_AUTO_INVAL_DATA | FUSE_CAP_ATOMIC_O_TRUNC |
                          FUSE_CAP_EXPORT_SUPPORT;
  connection->want |= connection->capable & wanted;
  // Every listing is a readdirplus: what stat asks next costs us nothing more.
  connection->want &= ~static_cast<unsigned>(FUSE_CAP_READDIRPLUS_AUTO);
  connection->max_write = kMessageBytesMax;
  connection->max_readahead = kMessageBytesMax;
  connection->max_background = 64;
  // libfuse wants to hear it here and at the mount (session.cpp).
  connection->max_read = (*static_cast<std::optional<Mount>*>(user))->options.max_read;
}

bool remembers_missing(const Node& folder) {
  return kind_info(folder.kind).memory == Memory::names || folder.kind == Kind::root ||
         is_dropped(folder);
}

void answer_lookup(fuse_req_t request, const Node& folder, std::string_view wanted) {
  auto& mount = mount_of(request);
  const Answer answer(mount);
  const auto found = wanted == "." || wanted == ".." ? lookup_by_number(mount, folder, wanted)
                                                     : lookup(mount, folder, wanted);
  answer.note(folder, found ? KernelMemory::names : KernelMemory::missing);
  if (found) {
    answer.note(found->node, KernelMemory::state);
    if (S_ISREG(found->attr.st_mode)) {
      mount.habits.looked_up(asker_of(request), ListingHabits::Clock::now());
    }
    auto e = entry_param(found->node, found->attr);
    if (found->is_gone) e.attr_timeout = e.entry_timeout = kGoneTimeout;
    fuse_reply_entry(request, &e);
  } else if (found.error().code == Errc::not_found && remembers_missing(folder)) {
    fuse_entry_param nothing{};
    nothing.entry_timeout = is_dropped(folder) ? kDroppedMissingTimeout : kPatientsTimeout;
    fuse_reply_entry(request, &nothing);
  } else {
    fuse_reply_err(request, errno_of(found.error()));
  }
}

void op_lookup(fuse_req_t request, fuse_ino_t parent, const char* name) {
  const auto folder = node(parent);
  if (!may_ask_a_peer(folder)) return answer_lookup(request, folder, name);
  answer_in(mount_of(request).askers, request,
            [request, folder, name = std::string(name)] { answer_lookup(request, folder, name); });
}

void op_forget(fuse_req_t request, fuse_ino_t, std::uint64_t) {
  fuse_reply_none(request);
}
void op_forget_multi(fuse_req_t request, std::size_t, fuse_forget_data*) {
  fuse_reply_none(request);
}

void op_getattr(fuse_req_t request, fuse_ino_t number, fuse_file_info* info) {
  auto& mount = mount_of(request);
  const Answer answer(mount);
  const auto asked = node(number);
  const auto found = stat(mount, asked, info);
  answer.note(asked, KernelMemory::state);
  if (!found) {
    fuse_reply_err(request, errno_of_missing(mount, asked, found.error()));
    return;
  }
  fuse_reply_attr(request, &found->attr, found->is_gone ? kGoneTimeout : timeout_of(asked));
}

// rm takes it, and nobody writes to it.
bool is_removable(const Options& options, const Node& node) {
  return is_letter_or_reason(node) || (options.allow_delete && resource_of(node).has_value());
}

// For access(2), where nobody else checks permissions (default_permissions: then the kernel does not
// ask). What is told of files that are removed is what their modes say: rm asks whether it is meant,
// and at EROFS it would not begin.
int access_errno(const Options& options, const Node& asked, mode_t mode, int wanted) {
  if ((wanted & X_OK) != 0 && S_ISREG(mode) && (mode & 0111) == 0) return EACCES;
  if ((wanted & W_OK) == 0) return 0;
  if (options.read_only) return EROFS;
  if (is_dropped(asked) || is_changed_by_users(options, asked.kind)) return 0;
  return is_removable(options, asked) ? EACCES : EROFS;
}

void op_access(fuse_req_t request, fuse_ino_t number, int wanted) {
  auto& mount = mount_of(request);
  const auto asked = node(number);
  const auto found = stat(mount, asked, nullptr);
  fuse_reply_err(request, found ? access_errno(mount.options, asked, found->attr.st_mode, wanted)
                                : errno_of_missing(mount, asked, found.error()));
}

void op_readlink(fuse_req_t request, fuse_ino_t number) {
  auto& mount = mount_of(request);
  const auto asked = node(number);
  const auto target = asked.kind == Kind::modality_node ? mount.modalities.read_link(asked)
                                                        : mount.tree.read_link(asked);
  if (!target) {
    fuse_reply_err(request, errno_of(target.error()));
    return;
  }
  fuse_reply_readlink(request, target->c_str());
}

// -- extended attributes

// The protocol asks for the size first.
void reply_xattr(fuse_req_t request, const Result<std::string>& text, std::size_t bytes_max) {
  if (!text) {
    fuse_reply_err(request, xattr_errno(text.error()));
  } else if (bytes_max == 0) {
    fuse_reply_xattr(request, text->size());
  } else if (text->size() > bytes_max) {
    fuse_reply_err(request, ERANGE);
  } else {
    fuse_reply_buf(request, text->data(), text->size());
  }
}

void op_getxattr(fuse_req_t request, fuse_ino_t number, const char* name, std::size_t bytes_max) {
  if (!is_supported_xattr(name)) {
    fuse_reply_err(request, EOPNOTSUPP);
    return;
  }
  auto& mount = mount_of(request);
  const auto asked = node(number);
  reply_xattr(request,
              is_dropped(asked) ? drop_of(mount, asked).xattr(asked, name)
                                : dicom_xattr(mount.store, asked, name),
              bytes_max);
}

void op_listxattr(fuse_req_t request, fuse_ino_t number, std::size_t bytes_max) {
  auto& mount = mount_of(request);
  const auto asked = node(number);
  const auto names =
      is_dropped(asked) ? drop_of(mount, asked).xattrs(asked) : dicom_xattrs(mount.store, asked);
  if (!names) {
    fuse_reply_err(request, errno_of(names.error()));
    return;
  }
  std::string all;
  for (const auto& name : *names) all.append(name).push_back('\0');
  reply_xattr(request, all, bytes_max);
}

// -- the whole

void op_statfs(fuse_req_t request, fuse_ino_t) {
  auto& mount = mount_of(request);
  const auto space = mount.store.space();
  // Those that are there would have to be counted after every change, while a thread that answers the
  // kernel waits.
  const auto last = mount.store.last_instance();
  if (!space || !last) {
    fuse_reply_err(request, EIO);
    return;
  }
  constexpr std::int64_t kBlock = 4096;
  struct statvfs st {};
  st.f_bsize = st.f_frsize = kBlock;
  st.f_blocks = static_cast<fsblkcnt_t>(space->total_bytes / kBlock);
  st.f_bfree = static_cast<fsblkcnt_t>(space->free_bytes / kBlock);
  st.f_bavail = static_cast<fsblkcnt_t>(space->available_bytes / kBlock);
  st.f_ffree = st.f_favail = static_cast<fsfilcnt_t>(space->free_files);
  st.f_files = static_cast<fsfilcnt_t>(value(*last)) + st.f_ffree;
  st.f_namemax = 255;
  fuse_reply_statfs(request, &st);
}

}  // namespace

Result<Found> lookup_by_number(Mount& mount, const Node& asked, std::string_view name) {
  if (name == "..") {
    if (!is_dropped(asked) || marked(asked.kind, kWritable)) return mount.tree.parent(asked);
    DCMFS_TRY(const auto above, drop_of(mount, asked).parent(asked));
    return Found{above.node, above.attr};
  }
  return stat(mount, asked, nullptr);
}

const fuse_lowlevel_ops& operations() {
  static const fuse_lowlevel_ops ops = [] {
    fuse_lowlevel_ops o{};
    o.init = op_init;
    o.lookup = at_the_door<op_lookup>;
    o.forget = at_the_door<op_forget>;
    o.forget_multi = at_the_door<op_forget_multi>;
    o.getattr = at_the_door<op_getattr>;
    o.access = at_the_door<op_access>;
    o.readlink = at_the_door<op_readlink>;
    o.getxattr = at_the_door<op_getxattr>;
    o.listxattr = at_the_door<op_listxattr>;
    o.statfs = at_the_door<op_statfs>;
    add_listing_operations(o);
    add_reading_operations(o);
    add_writing_operations(o);
    return o;
  }();
  return ops;
}

}  // namespace dcmfs::fs
