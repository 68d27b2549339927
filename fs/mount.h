#pragma once
// What the FUSE operations work on. Private to fs/ops*.cpp and fs/session.cpp.
#include <atomic>
#include <memory>

#include "fs/incoming.h"
#include "fs/kernel_memory.h"
#include "fs/listing_habits.h"
#include "fs/modalities.h"
#include "fs/notifier.h"
#include "fs/open_contents.h"
#include "fs/options.h"
#include "fs/picture_reads.h"
#include "fs/removal.h"
#include "fs/send_waits.h"
#include "fs/tree.h"
#include "fs/worklist_items.h"
#include "store/store.h"
#include "store/worker_pool.h"

struct fuse_lowlevel_ops;

namespace dcmfs::fs {

struct Mount {
  Store& store;
  const Options& options;
  Tree& tree;
  Removal& removal;
  OpenContents& contents;
  Incoming& incoming;
  Modalities& modalities;
  WorklistItems& worklists;
  SendWaits& send_waits;
  KernelMemory& memory;
  Notifier& notifier;
  WorkerPool& importers;  // for what waits for a disk
  WorkerPool& askers;     // for what waits for another node, which may be silent for long
  PictureReads& picture_reads;
  ListingHabits& habits;
  std::atomic<int>& importing_here;
};

// The operations; their user data is a std::optional<Mount> that has a value by the first request.
const fuse_lowlevel_ops& operations();

}  // namespace dcmfs::fs
