// The operations of the FUSE protocol that look: each finds out whom it concerns
// (the read-only tree or incoming/), asks, and translates the answer. Those that
// change something are in ops_write.cpp.
#include "fs/ops.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include <sys/statvfs.h>
#include <unistd.h>

#include "fs/errno.h"
#include "fs/xattrs.h"

namespace dcmfs::fs {
namespace {

// How long the kernel may believe an answer, in seconds. What is in patients/ is told to it when it
// changes (fs/notifier.h); the views and find/ change with everything that arrives; files in
// incoming/ change under their writers' hands.
constexpr double kPatientsTimeout = 24 * 3600.0;
constexpr double kViewTimeout = 0.5;
constexpr double kIncomingTimeout = 0;
// In incoming/ names come from the kernel's own calls only; it looks a name up twice before it
// makes the file.
constexpr double kIncomingMissingTimeout = 1;

constexpr unsigned kBytesMax = 1 << 20;  // of one message

// Names that are not there may be remembered where the notifier speaks of names.
constexpr Kinds kTold =
    only(Kind::patients) | only(Kind::patient) | only(Kind::study) | only(Kind::series);
constexpr Kinds kFixed = only(Kind::root) | only(Kind::readme) | only(Kind::find_readme) |
                         only(Kind::patient_json) | only(Kind::study_json) | only(Kind::study_zip) |
                         only(Kind::series_json) | only(Kind::instance_dcm) |
                         only(Kind::instance_json) | only(Kind::instance_png) |
                         only(Kind::instance_pdf) | only(Kind::frames) | only(Kind::frame_png);

}  // namespace

double timeout_of(const Node& node) {
  if (has(kTold | kFixed, node.kind)) return kPatientsTimeout;
  return is_incoming(node) || node.kind == Kind::incoming_report ? kIncomingTimeout : kViewTimeout;
}

fuse_entry_param entry_param(const Node& node, const struct stat& attr) {
  fuse_entry_param e{};
  e.ino = ino(node);
  e.attr = attr;
  e.attr_timeout = e.entry_timeout = timeout_of(node);
  return e;
}

Mount& mount_of(fuse_req_t request) {
  return **static_cast<std::optional<Mount>*>(fuse_req_userdata(request));
}

int errno_of(const Error& error) {
  return to_errno(error.code);
}
int errno_of(const Result<>& result) {
  return result ? 0 : errno_of(result.error());
}
int xattr_errno(const Error& error) {
  return error.code == Errc::not_found ? ENODATA : errno_of(error);
}

void reply_error(fuse_req_t request, const Result<>& result) {
  fuse_reply_err(request, errno_of(result));
}

namespace {

// -- report.jsonl stands in incoming/ but is not of it

constexpr Node kReport{Kind::incoming_report};
constexpr std::int64_t kReportCookie = 1;

struct stat report_attributes(Mount& mount) {
  auto attr = mount.tree.attributes(kReport, mount.incoming.report().size(),
                                    mount.incoming.report().modified());
  attr.st_mode = S_IFREG | (0444 & ~mount.options.umask);
  return attr;
}

// -- one answer for both parts

Result<Found> lookup(Mount& mount, const Node& folder, std::string_view name) {
  if (!is_incoming(folder)) {
    auto found = mount.tree.lookup(folder, name);
    if (found || !mount.options.allow_delete) return found;
    if (const auto gone = mount.removal.find(folder, name, now())) return *gone;
    return found;
  }
  if (folder.kind == Kind::incoming && name == kReportName)
    return Found{kReport, report_attributes(mount)};
  DCMFS_TRY(const auto found, mount.incoming.lookup(folder, name, now()));
  return Found{found.node, found.attr};
}

Result<struct stat> stat(Mount& mount, const Node& node, const fuse_file_info* info) {
  if (node == kReport) return report_attributes(mount);
  if (is_incoming(node)) return mount.incoming.stat(node, handle_of(info));
  auto attr = mount.tree.stat(node);
  if (attr || !mount.options.allow_delete) return attr;
  if (const auto gone = mount.removal.stat(node, now())) return *gone;
  return attr;
}

Result<> list(Mount& mount, const Node& folder, std::int64_t cookie, Tree::Files files,
              const Tree::Add& add) {
  if (!is_incoming(folder)) {
    auto listed = mount.tree.list(folder, cookie, files, add);
    if (!listed && mount.options.allow_delete && mount.removal.is_gone(folder, now())) return {};
    return listed;
  }
  if (folder.kind == Kind::incoming && cookie < kReportCookie &&
      !add({kReportName, kReport, report_attributes(mount), kReportCookie})) {
    return {};
  }
  return mount.incoming.list(
      folder, std::max(cookie, kReportCookie),
      [&](std::string_view name, const Node& node, const struct stat& attr, std::int64_t at) {
        return add({name, node, attr, at});
      });
}

// "." and "..": the kernel has an inode's number only, from a file handle (an NFS client's, or of
// open_by_handle_at), and wants the inode, or the way up to the root.
Result<Found> lookup_by_number(Mount& mount, const Node& asked, std::string_view name) {
  if (name == "..") {
    if (asked.kind != Kind::incoming_node) return mount.tree.parent(asked);
    DCMFS_TRY(const auto above, mount.incoming.parent(asked));
    return Found{above.node, above.attr};
  }
  DCMFS_TRY(const auto attr, stat(mount, asked, nullptr));
  return Found{asked, attr};
}

Result<std::unique_ptr<Content>> open_content(Mount& mount, const Node& node) {
  if (node != kReport) return mount.tree.open(node);
  DCMFS_TRY(auto blob, mount.incoming.report().open());
  return blob_content(std::move(blob));
}

// -- operations

void op_init(void*, fuse_conn_info* connection) {
  const unsigned wanted = FUSE_CAP_ASYNC_READ | FUSE_CAP_PARALLEL_DIROPS | FUSE_CAP_READDIRPLUS |
                          FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE | FUSE_CAP_SPLICE_READ |
                          FUSE_CAP_CACHE_SYMLINKS | FUSE_CAP_NO_OPENDIR_SUPPORT |
                          FUSE_CAP_AUTO_INVAL_DATA | FUSE_CAP_ATOMIC_O_TRUNC |
                          FUSE_CAP_EXPORT_SUPPORT;
  connection->want |= connection->capable & wanted;
  // Every listing is a readdirplus: what stat asks next costs us nothing more.
  connection->want &= ~static_cast<unsigned>(FUSE_CAP_READDIRPLUS_AUTO);
  connection->max_write = kBytesMax;
  connection->max_readahead = kBytesMax;
  connection->max_background = 64;
}

pid_t reader_of(fuse_req_t request) {
  return fuse_req_ctx(request)->pid;
}

bool remembers_missing(const Node& folder) {
  return has(kTold | only(Kind::root), folder.kind) || is_incoming(folder);
}

// Around an answer of what may change: see KernelMemory.
class Answer {
 public:
  explicit Answer(Mount& mount) : mount_(mount), version_(mount.memory.version()) {}
  ~Answer() {
    if (mount_.memory.version() != version_) mount_.notifier.repeat_since(version_);
  }
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  void note(const Node& node, KernelMemory::What what) const { mount_.memory.note(node, what); }

