#include "fs/session.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <optional>

#include <fuse_lowlevel.h>
#include <pthread.h>
#include <sys/uio.h>
#include <unistd.h>

#include "fs/mount.h"
#include "fs/picture_content.h"
#include "store/guarded.h"
#include "store/stopped_within.h"

namespace dcmfs::fs {
namespace {

constexpr std::size_t kImportThreads = 16;  // each waits for a commit that they share
constexpr std::size_t kAskThreads = 8;      // each waits for another node
constexpr unsigned kFuseThreadsMax = 32;
constexpr unsigned kFuseThreadsIdle = 8;
constexpr std::chrono::seconds kTidyEvery{5};

// Interrupts libfuse's wait; it does nothing itself.
constexpr int kWakeSignal = SIGUSR1;
void do_nothing(int) {}

// A comma would end the option for libfuse.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ',' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::vector<std::string> arguments(const Store& store, const Options& options) {
  std::vector<std::string> args{"dcmfs"};
  const auto option = [&args](std::string_view text) {
    args.emplace_back("-o");
    args.push_back(escaped(text));
  };
  option("subtype=dcmfs");
  option("fsname=" + store.root().string());  // one that is given counts: it comes later
  if (options.read_only) option("ro");
  if (options.allow_other) option("allow_other");
  if (options.default_permissions) option("default_permissions");
  if (options.max_read > 0) option("max_read=" + std::to_string(options.max_read));
  for (const auto& text : options.fuse_options) option(text);
  return args;
}

// When the store last changed, so that it looks the same on every mount.
TreeChange last_change(const Store& store) {
  const auto last = store.changes().tree_changed();
  return last && *last ? **last : TreeChange{0, now()};
}

ssize_t socket_writev(int fd, iovec* parts, int count, void*) {
  return ::writev(fd, parts, count);
}
ssize_t socket_read(int fd, void* buffer, std::size_t bytes, void*) {
  return ::read(fd, buffer, bytes);
}

}  // namespace

struct Session::Parts {
  Store& store;
  const Options options;
  fuse_session* fuse = nullptr;
  std::string mountpoint;  // absolute
  bool mounted = false;
  bool on_socket = false;
  std::atomic<bool> stopping = false;
  std::atomic<bool> running = false;
  pthread_t loop_thread{};
  std::mutex stopping_notifier;
  Notifier* notifier = nullptr;  // while it may be stopped; guarded by stopping_notifier
  std::optional<Mount> mount;    // refers to what lives in run()

  Parts(Store& s, const Options& o) : store(s), options(o) {}
  ~Parts() {
    if (mounted) fuse_session_unmount(fuse);
    if (fuse != nullptr) fuse_session_destroy(fuse);
  }

  Result<> make_session() {
    auto args = arguments(store, options);
    std::vector<char*> pointers;
    pointers.reserve(args.size());
    for (auto& arg : args) pointers.push_back(arg.data());
    fuse_args fuse_arguments = FUSE_ARGS_INIT(static_cast<int>(pointers.size()), pointers.data());
    fuse = fuse_session_new(&fuse_arguments, &operations(), sizeof(fuse_lowlevel_ops), &mount);
    fuse_opt_free_args(&fuse_arguments);
    if (fuse == nullptr) {
      return Error{Errc::invalid_argument,
                   "a mount option was not understood (see the line above)"};
    }
    return {};
  }

  void offer(Notifier* running_now) {
    const std::lock_guard lock(stopping_notifier);
    notifier = running_now;
  }

  int loop() {
    if (on_socket) return fuse_session_loop(fuse);
    auto* config = fuse_loop_cfg_create();
    fuse_loop_cfg_set_clone_fd(config, 1);
    fuse_loop_cfg_set_max_threads(config, kFuseThreadsMax);
    fuse_loop_cfg_set_idle_threads(config, kFuseThreadsIdle);
    const int result = fuse_session_loop_mt(fuse, config);
    fuse_loop_cfg_destroy(config);
    return result;
  }
};

