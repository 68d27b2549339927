#pragma once
// The mounted tree: the kernel on one side, the store on the other.
#include <filesystem>
#include <memory>

#include "fs/options.h"
#include "fs/pictures.h"
#include "store/store.h"

namespace dcmfs::fs {

class Session {
 public:
  // Mounts, but answers nobody before run(). Call before daemonising is fine; threads start in
  // run().
  static Result<std::unique_ptr<Session>> mount(Store&, const std::filesystem::path& mountpoint,
                                                const Options&);
  // The same on a connected socket instead of /dev/fuse, for tests: see tests/fs/wire.h.
  static Result<std::unique_ptr<Session>> attach(Store&, int socket, const Options&);
  // Unmounts.
  ~Session();

  // Serves until the tree is unmounted (by whomever) or stop() is called, then finishes what is
  // under way: imports that were not yet acknowledged are completed.
  Result<> run();
  // From any thread or signal-waiting thread.
  void stop();
  // While it runs: of the pictures that were made so far, and how many are made ahead of a reader.
  Pictures::Figures pictures() const;
  std::size_t pictures_ahead() const;
  std::size_t open_files() const;           // of the read-only tree
  std::size_t pictures_waited_for() const;  // by how many reads

 private:
  struct Parts;
  explicit Session(std::unique_ptr<Parts>);
  std::unique_ptr<Parts> parts_;
};

}  // namespace dcmfs::fs
