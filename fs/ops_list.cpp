// The operations of the FUSE protocol that list folders.
#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include "fs/ops.h"

namespace dcmfs::fs {
namespace {

// Behind these a listing begins: programs expect "." and "..", and those for MATLAB and Octave skip the first two.
constexpr std::int64_t kBehindDot = INT64_MAX - 1, kBehindDotDot = INT64_MAX;
// What is dropped has cookies below, the tree's rows have theirs from there on (tree_table.h).
constexpr std::int64_t kTreeCookies = std::int64_t{1} << 56;

// True if there is room for more.
Result<bool> list_dropped(Mount& mount, const Node& folder, std::int64_t cookie,
                          const Tree::Add& add) {
  bool more = true;
  DCMFS_CHECK(drop_of(mount, folder)
                  .list(folder, cookie,
                        [&](std::string_view name, const Node& node, const struct stat& attr,
                            std::int64_t at) {
                          return more = add({name, node, attr, at});
                        }));
  return more;
}

Result<> list(Mount& mount, const Node& folder, std::int64_t cookie, Tree::Files files,
              const Tree::Add& add) {
  if (is_dropped(folder)) {
    if (cookie < kTreeCookies) {
      DCMFS_TRY(const bool more, list_dropped(mount, folder, cookie, add));
      if (!more) return {};
      cookie = 0;
    }
    return is_place_to_drop(folder) ? mount.tree.list(folder, cookie, files, add) : Result<>();
  }
  auto listed = mount.tree.list(folder, cookie, files, add);
  if (!listed && mount.options.allow_delete && mount.removal.is_gone(folder, now())) return {};
  return listed;
}

// The number of the folder above; its own where that cannot be told any more.
struct stat attributes_above(Mount& mount, const Node& folder) {
  struct stat attr {};
  const auto above = lookup_by_number(mount, folder, "..");
  attr.st_ino = above ? above->attr.st_ino : ino(folder);
  attr.st_mode = S_IFDIR;
  return attr;
}

// Of the kernel's two calls. True if there is room for more.
bool list_dots(Mount& mount, const Node& folder, std::int64_t cookie, const Tree::Add& add) {
  struct stat own {};
  own.st_ino = ino(folder);
  own.st_mode = S_IFDIR;
  if (cookie == 0 && !add({".", folder, own, kBehindDot})) return false;
  return cookie == kBehindDotDot ||
         add({"..", folder, attributes_above(mount, folder), kBehindDotDot});
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
  thread_local std::vector<char> buffer(kMessageBytesMax);
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
      const bool bare = entry.name == "." || entry.name == ".." ||
                        (files == Tree::Files::names_only && S_ISREG(entry.attr.st_mode));
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
  Result<> listed;
  std::size_t of_dots = 0;
  const bool begins = cookie == 0 || cookie >= kBehindDot;
  if (!begins || list_dots(mount, folder, cookie, add)) {
    of_dots = used;
    listed = list(mount, folder, begins ? 0 : cookie, files, add);
  }
  if (!listed && used == of_dots) {
    reply_error(request, listed);
    return;
  }
  fuse_reply_buf(request, buffer.data(), used);
}

// In the pool, if it may take long.
void begin_listing(fuse_req_t request, fuse_ino_t number, std::size_t bytes_max, off_t cookie,
                   Protocol protocol, Tree::Files files) {
  if (!may_ask_a_peer(node(number))) {
    reply_listing(request, number, bytes_max, cookie, protocol, files);
    return;
  }
  answer_in(mount_of(request).askers, request,
            [request, number, bytes_max, cookie, protocol, files] {
              reply_listing(request, number, bytes_max, cookie, protocol, files);
            });
}

void op_readdir(fuse_req_t request, fuse_ino_t number, std::size_t bytes_max, off_t cookie,
                fuse_file_info*) {
  begin_listing(request, number, bytes_max, cookie, Protocol::readdir, Tree::Files::names_only);
}
void op_readdirplus(fuse_req_t request, fuse_ino_t number, std::size_t bytes_max, off_t cookie,
                    fuse_file_info*) {
  auto& habits = mount_of(request).habits;
  const auto now = ListingHabits::Clock::now();
  const auto files = cookie == 0 ? habits.begins_listing(asker_of(request), node(number), now)
                                 : habits.goes_on_listing(asker_of(request), node(number), now);
  begin_listing(request, number, bytes_max, cookie, Protocol::readdirplus, files);
}

void op_fsyncdir(fuse_req_t request, fuse_ino_t, int, fuse_file_info*) {
  fuse_reply_err(request, 0);
}

}  // namespace

void add_listing_operations(fuse_lowlevel_ops& o) {
  o.opendir = at_the_door<op_opendir>;
  o.readdir = at_the_door<op_readdir>;
  o.readdirplus = at_the_door<op_readdirplus>;
  o.fsyncdir = at_the_door<op_fsyncdir>;
}

}  // namespace dcmfs::fs