Session::Session(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::mount(Store& store,
                                                const std::filesystem::path& mountpoint,
                                                const Options& options) {
  auto parts = std::make_unique<Parts>(store, options);
  DCMFS_CHECK(parts->make_session());
  if (fuse_session_mount(parts->fuse, mountpoint.c_str()) != 0) {
    return Error{Errc::io, "cannot mount on " + mountpoint.string() + " (the line above says why)"};
  }
  parts->mounted = true;
  parts->mountpoint = std::filesystem::absolute(mountpoint).lexically_normal().string();
  while (parts->mountpoint.ends_with('/')) parts->mountpoint.pop_back();
  return std::unique_ptr<Session>(new Session(std::move(parts)));
}

Result<std::unique_ptr<Session>> Session::attach(Store& store, int socket, const Options& options) {
  auto parts = std::make_unique<Parts>(store, options);
  DCMFS_CHECK(parts->make_session());
  fuse_custom_io io{};
  io.writev = socket_writev;
  io.read = socket_read;
  if (fuse_session_custom_io(parts->fuse, &io, socket) != 0) {
    return Error{Errc::io, "libfuse does not take the socket"};
  }
  parts->on_socket = true;
  return std::unique_ptr<Session>(new Session(std::move(parts)));
}

Result<> Session::run() {
  auto& p = *parts_;
  struct sigaction wake {};
  wake.sa_handler = do_nothing;
  sigaction(kWakeSignal, &wake, nullptr);
  sigset_t wake_set;
  sigemptyset(&wake_set);
  sigaddset(&wake_set, kWakeSignal);
  pthread_sigmask(SIG_UNBLOCK, &wake_set, nullptr);

  const auto folder = p.store.root() / "incoming";
  std::error_code ignored;
  std::filesystem::create_directory(folder, ignored);  // without it there is no report, no more
  PictureReads picture_reads;
  Pictures pictures(png_maker(p.store));
  Tree tree(p.store, p.options, last_change(p.store), pictures);
  Removal removal(tree);
  OpenContents contents;
  Incoming incoming(p.store, p.options, folder, tree.incoming_report(), now());
  Modalities modalities(tree, p.mountpoint, now());
  WorklistItems worklists(p.store, p.options, now());
  SendWaits send_waits(p.store);
  KernelMemory memory;
  Notifier notifier(p.store, memory,
                    {[&p](Ino number) { fuse_lowlevel_notify_inval_inode(p.fuse, number, 0, 0); },
                     [&p](Ino parent, const std::string& name) {
                       fuse_lowlevel_notify_inval_entry(p.fuse, parent, name.c_str(), name.size());
                     }},
                    [&tree](TreeChange change) { tree.touch(change); });
  ListingHabits habits;
  std::atomic<int> importing_here = 0;
  // Behind all that the requests in them use: at the end those that wait are still answered.
  WorkerPool importers(kImportThreads);
  WorkerPool askers(kAskThreads);
  p.mount.emplace(Mount{p.store, p.options, tree, removal, contents, incoming, modalities,
                        worklists, send_waits, memory, notifier, importers, askers, picture_reads,
                        habits, importing_here});
  std::jthread tidier([&incoming, &modalities, &worklists, &tree](std::stop_token stop) {
    while (!stop.stop_requested()) {
      stopped_within(stop, kTidyEvery);
      (void)guarded([&] {  // without memory, the next time
        incoming.tidy(now());
        modalities.tidy(now());
        worklists.tidy(now());
        tree.modality_files().look(now());
      });
    }
  });

  p.loop_thread = pthread_self();
  p.offer(&notifier);
  p.running = true;
  const int result = p.stopping ? 0 : p.loop();
  p.running = false;
  p.offer(nullptr);
  if (result < 0 && !p.stopping) return system_error(-result, "talking to the kernel");
  return {};
}

Pictures::Figures Session::pictures() const {
  return parts_->mount ? parts_->mount->tree.pictures().figures() : Pictures::Figures{};
}

std::size_t Session::pictures_ahead() const {
  return parts_->mount ? parts_->mount->tree.pictures().expected_max() : 0;
}

std::size_t Session::open_files() const {
  return parts_->mount ? parts_->mount->contents.size() : 0;
}

std::size_t Session::pictures_waited_for() const {
  return parts_->mount ? parts_->mount->picture_reads.size() : 0;
}

void Session::stop() {
  auto& p = *parts_;
  p.stopping = true;
  {
    // First, while requests are answered: where it waits for a folder that the kernel keeps for a
    // request, it would wait for ever.
    const std::lock_guard lock(p.stopping_notifier);
    if (p.notifier != nullptr) p.notifier->stop();
  }
  fuse_session_exit(p.fuse);
  // The signal may come just before libfuse begins to wait: send it until the loop has ended.
  while (p.running) {
    pthread_kill(p.loop_thread, kWakeSignal);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace dcmfs::fs