 private:
  Mount& mount_;
  const std::uint64_t version_;
};

void op_lookup(fuse_req_t request, fuse_ino_t parent, const char* name) {
  auto& mount = mount_of(request);
  const Answer answer(mount);
  const auto folder = node(parent);
  const std::string_view wanted(name);
  const auto found = wanted == "." || wanted == ".." ? lookup_by_number(mount, folder, wanted)
                                                     : lookup(mount, folder, wanted);
  answer.note(folder, found ? KernelMemory::names : KernelMemory::missing);
  if (found) {
    answer.note(found->node, KernelMemory::state);
    if (S_ISREG(found->attr.st_mode)) {
      mount.habits.looked_up(reader_of(request), ListingHabits::Clock::now());
    }
    const auto e = entry_param(found->node, found->attr);
    fuse_reply_entry(request, &e);
  } else if (found.error().code == Errc::not_found && remembers_missing(folder)) {
    fuse_entry_param nothing{};
    nothing.entry_timeout = is_incoming(folder) ? kIncomingMissingTimeout : kPatientsTimeout;
    fuse_reply_entry(request, &nothing);
  } else {
    fuse_reply_err(request, errno_of(found.error()));
  }
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
  const auto attr = stat(mount, asked, info);
  answer.note(asked, KernelMemory::state);
  if (!attr) {
    fuse_reply_err(request, errno_of(attr.error()));
    return;
  }
  fuse_reply_attr(request, &*attr, timeout_of(asked));
}

void op_readlink(fuse_req_t request, fuse_ino_t number) {
  const auto target = mount_of(request).tree.read_link(node(number));
  if (!target) {
    fuse_reply_err(request, errno_of(target.error()));
    return;
  }
  fuse_reply_readlink(request, target->c_str());
}

// The kernel lists a folder without opening it, and keeps the listing until it is told.
void op_opendir(fuse_req_t request, fuse_ino_t, fuse_file_info*) {
  fuse_reply_err(request, ENOSYS);
}

enum class Protocol { readdir, readdirplus };

// Without attributes the kernel makes no inode for the entry.
fuse_entry_param name_only(const struct stat& attr) {
  fuse_entry_param e{};
  e.attr = attr;
  return e;
}

void reply_listing(fuse_req_t request, fuse_ino_t number, std::size_t bytes_max, off_t cookie,
                   Protocol protocol, Tree::Files files) {
  thread_local std::vector<char> buffer(kBytesMax);
  bytes_max = std::min(bytes_max, buffer.size());
  std::size_t used = 0;
  auto& mount = mount_of(request);
  const Answer answer(mount);
  const auto folder = node(number);
  answer.note(folder, KernelMemory::state);
  answer.note(folder, KernelMemory::names);
  const auto add = [&](const Tree::Listed& entry) {
    const std::string name(entry.name);
    const auto rest = bytes_max - used;
    std::size_t size = 0;
    if (protocol == Protocol::readdirplus) {
      const bool bare = files == Tree::Files::names_only && S_ISREG(entry.attr.st_mode);
      const auto e = bare ? name_only(entry.attr) : entry_param(entry.node, entry.attr);
      size = fuse_add_direntry_plus(request, buffer.data() + used, rest, name.c_str(), &e,
                                    entry.cookie);
    } else {
      size = fuse_add_direntry(request, buffer.data() + used, rest, name.c_str(), &entry.attr,
                               entry.cookie);
    }
    if (size > rest) return false;
    used += size;
    answer.note(entry.node, KernelMemory::state);
    return true;
  };
  const auto listed = list(mount, folder, cookie, files, add);
  if (!listed && used == 0) {
    reply_error(request, listed);
    return;
  }
  fuse_reply_buf(request, buffer.data(), used);
}

void op_readdir(fuse_req_t request, fuse_ino_t number, std::size_t bytes_max, off_t cookie,
                fuse_file_info*) {
  reply_listing(request, number, bytes_max, cookie, Protocol::readdir, Tree::Files::names_only);
}
void op_readdirplus(fuse_req_t request, fuse_ino_t number, std::size_t bytes_max, off_t cookie,
                    fuse_file_info*) {
  auto& habits = mount_of(request).habits;
  const auto now = ListingHabits::Clock::now();
  const auto files = cookie == 0 ? habits.begins_listing(reader_of(request), node(number), now)
                                 : habits.goes_on_listing(reader_of(request), node(number), now);
  reply_listing(request, number, bytes_max, cookie, Protocol::readdirplus, files);
}

void op_fsyncdir(fuse_req_t request, fuse_ino_t, int, fuse_file_info*) {
  fuse_reply_err(request, 0);
}

// -- files

void op_open(fuse_req_t request, fuse_ino_t number, fuse_file_info* info) {
  auto& mount = mount_of(request);
  const auto asked = node(number);
  if (is_incoming(asked)) {
    const auto how =
        (info->flags & O_TRUNC) != 0 ? Incoming::Truncate::yes : Incoming::Truncate::no;
    const auto opened = mount.incoming.open(asked, how, now());
    if (!opened) {
      fuse_reply_err(request, errno_of(opened.error()));
      return;
    }
    info->fh = static_cast<std::uint64_t>(*opened);
    if (fuse_reply_open(request, info) != 0) mount.incoming.release(*opened, now());
    return;
  }
  if ((info->flags & O_ACCMODE) != O_RDONLY) {
    fuse_reply_err(request, EROFS);
    return;
  }
  const Answer answer(mount);
  answer.note(asked, KernelMemory::state);
  auto content = open_content(mount, asked);
  if (!content) {
    fuse_reply_err(request, errno_of(content.error()));
    return;
  }
  // What stands behind an inode of an instance never changes, so the pages stay good.
  info->keep_cache = asked != kReport;
  // A reader that is killed while it waits for a picture is heard of by its flush alone.
  info->noflush = (*content)->picture() == nullptr;
  info->fh = mount.contents.add(*std::move(content));
  if (fuse_reply_open(request, info) != 0) mount.contents.remove(info->fh);
}

void op_release(fuse_req_t request, fuse_ino_t number, fuse_file_info* info) {
  const auto asked = node(number);
  if (is_incoming(asked)) {
    mount_of(request).incoming.release(handle_of(info), now());
  } else {
    mount_of(request).contents.remove(info->fh);
  }
  fuse_reply_err(request, 0);
}

void op_read(fuse_req_t request, fuse_ino_t number, std::size_t bytes, off_t offset,
             fuse_file_info* info) {
  auto& mount = mount_of(request);
  const bool incoming = is_incoming(node(number));
  const auto content = incoming ? nullptr : mount.contents.find(info->fh);
  if (offset < 0 || (!incoming && !content)) {
    fuse_reply_err(request, offset < 0 ? EINVAL : EBADF);
    return;
  }
  bytes = std::min<std::size_t>(bytes, kBytesMax);
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
  std::vector<std::byte> buffer(bytes);
  const auto read = incoming ? mount.incoming.read(handle_of(info), offset, buffer)
                             : content->read(offset, buffer);
  if (!read) {
    // Whatever is wrong with a stored file, reading it is not the caller's mistake.
    fuse_reply_err(request, read.error().code == Errc::no_space ? ENOSPC : EIO);
    return;
  }
  fuse_reply_buf(request, reinterpret_cast<const char*>(buffer.data()), *read);
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
              is_incoming(asked) ? mount.incoming.xattr(asked, name)
                                 : dicom_xattr(mount.store, asked, name),
              bytes_max);
}

void op_listxattr(fuse_req_t request, fuse_ino_t number, std::size_t bytes_max) {
  auto& mount = mount_of(request);
  const auto asked = node(number);
  const auto names =
      is_incoming(asked) ? mount.incoming.xattrs(asked) : dicom_xattrs(mount.store, asked);
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
  const auto counts = mount.store.statistics();
  if (!space || !counts) {
    fuse_reply_err(request, EIO);
    return;
  }
  constexpr std::int64_t kBlock = 4096;
  struct statvfs st {};
  st.f_bsize = st.f_frsize = kBlock;
  st.f_blocks = static_cast<fsblkcnt_t>(space->total_bytes / kBlock);
  st.f_bfree = static_cast<fsblkcnt_t>(space->free_bytes / kBlock);
  st.f_bavail = static_cast<fsblkcnt_t>(space->available_bytes / kBlock);
  st.f_files = static_cast<fsfilcnt_t>(counts->instances);
  st.f_namemax = 255;
  fuse_reply_statfs(request, &st);
}

}  // namespace

const fuse_lowlevel_ops& operations() {
  static const fuse_lowlevel_ops ops = [] {
    fuse_lowlevel_ops o{};
    o.init = op_init;
    o.lookup = op_lookup;
    o.forget = op_forget;
    o.forget_multi = op_forget_multi;
    o.getattr = op_getattr;
    o.readlink = op_readlink;
    o.opendir = op_opendir;
    o.readdir = op_readdir;
    o.readdirplus = op_readdirplus;
    o.fsyncdir = op_fsyncdir;
    o.open = op_open;
    o.release = op_release;
    o.read = op_read;
    o.getxattr = op_getxattr;
    o.listxattr = op_listxattr;
    o.statfs = op_statfs;
    add_writing_operations(o);
    return o;
  }();
  return ops;
}

}  // namespace dcmfs::fs
