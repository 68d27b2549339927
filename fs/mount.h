#pragma once
// What the FUSE operations work on. Private to fs/ops*.cpp and fs/session.cpp.
#include <memory>

#include "fs/incoming.h"
#include "fs/notifier.h"
#include "fs/options.h"
#include "fs/picture_reads.h"
#include "fs/removal.h"
#include "fs/tree.h"
#include "fs/worker_pool.h"
#include "store/store.h"

struct fuse_lowlevel_ops;

namespace dcmfs::fs {

struct Mount {
  Store& store;
  const Options& options;
  Tree& tree;
  Removal& removal;
  Incoming& incoming;
  Notifier& notifier;
  WorkerPool& importers;
  PictureReads& picture_reads;
};

// The operations; their user data is a std::optional<Mount> that has a value by the first request.
const fuse_lowlevel_ops& operations();

}  // namespace dcmfs::fs
