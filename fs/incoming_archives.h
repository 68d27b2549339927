#pragma once
// Archives that were dropped whole into incoming/: unpacked by a thread, one
// after the other, each member imported and told of in the report. Their files
// are complete in the spool, so what a crash or stopping interrupts is done at
// the next start (store/detail/recovery.h). Those that wait hold no descriptor. Thread safe.
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include <sys/types.h>

#include "fs/incoming_report.h"
#include "store/spool.h"
#include "store/store.h"

namespace dcmfs::fs {

class IncomingArchives {
 public:
  IncomingArchives(Store&, IncomingReport&);
  // Stops at the next block of the member that it is unpacking.
  ~IncomingArchives();

  // `path`: below incoming/. `uid`: of the writer.
  void add(SpoolFile, std::string path, uid_t uid);

 private:
  struct Archive {
    SpoolFile file;
    std::string path;
    uid_t uid;
  };
  void run(std::stop_token);
  void unpack(Archive&, std::stop_token);
  Result<> import_members(Archive&, std::stop_token);

  Store& store_;
  IncomingReport& report_;
  std::mutex mutex_;
  std::condition_variable_any wanted_;
  std::deque<Archive> archives_;  // guarded by mutex_
  std::jthread thread_;           // last: it uses all of the above
};

}  // namespace dcmfs::fs
