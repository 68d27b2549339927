#include "tools/delivery.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "net/echo.h"
#include "net/remote_find.h"
#include "net/retriever.h"
#include "net/sender.h"
#include "tools/request.h"
#include "tools/store_folder.h"
#include "tools/tls.h"

namespace dcmfs::tools {
namespace {

// How long after another sender has ended this one takes over.
constexpr std::chrono::milliseconds kTakeOverEvery{500};
constexpr std::size_t kRemoteStudiesMax = 10'000;  // in one answer

std::map<std::string, net::Destination> destinations_of(const Settings& settings,
                                                        const std::optional<net::Tls>& tls) {
  std::map<std::string, net::Destination> all;
  for (const auto& [name, modality] : settings.modalities) {
    all[name] = {modality.aet, modality.host, modality.port, modality.associations,
                 modality.storage_commitment,
                 modality.uses_tls ? tls : std::nullopt};
  }
  return all;
}

}  // namespace

net::Peer peer_of(const net::Destination& to, const Settings& settings, std::stop_token stop) {
  net::Peer peer;
  peer.aet = to.aet;
  peer.host = to.host;
  peer.port = to.port;
  peer.calling_aet = settings.dicom_aet;
  peer.timeout = std::chrono::seconds(settings.dicom_scu_timeout_s);
  peer.stop = std::move(stop);
  peer.tls = to.tls;
  return peer;
}

std::string echo_line(std::string_view name, const Result<std::chrono::milliseconds>& took) {
  if (took) return std::string(name) + " answers: " + std::to_string(took->count()) + " ms";
  return std::string(name) + " does not answer: " + took.error().message;
}

Result<std::vector<net::Route>> routes_of(const Settings& settings) {
  std::vector<net::Route> all;
  for (const auto& [name, route] : settings.routes) {
    Request request;
    request.conditions = route.conditions;
    DCMFS_TRY(auto query, query_of(request));
    all.push_back({name, std::move(query.where), route.to, route.then_remove});
  }
  return all;
}

struct Delivery::Parts {
  Store& store;
  const Settings settings;
  Log log;
  net::Destinations destinations;
  std::stop_source stopping;
  std::mutex mutex;
  std::unique_ptr<net::Retriever> retriever;  // guarded by mutex
  std::jthread thread;  // last: it uses all of the above

  void send(std::stop_token stop) {
    std::mutex waiting;
    std::condition_variable_any stopped;
    std::unique_lock lock(waiting);
    const auto wait_for = [&](std::chrono::milliseconds time) {
      return stopped.wait_for(lock, stop, time, [&] { return stop.stop_requested(); });
    };
    auto right = SenderLock::take(store.root());
    while (!right && !wait_for(kTakeOverEvery)) right = SenderLock::take(store.root());
    if (!right) return;
    net::SenderOptions options;
    options.aet = settings.dicom_aet;
    options.timeout = std::chrono::seconds(settings.dicom_scu_timeout_s);
    options.log = log;
    const auto sender = net::Sender::start(store, destinations, options);
    if (!sender) {
      log(sender.error().message);
      return;
    }
    net::RetrieverOptions fetching;
    fetching.aet = settings.dicom_aet;
    fetching.timeout = options.timeout;
    fetching.log = log;
    {
      const std::scoped_lock ours(mutex);
      retriever = net::Retriever::start(store, destinations, fetching);
    }
    stopped.wait(lock, stop, [] { return false; });
    const std::scoped_lock ours(mutex);
    retriever.reset();
  }
};

Delivery::Delivery(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Delivery::~Delivery() {
  stop();
}

Result<std::unique_ptr<Delivery>> Delivery::open(Store& store, const Settings& settings) {
  DCMFS_TRY(const auto tls, load_tls(settings, store.root()));
  DCMFS_TRY(auto destinations,
            net::Destinations::open(store.kept_values(), destinations_of(settings, tls)));
  auto parts = std::unique_ptr<Parts>(
      new Parts{store, settings, {}, std::move(destinations), {}, {}, {}, {}});
  return std::unique_ptr<Delivery>(new Delivery(std::move(parts)));
}

void Delivery::start(Log log) {
  parts_->log = std::move(log);
  parts_->thread =
      std::jthread([&all = *parts_] { all.send(all.stopping.get_token()); });
}

void Delivery::stop() {
  parts_->stopping.request_stop();
}

net::Destinations& Delivery::destinations() {
  return parts_->destinations;
}

std::vector<std::string> Delivery::names() const {
  return parts_->destinations.names();
}

std::string Delivery::echo(const std::string& name) {
  const auto to = parts_->destinations.find(name);
  if (!to) return name + " is not known any more";
  return echo_line(name,
                   net::echo(peer_of(*to, parts_->settings, parts_->stopping.get_token())));
}

Result<std::vector<Dataset>> Delivery::find_studies(const std::string& name, const Keys& keys) {
  const auto to = parts_->destinations.find(name);
  if (!to) return Error{Errc::not_found, name + " is not known any more"};
  return net::find_studies(peer_of(*to, parts_->settings, parts_->stopping.get_token()), keys,
                           kRemoteStudiesMax);
}

Result<> Delivery::retrieve(const std::string& name, const std::string& study_instance_uid) {
  const std::scoped_lock lock(parts_->mutex);
  if (!parts_->retriever) return Error{Errc::busy, "another process sends and fetches now"};
  return parts_->retriever->fetch(name, study_instance_uid);
}

fs::Retrieving Delivery::retrieving(const std::string& name) {
  const std::scoped_lock lock(parts_->mutex);
  if (!parts_->retriever) return {};
  const auto status = parts_->retriever->status(name);
  return {status.waiting, status.fetched, status.remaining, status.last_error};
}

}  // namespace dcmfs::tools
