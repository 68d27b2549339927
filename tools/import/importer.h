#pragma once
// Files on their way into a store, many at a time: reading is limited to what
// the processors can follow, waiting for the commit is not, so that many share it.
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <semaphore>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "store/store.h"
#include "tools/import/queue.h"
#include "tools/import/tally.h"
#include "tools/import/walk.h"
#include "tools/progress.h"

namespace dcmfs::import {

struct ImporterOptions {
  int in_flight = 64;
  int readers = 4;
  bool list_each = false;
};

class Importer {
 public:
  Importer(Store&, Tally&, tools::Progress&, const ImporterOptions&);
  ~Importer();

  // Waits for room. False after stop(), or when the store can take no more.
  bool import(const Found&);
  void note_unreadable(const std::filesystem::path&, const Error&);
  // Waits for all. The error that made going on pointless, if there was one.
  Result<> finish();
  // From any thread: what is in flight is completed, nothing more is begun.
  void stop();
  bool stopped() const { return stopping_; }

 private:
  struct Member {  // of an archive, unpacked
    SpoolFile file;
    std::string name;
    std::int64_t bytes = 0;
  };
  using Work = std::variant<Found, Member>;

  void work();
  void import_file(const Found&);
  Result<> import_open_file(int fd, const Found&);
  void unpack_archive(int fd, const Found&);
  void take_member(Member);
  void add(SpoolFile&, const std::string& name, std::int64_t bytes);
  void note(const Tally::Case&);
  void refuse(const Error&, const std::string& name);

  Store& store_;
  Tally& tally_;
  tools::Progress& progress_;
  const ImporterOptions options_;
  std::counting_semaphore<> reading_;
  Queue<Work> queue_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::optional<Error> fatal_;  // guarded by mutex_
  std::vector<std::jthread> workers_;
};

}  // namespace dcmfs::import
