#pragma once
// What the operations of the FUSE protocol share. Private to fs/ops*.cpp.
#include <exception>
#include <string_view>
#include <utility>

#include <fuse_lowlevel.h>

#include "fs/incoming.h"
#include "fs/mount.h"
#include "fs/node.h"
#include "store/guarded.h"

namespace dcmfs::fs {

inline constexpr unsigned kMessageBytesMax = 1 << 20;  // of one message

// In a place to drop files, or one itself.
inline bool is_dropped(const Node& node) {
  return kind_info(node.kind).dropped != Dropped::no;
}
// Such a place: the tree has something there, too, which cannot be dropped.
inline bool is_place_to_drop(const Node& node) {
  return is_dropped(node) && marked(node.kind, kWritable);
}
inline bool is_of_modalities(const Node& node) {
  return kind_info(node.kind).dropped == Dropped::modalities;
}
// In a folder failed/.
inline bool is_letter_or_reason(const Node& node) {
  return node.kind == Kind::failed_file || node.kind == Kind::failed_reason;
}
// Of a node that is_dropped().
inline Drop& drop_of(Mount& mount, const Node& node) {
  switch (kind_info(node.kind).dropped) {
    case Dropped::modalities:
      return mount.modalities;
    case Dropped::worklists:
      return mount.worklists;
    case Dropped::incoming:
    case Dropped::no:
      return mount.incoming;
  }
  return mount.incoming;
}
// Of a file that is dropped.
inline Drop::Handle handle_of(const fuse_file_info* info) {
  return info != nullptr ? Drop::Handle{info->fh} : Drop::Handle::none;
}
// What stands in it is told by another node: not in a thread that answers the kernel.
inline bool may_ask_a_peer(const Node& folder) {
  return folder.kind == Kind::remote_folder;
}
// What its pages say is true as long as the inode lives.
bool keeps_its_bytes(const Node&);

// "." and "..": the kernel has an inode's number only, from a file handle (an NFS client's, or of
// open_by_handle_at), and wants the inode, or the way up to the root.
Result<Found> lookup_by_number(Mount&, const Node&, std::string_view name);

Mount& mount_of(fuse_req_t);
Drop::Writer writer_of(fuse_req_t);
pid_t asker_of(fuse_req_t);  // the thread, not the process

// How long the kernel may believe what it is told of a node, in seconds.
double timeout_of(const Node&);
fuse_entry_param entry_param(const Node&, const struct stat&);
void reply_entry(fuse_req_t, const Node&, const struct stat&);

int errno_of(const Error&);
// Of a node of the tree that the kernel knows. If it is there no more, another one may have its
// name, and the kernel not be told yet: at ESTALE it looks the name up again.
int errno_of_missing(const Mount&, const Node&, const Error&);
int errno_of(const Result<>&);
int xattr_errno(const Error&);
void reply_error(fuse_req_t, const Result<>&);

// What an operation throws (there is no memory left) is the answer to its request and ends nothing
// else. Nothing may throw through libfuse, nor after a request was answered: see afterwards().
int errno_of_thrown(const std::exception&);
template <class Work>
void answer_or_fail(fuse_req_t request, const Work& work) {
  try {
    work();
  } catch (const std::exception& thrown) {
    fuse_reply_err(request, errno_of_thrown(thrown));
  }
}
template <auto operation>
struct Door;
template <class... Args, void (*operation)(fuse_req_t, Args...)>
struct Door<operation> {
  static void enter(fuse_req_t request, Args... args) {
    answer_or_fail(request, [&] { operation(request, args...); });
  }
};
// The operation, as it is given to libfuse.
template <auto operation>
inline constexpr auto at_the_door = &Door<operation>::enter;
// The same in a pool. Behind each request somebody waits, so that the kernel bounds them.
template <class Work>
void answer_in(WorkerPool& pool, fuse_req_t request, Work work) {
  pool.run([request, work = std::move(work)] { answer_or_fail(request, work); });
}
// What is done behind an answer, and is missed by nobody.
template <class Work>
void afterwards(const Work& work) {
  (void)guarded(work);
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

// In ops_list.cpp, ops_read.cpp and ops_write.cpp.
void add_listing_operations(fuse_lowlevel_ops&);
void add_reading_operations(fuse_lowlevel_ops&);
void add_writing_operations(fuse_lowlevel_ops&);

}  // namespace dcmfs::fs
