#pragma once
// The bytes of an open file of the tree. Its size is the one that stat told, until what it is made of
// changes. The kernel keeps the bytes by inode, for whoever opens it later: a file that is opened
// before a change never gives what was true then to who reads it after that.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "fs/pictures.h"
#include "store/blob.h"
#include "store/dicom/byte_source.h"
#include "store/result.h"

namespace dcmfs::fs {

// Thread safe: the kernel reads ahead from several threads.
class Content {
 public:
  virtual ~Content() = default;
  // Not nullptr: the bytes may have to be made first, they are asked of this and not read().
  virtual const Pictures::Open* picture() const { return nullptr; }
  // read() may wait for more than a disk: not in a thread that answers the kernel.
  virtual bool is_slow() const { return false; }
  // Fills `into` as far as the file reaches; fewer bytes mean its end.
  virtual Result<std::size_t> read(std::int64_t offset, std::span<std::byte> into);
  // A descriptor with the same bytes at the same offsets, for splice; or -1.
  virtual int fd() const { return -1; }
};

std::unique_ptr<Content> blob_content(Blob);
// `length` bytes of the file from `offset` on.
std::unique_ptr<Content> part_content(Blob, std::int64_t offset, std::int64_t length);
// The same of what can only be read by one at a time. Shared with what the source is part of.
std::unique_ptr<Content> source_content(std::shared_ptr<ByteSource>, std::int64_t offset,
                                        std::int64_t length);
std::unique_ptr<Content> text_content(std::string);
// Text that is made at the first read: opening a file costs nothing.
using MakeText = std::function<Result<std::string>()>;
std::unique_ptr<Content> lazy_content(MakeText);
// The same for text that changes while the file is open: made at every read.
std::unique_ptr<Content> changing_content(MakeText);
// Text that the network is asked for, at the first read.
std::unique_ptr<Content> slow_content(MakeText);

}  // namespace dcmfs::fs
