#include "store/outbox_workers.h"

#include <algorithm>
#include <atomic>
#include <list>
#include <thread>

#include "store/guarded.h"

namespace dcmfs {
namespace {

constexpr std::chrono::milliseconds kLookAgain{10};
constexpr std::chrono::milliseconds kLookAtWorkers{50};  // whose end is no news
// A destination gets another thread for each so many entries.
constexpr std::int64_t kEntriesPerThread = 32;

}  // namespace

struct OutboxWorkers::Parts {
  struct Worker {
    std::string name;
    std::atomic<bool> ended = false;
    std::jthread thread;  // last: it uses the others
  };
  std::stop_source abort;

  Store& store;
  const std::vector<Carrier*> carriers;
  const WorkersOptions options;
  std::atomic<bool> has_thrown = false;  // a worker, which has left what it had claimed
  std::list<Worker> workers;             // of the dispatcher alone
  std::jthread dispatcher;               // last: it uses all of the above

  Parts(Store& s, std::vector<Carrier*> c, const WorkersOptions& o)
      : store(s), carriers(std::move(c)), options(o) {}

  void dispatch(std::stop_token stop) {
    while (!stop.stop_requested()) {
      const auto seen = store.outbox().news();
      std::erase_if(workers, [](const Worker& worker) { return worker.ended.load(); });
      // Nobody else sends, so that now all claims are of those.
      if (has_thrown && workers.empty() && store.outbox().forget_claims(now())) has_thrown = false;
      auto wait = options.look_every;
      (void)guarded([&] {  // without memory, the next time
        for (Carrier* carrier : carriers)
          for (const auto& name : carrier->destinations())
            wait = std::min(wait, look_after(*carrier, name));
      });
      if (!workers.empty()) wait = std::min(wait, kLookAtWorkers);
      store.outbox().wait(seen, std::max(wait, kLookAgain), stop);
    }
    for (Worker& worker : workers) worker.thread.request_stop();
    const auto end = std::chrono::steady_clock::now() + options.patience_at_end;
    const auto ended = [](const Worker& worker) { return worker.ended.load(); };
    while (!std::ranges::all_of(workers, ended) && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(kLookAgain);
    }
    abort.request_stop();
    workers.clear();
  }

  // How long nothing of it will be due.
  std::chrono::milliseconds look_after(Carrier& carrier, const std::string& name) {
    const auto running = std::ranges::count(workers, name, &Worker::name);
    if (running >= carrier.threads_max(name)) return options.look_every;
    const auto due = store.outbox().next_due(name);
    if (!due || !*due) return options.look_every;
    if (const auto left = **due - now(); left.count() > 0) return left;
    if (running > 0) {
      const auto status = store.outbox().status(name);
      if (!status || status->queued < running * kEntriesPerThread) return options.look_every;
    }
    Worker& worker = workers.emplace_back();
    worker.name = name;
    const auto started = guarded([&] {
      worker.thread = std::jthread([this, &carrier, &worker](std::stop_token stop) {
        if (!guarded([&] { carrier.carry(worker.name, std::move(stop), abort.get_token()); }))
          has_thrown = true;
        worker.ended = true;
      });
    });
    if (!started) workers.pop_back();
    return options.look_every;
  }
};

OutboxWorkers::OutboxWorkers(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
OutboxWorkers::~OutboxWorkers() = default;

Result<std::unique_ptr<OutboxWorkers>> OutboxWorkers::start(Store& store,
                                                            std::vector<Carrier*> carriers,
                                                            const WorkersOptions& options) {
  DCMFS_CHECK(store.outbox().forget_claims(now()));
  auto parts = std::make_unique<Parts>(store, std::move(carriers), options);
  parts->dispatcher = std::jthread([&all = *parts](std::stop_token stop) { all.dispatch(stop); });
  return std::unique_ptr<OutboxWorkers>(new OutboxWorkers(std::move(parts)));
}

}  // namespace dcmfs
