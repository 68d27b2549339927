#include "tools/delivery.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <thread>

#include "net/echo.h"
#include "net/remote_find.h"
#include "net/retriever.h"
#include "net/sender.h"
#include "net/sent.h"
#include "rest/servers/stow_carrier.h"
#include "store/outbox_workers.h"
#include "store/stopped_within.h"
#include "tools/request.h"
#include "tools/store_folder.h"
#include "tools/tls.h"

namespace dcmfs::tools {
namespace {

// How long after another sender has ended this one takes over.
constexpr std::chrono::milliseconds kTakeOverEvery{500};
constexpr std::size_t kRemoteStudiesMax = 10'000;  // in one answer

}  // namespace

net::Calling calling_of(const Settings& settings, net::Tls tls) {
  return {.aet = settings.dicom_aet,
          .timeout = std::chrono::seconds(settings.dicom_scu_timeout_s),
          .tls = std::move(tls)};
}

rest::PeerCalling peer_calling_of(const Settings& settings, const std::filesystem::path& store) {
  return {.timeout = std::chrono::seconds(settings.http_client_timeout_s),
          .verify = settings.https_verify_peers,
          .trusted_file =
              settings.https_trusted.empty() ? "" : (store / settings.https_trusted).string()};
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
  const net::Calling calling;
  Log log;
  net::Destinations destinations;
  std::unique_ptr<rest::Peers> servers;
  std::stop_source stopping;
  std::mutex mutex;
  std::unique_ptr<net::Retriever> retriever;  // guarded by mutex
  std::jthread thread;                        // last: it uses all of the above

  net::Peer peer(const net::Destination& to) const {
    return net::peer_of(to, calling, stopping.get_token());
  }

  void send(std::stop_token stop) {
    auto right = SenderLock::take(store.root());
    while (!right && !stopped_within(stop, kTakeOverEvery)) right = SenderLock::take(store.root());
    if (!right) return;
    const DeliveryRules rules{.log = log, .settle = net::settle_sent};
    const auto nodes = net::dicom_carrier(store, destinations, calling, rules);
    rest::StowCarrier web(store, *servers, rules);
    auto workers = OutboxWorkers::start(store, {nodes.get(), &web}, {});
    if (!workers) log("waiting to begin: " + workers.error().message);
    while (!workers && !stopped_within(stop, kTakeOverEvery))  // the disk is full
      workers = OutboxWorkers::start(store, {nodes.get(), &web}, {});
    if (!workers) return;
    net::RetrieverOptions fetching;
    fetching.calling = calling;
    fetching.log = log;
    {
      const std::scoped_lock ours(mutex);
      retriever = net::Retriever::start(store, destinations, fetching);
    }
    wait_for_stop(stop);
    const std::scoped_lock ours(mutex);
    retriever.reset();
  }
};

Delivery::Delivery(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Delivery::~Delivery() {
  stop();
}

Result<std::unique_ptr<Delivery>> Delivery::open(Store& store, const Settings& settings) {
  DCMFS_TRY(auto tls, load_tls_if_needed(settings, store.root()));
  DCMFS_TRY(auto destinations, net::Destinations::open(store.kept_values(), settings.modalities));
  DCMFS_TRY(auto servers,
            rest::Peers::open(store.kept_values(), rest::Peers::kDicomwebServers,
                              settings.dicomweb_servers, peer_calling_of(settings, store.root())));
  auto parts = std::unique_ptr<Parts>(new Parts{store,
                                                calling_of(settings, std::move(tls)),
                                                {},
                                                std::move(destinations),
                                                std::move(servers),
                                                {},
                                                {},
                                                {},
                                                {}});
  return std::unique_ptr<Delivery>(new Delivery(std::move(parts)));
}

void Delivery::start(Log log) {
  parts_->log = std::move(log);
  parts_->thread = std::jthread([&all = *parts_] { all.send(all.stopping.get_token()); });
}

void Delivery::stop() {
  parts_->stopping.request_stop();
}

net::Destinations& Delivery::destinations() {
  return parts_->destinations;
}

rest::Peers& Delivery::servers() {
  return *parts_->servers;
}

const net::Calling& Delivery::calling() const {
  return parts_->calling;
}

std::stop_token Delivery::stopping() const {
  return parts_->stopping.get_token();
}

bool Delivery::knows(std::string_view destination) const {
  return std::ranges::binary_search(names(), destination);
}

std::vector<std::string> Delivery::names() const {
  auto names = parts_->destinations.names();
  for (const auto& server : parts_->servers->names())
    names.push_back(std::string(kPeersPrefix) + server);
  std::ranges::sort(names);
  return names;
}

std::string Delivery::echo(const std::string& name) {
  if (const auto server = server_of(name); !server.empty())
    return rest::echo_server(*parts_->servers, std::string(server), stopping());
  const auto to = parts_->destinations.get(name);
  if (!to) return name + " is not known any more";
  return echo_line(name, net::echo(parts_->peer(*to)));
}

Result<std::vector<Dataset>> Delivery::find_studies(const std::string& name, const Keys& keys) {
  const auto to = parts_->destinations.get(name);
  if (!to) return Error{Errc::not_found, name + " is not known any more"};
  return net::find_studies(parts_->peer(*to), keys, kRemoteStudiesMax);
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
