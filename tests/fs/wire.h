#pragma once
// The kernel's side of the FUSE protocol on a socketpair: real libfuse and our
// real operations, without a mount and without root. What the daemon tells the
// kernel to forget can be seen, too.
#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <linux/fuse.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fs/session.h"
#include "tests/support/temp_store.h"

namespace dcmfs::fs {

struct Reply {
  int error = 0;  // positive errno
  std::string bytes;

  template <class T>
  T as() const {
    T t{};
    std::memcpy(&t, bytes.data(), std::min(sizeof t, bytes.size()));
    return t;
  }
};

struct Forgotten {
  std::uint64_t inode = 0;
  std::string name;  // empty: the inode's attributes and content
  friend auto operator<=>(const Forgotten&, const Forgotten&) = default;
};

struct Listed {
  std::string name;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::uint32_t type = 0;  // DT_DIR, DT_REG, DT_LNK
};

inline std::vector<std::string> names_of(const std::vector<Listed>& entries) {
  std::vector<std::string> out;
  for (const auto& e : entries) out.push_back(e.name);
  return out;
}

// What the kernel has of an open file.
struct OpenFile {
  int error = 0;  // of open or create: then there is nothing else
  std::uint64_t inode = 0;
  std::uint64_t handle = 0;
};

class Wire {
 public:
  explicit Wire(Store& store, const Options& options = {}) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0) std::abort();
    for (const int end : ends) {
      const int bytes = 4 << 20;
      ::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    }
    fd_ = ends[1];
    session_ = *Session::attach(store, ends[0], options);
    server_ = std::jthread([this] { (void)session_->run(); });
    reader_ = std::jthread([this] { read_replies(); });
    fuse_init_in init{};
    init.major = FUSE_KERNEL_VERSION;
    init.minor = 38;
    init.max_readahead = 1 << 17;
    init.flags = ~0u & ~FUSE_INIT_EXT;
    (void)call(FUSE_INIT, 0, bytes_of(init));
  }
  ~Wire() {
    ::shutdown(fd_, SHUT_RDWR);
    server_.join();
    reader_.join();
    session_.reset();
    ::close(fd_);
  }

  // -- any message
  Reply call(std::uint32_t opcode, std::uint64_t node, std::string_view arguments) {
    return finish(begin(opcode, node, arguments));
  }
  // The same in two steps: the number of the request, then its answer.
  std::uint64_t begin(std::uint32_t opcode, std::uint64_t node, std::string_view arguments) {
    const std::scoped_lock lock(mutex_);
    const auto unique = next_unique_++;
    send(opcode, unique, node, arguments);
    return unique;
  }
  bool is_answered(std::uint64_t unique) {
    const std::scoped_lock lock(mutex_);
    return replies_.contains(unique);
  }
  Reply finish(std::uint64_t unique) {
    std::unique_lock lock(mutex_);
    came_.wait(lock, [&] { return replies_.contains(unique) || closed_; });
    auto reply = closed_ && !replies_.contains(unique) ? Reply{ENOTCONN, {}} : replies_[unique];
    replies_.erase(unique);
    return reply;
  }

  // -- the common ones
  Reply lookup(std::uint64_t folder, std::string_view name) {
    return call(FUSE_LOOKUP, folder, text(name));
  }
  // 0: not there.
  std::uint64_t find(std::initializer_list<std::string_view> path) {
    std::uint64_t at = FUSE_ROOT_ID;
    for (const auto part : path) {
      const auto reply = lookup(at, part);
      if (reply.error != 0) return 0;
      at = reply.as<fuse_entry_out>().nodeid;
      if (at == 0) return 0;
    }
    return at;
  }
  // 0: not there.
  std::uint64_t find_in(std::uint64_t folder, std::string_view name) {
    const auto reply = lookup(folder, name);
    return reply.error != 0 ? 0 : reply.as<fuse_entry_out>().nodeid;
  }
  Reply getattr(std::uint64_t node) {
    return call(FUSE_GETATTR, node, bytes_of(fuse_getattr_in{}));
  }
  // As the kernel asks before it reads.
  std::uint64_t size_of(const OpenFile& file) {
    fuse_getattr_in in{};
    in.getattr_flags = FUSE_GETATTR_FH;
    in.fh = file.handle;
    return call(FUSE_GETATTR, file.inode, bytes_of(in)).as<fuse_attr_out>().attr.size;
  }
  std::uint64_t size_of(std::uint64_t node) { return getattr(node).as<fuse_attr_out>().attr.size; }

  Reply create(std::uint64_t folder, std::string_view name) {
    fuse_create_in in{};
    in.flags = O_WRONLY;
    in.mode = 0644;
    auto made = call(FUSE_CREATE, folder, bytes_of(in) + text(name));
    if (made.error == 0) last_handle_[made.as<fuse_entry_out>().nodeid] = handle_in(made);
    return made;
  }
  OpenFile create_file(std::uint64_t folder, std::string_view name) {
    const auto made = create(folder, name);
    if (made.error != 0) return {made.error};
    return {0, made.as<fuse_entry_out>().nodeid, handle_in(made)};
  }
  OpenFile open(std::uint64_t inode, int flags) {
    fuse_open_in in{};
    in.flags = static_cast<std::uint32_t>(flags);
    const auto opened = call(FUSE_OPEN, inode, bytes_of(in));
    if (opened.error != 0) return {opened.error};
    return {0, inode, opened.as<fuse_open_out>().fh};
  }
  Reply write(const OpenFile& file, std::uint64_t offset, std::string_view content,
              int flags = O_WRONLY) {
    fuse_write_in in{};
    in.fh = file.handle;
    in.offset = offset;
    in.size = static_cast<std::uint32_t>(content.size());
    in.flags = static_cast<std::uint32_t>(flags);
    return call(FUSE_WRITE, file.inode, bytes_of(in) + std::string(content));
  }
  // Of an inode: by the handle that was made for it last.
  Reply write(std::uint64_t inode, std::uint64_t offset, std::string_view content) {
    return write(OpenFile{0, inode, last_handle_[inode]}, offset, content);
  }
  // The errno of close(), before the file is released.
  int flush(const OpenFile& file) {
    fuse_flush_in in{};
    in.fh = file.handle;
    return call(FUSE_FLUSH, file.inode, bytes_of(in)).error;
  }
  int fsync(const OpenFile& file) {
    fuse_fsync_in in{};
    in.fh = file.handle;
    return call(FUSE_FSYNC, file.inode, bytes_of(in)).error;
  }
  void release(const OpenFile& file) {
    fuse_release_in in{};
    in.fh = file.handle;
    (void)call(FUSE_RELEASE, file.inode, bytes_of(in));
  }
  int close(const OpenFile& file) {
    const int error = flush(file);
    release(file);
    return error;
  }
  // ftruncate(), or truncate() where the handle is not known.
  int truncate(const OpenFile& file, std::uint64_t size) {
    fuse_setattr_in in{};
    in.valid = FATTR_SIZE | (file.handle != 0 ? FATTR_FH : 0);
    in.fh = file.handle;
    in.size = size;
    return call(FUSE_SETATTR, file.inode, bytes_of(in)).error;
  }
  int unlink(std::uint64_t folder, std::string_view name) {
    return call(FUSE_UNLINK, folder, text(name)).error;
  }
  int rmdir(std::uint64_t folder, std::string_view name) {
    return call(FUSE_RMDIR, folder, text(name)).error;
  }
  // 0: not made.
  std::uint64_t mkdir(std::uint64_t folder, std::string_view name) {
    fuse_mkdir_in in{};
    in.mode = 0755;
    return call(FUSE_MKDIR, folder, bytes_of(in) + text(name)).as<fuse_entry_out>().nodeid;
  }
  Reply rename(std::uint64_t from, std::string_view name, std::uint64_t to,
               std::string_view fresh) {
    fuse_rename2_in in{};
    in.newdir = to;
    return call(FUSE_RENAME2, from, bytes_of(in) + text(name) + text(fresh));
  }
  // What `cp` does: the errno of its close.
  int drop(std::uint64_t folder, std::string_view name, std::string_view content) {
    const auto file = create_file(folder, name);
    if (file.error != 0) return file.error;
    if (const auto written = write(file, 0, content); written.error != 0) return written.error;
    return close(file);
  }
  std::uint64_t begin_read(const OpenFile& file, std::uint64_t offset, std::uint32_t bytes) {
    fuse_read_in in{};
    in.fh = file.handle;
    in.offset = offset;
    in.size = bytes;
    return begin(FUSE_READ, file.inode, bytes_of(in));
  }
  // What the kernel sends when the process that waits for the answer got a signal.
  void interrupt(std::uint64_t unique) {
    fuse_interrupt_in in{};
    in.unique = unique;
    (void)begin(FUSE_INTERRUPT, 0, bytes_of(in));
  }
  Reply read_part(const OpenFile& file, std::uint64_t offset, std::uint32_t bytes) {
    return finish(begin_read(file, offset, bytes));
  }
  std::string read(const OpenFile& file, std::uint64_t offset, std::uint32_t bytes) {
    return read_part(file, offset, bytes).bytes;
  }
  std::string read(const OpenFile& file) {
    std::string all;
    for (;;) {
      const auto part = read_part(file, all.size(), 64 << 10);
      if (part.error != 0 || part.bytes.empty()) return all;
      all += part.bytes;
    }
  }
  std::string read(std::uint64_t inode) {
    const auto file = open(inode, O_RDONLY);
    if (file.error != 0) return {};
    auto all = read(file);
    release(file);
    return all;
  }
  // With readdirplus, `bytes` at a time.
  // But for "." and "..".
  std::vector<Listed> list(std::uint64_t folder, std::uint32_t bytes = 4096) {
    auto all = list_all(folder, bytes);
    std::erase_if(all, [](const Listed& e) { return e.name == "." || e.name == ".."; });
    return all;
  }
  std::vector<Listed> list_all(std::uint64_t folder, std::uint32_t bytes = 4096) {
    std::vector<Listed> all;
    for (std::uint64_t cookie = 0;;) {
      fuse_read_in in{};
      in.offset = cookie;
      in.size = bytes;
      const auto reply = call(FUSE_READDIRPLUS, folder, bytes_of(in));
      if (reply.error != 0 || reply.bytes.empty()) return all;
      for (std::size_t at = 0; at + sizeof(fuse_direntplus) <= reply.bytes.size();) {
        fuse_direntplus entry{};
        std::memcpy(&entry, reply.bytes.data() + at, offsetof(fuse_direntplus, dirent.name));
        const auto* name = reply.bytes.data() + at + offsetof(fuse_direntplus, dirent.name);
        all.push_back({{name, entry.dirent.namelen},
                       entry.entry_out.nodeid,
                       entry.entry_out.attr.size,
                       entry.dirent.type});
        cookie = entry.dirent.off;
        at += FUSE_DIRENTPLUS_SIZE(&entry);
      }
    }
  }

  Session& session() { return *session_; }

  // Everything that the kernel was told to forget so far.
  std::vector<Forgotten> forgotten() {
    const std::scoped_lock lock(mutex_);
    return forgotten_;
  }
  bool was_forgotten(const Forgotten& what) {
    const auto all = forgotten();
    return std::find(all.begin(), all.end(), what) != all.end();
  }

  template <class T>
  static std::string bytes_of(const T& t) {
    return {reinterpret_cast<const char*>(&t), sizeof t};
  }
  static std::string text(std::string_view s) { return std::string(s) + '\0'; }

 private:
  static std::uint64_t handle_in(const Reply& made) {
    return Reply{0, made.bytes.substr(sizeof(fuse_entry_out))}.as<fuse_open_out>().fh;
  }
  void send(std::uint32_t opcode, std::uint64_t unique, std::uint64_t node,
            std::string_view arguments) {
    fuse_in_header header{};
    header.len = static_cast<std::uint32_t>(sizeof header + arguments.size());
    header.opcode = opcode;
    header.unique = unique;
    header.nodeid = node;
    header.uid = ::getuid();
    header.gid = ::getgid();
    const auto message = bytes_of(header) + std::string(arguments);
    if (::write(fd_, message.data(), message.size()) < 0) closed_ = true;
  }

  void read_replies() {
    std::vector<char> buffer(2 << 20);
    for (;;) {
      const auto n = ::read(fd_, buffer.data(), buffer.size());
      const std::scoped_lock lock(mutex_);
      if (n <= 0) {
        closed_ = true;
        came_.notify_all();
        return;
      }
      fuse_out_header header{};
      std::memcpy(&header, buffer.data(), sizeof header);
      const std::string rest(buffer.data() + sizeof header,
                             static_cast<std::size_t>(n) - sizeof header);
      if (header.unique != 0) {
        replies_[header.unique] = {-header.error, rest};
        came_.notify_all();
      } else if (header.error == FUSE_NOTIFY_INVAL_INODE) {
        forgotten_.push_back({Reply{0, rest}.as<fuse_notify_inval_inode_out>().ino, {}});
      } else if (header.error == FUSE_NOTIFY_INVAL_ENTRY) {
        const auto out = Reply{0, rest}.as<fuse_notify_inval_entry_out>();
        forgotten_.push_back({out.parent, rest.substr(sizeof out, out.namelen)});
      }
    }
  }

  int fd_ = -1;
  std::unique_ptr<Session> session_;
  std::mutex mutex_;
  std::condition_variable came_;
  std::uint64_t next_unique_ = 2;
  std::map<std::uint64_t, Reply> replies_;
  std::vector<Forgotten> forgotten_;
  std::map<std::uint64_t, std::uint64_t> last_handle_;  // by inode
  bool closed_ = false;
  std::jthread server_, reader_;
};

}  // namespace dcmfs::fs
