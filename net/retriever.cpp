#include "net/retriever.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "net/retrieve.h"
#include "store/dicom/transfer_syntax.h"
#include "store/guarded.h"

namespace dcmfs::net {
namespace {

constexpr std::string_view kRetrieveKind = "retrieve";  // its names: destination '/' UID

// Of a study of which the peer says that some failed, or nothing that one can understand.
constexpr int kFruitlessTriesMax = 10;

bool may_come_back(Errc code) {
  return code == Errc::io || code == Errc::timed_out || code == Errc::denied ||
         code == Errc::no_space || code == Errc::busy || code == Errc::over_quota;
}

}  // namespace

struct Retriever::Parts {
  Store& store;
  const Destinations& destinations;
  const RetrieverOptions options;
  mutable std::mutex mutex;
  std::condition_variable_any wanted;
  std::uint64_t news = 0;                 // guarded by mutex
  std::map<std::string, Status> by_name;  // guarded by mutex; waiting is counted when asked for
  std::map<std::string, int> fruitless;   // tries, by name of what is kept; of the thread alone
  std::jthread thread;                    // last

  Parts(Store& s, const Destinations& d, RetrieverOptions o)
      : store(s), destinations(d), options(std::move(o)) {}

  void run(std::stop_token stop) {
    std::mt19937 random{std::random_device{}()};
    for (int failures = 0; !stop.stop_requested();) {
      std::uint64_t seen = 0;
      {
        const std::scoped_lock lock(mutex);
        seen = news;
      }
      const auto fetched = guarded([&] { return fetch_all(stop); });
      const bool later = !fetched || *fetched;
      failures = later ? failures + 1 : 0;
      const auto wait = delay_before_retry(
          std::max(failures, 1), std::uniform_real_distribution<>()(random), options.backoff);
      std::unique_lock lock(mutex);
      const auto has_news = [&] { return news != seen; };
      if (later) {
        wanted.wait_for(lock, stop, wait, has_news);
      } else {
        wanted.wait(lock, stop, has_news);
      }
    }
  }

  // True if something is to be tried again.
  bool fetch_all(std::stop_token stop) {
    const auto all = store.kept_values().all(kRetrieveKind);
    if (!all) return true;
    bool later = false;
    if (!all->empty() && !store.check_size(1)) return true;  // what came would be dropped
    for (const auto& study : *all) {
      if (stop.stop_requested()) return false;
      const std::string& name = study.first;
      const auto slash = name.find('/');
      const auto fetched =
          guarded([&] { return fetch(name, name.substr(0, slash), name.substr(slash + 1), stop); });
      later = !fetched || !*fetched || later;
    }
    return later;
  }

  // Of a C-MOVE it is not known why an instance failed: it may be our disk that is full.
  bool is_tried_again(const std::string& name, Errc code) {
    return may_come_back(code) || (code == Errc::corrupt && ++fruitless[name] < kFruitlessTriesMax);
  }

  bool fetch(const std::string& name, const std::string& destination, const std::string& uid,
             std::stop_token stop) {
    const auto to = destinations.get(destination);
    if (!to) return true;  // it waits until there is one of that name
    const std::int64_t before = [&] {
      const std::scoped_lock lock(mutex);
      return by_name[destination].fetched;
    }();
    const Peer peer = peer_of(*to, options.calling, stop);
    const auto fetched = retrieve_study(store, peer, uid, [&](const Retrieved& so_far) {
      const std::scoped_lock lock(mutex);
      by_name[destination].fetched = before + so_far.completed;
      by_name[destination].remaining = so_far.remaining;
    });
    if (stop.stop_requested()) return true;
    const bool later = !fetched && is_tried_again(name, fetched.error().code);
    if (!later) {
      fruitless.erase(name);
      (void)store.kept_values().remove(kRetrieveKind, name);
    }
    if (!fetched)
      options.log(destination + ": a study was not fetched: " + fetched.error().message);
    const std::scoped_lock lock(mutex);
    by_name[destination].remaining = 0;
    by_name[destination].last_error = fetched ? "" : fetched.error().message;
    return !later;
  }
};

Retriever::Retriever(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Retriever::~Retriever() = default;

std::unique_ptr<Retriever> Retriever::start(Store& store, const Destinations& destinations,
                                            RetrieverOptions options) {
  auto parts = std::make_unique<Parts>(store, destinations, std::move(options));
  parts->thread = std::jthread([&all = *parts](std::stop_token stop) { all.run(stop); });
  return std::unique_ptr<Retriever>(new Retriever(std::move(parts)));
}

Result<> Retriever::fetch(std::string_view destination, std::string_view uid) {
  if (!is_valid_uid(uid)) return Error{Errc::invalid_argument, "not a StudyInstanceUID"};
  auto& kept = parts_->store.kept_values();
  DCMFS_TRY(const auto all, kept.all(kRetrieveKind));
  if (all.size() >= kStudiesMax) return Error{Errc::too_large, "too many studies wait"};
  DCMFS_CHECK(kept.set(kRetrieveKind, std::string(destination) + "/" + std::string(uid), ""));
  {
    const std::scoped_lock lock(parts_->mutex);
    ++parts_->news;
  }
  parts_->wanted.notify_all();
  return {};
}

Retriever::Status Retriever::status(const std::string& destination) const {
  Status status;
  {
    const std::scoped_lock lock(parts_->mutex);
    const auto found = parts_->by_name.find(destination);
    if (found != parts_->by_name.end()) status = found->second;
  }
  const auto all = parts_->store.kept_values().all(kRetrieveKind);
  if (all) {
    status.waiting = std::ranges::count_if(
        *all, [&](const auto& one) { return one.first.starts_with(destination + "/"); });
  }
  return status;
}

}  // namespace dcmfs::net
