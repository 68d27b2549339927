#include "net/router.h"

#include <set>
#include <thread>

#include "net/sent.h"
#include "store/guarded.h"
#include "store/outbox.h"
#include "store/stopped_within.h"

namespace dcmfs::net {
namespace {

constexpr std::string_view kFollower = "routing";
constexpr std::int64_t kNoRules = -1;  // as a position: there was nothing to follow for
constexpr std::size_t kChangesAtOnce = 500;
constexpr std::chrono::seconds kAfterTrouble{5};

Result<bool> fits(const Store& store, const Route& route, const Resource& instance) {
  Query query;
  query.level = Level::instance;
  // First, because by that the index finds it.
  DCMFS_TRY(auto uid, Matcher::parse(tags::SOPInstanceUID, instance.uids.sop_instance));
  if (uid.universal()) return false;
  query.where.push_back({tags::SOPInstanceUID, std::move(uid)});
  query.where.insert(query.where.end(), route.where.begin(), route.where.end());
  bool found = false;
  DCMFS_CHECK(store.find(query, [&](const Resource& resource) {
    found = resource.key == instance.key;
    return !found;
  }));
  return found;
}

// One order that the outbox refuses would hold up all others, for ever. What is to be removed once all
// have it stays then.
void log_impossible(const std::vector<Route>& routes, const Router::Log& log) {
  std::set<std::string> names;
  for (const Route& rule : routes) names.insert(rule.to.begin(), rule.to.end());
  for (const auto& name : names) {
    if (!is_destination(name)) {
      log("routing: nothing can be sent to " + name + ": " + std::string(kDestinationNamesAre));
    }
  }
}

}  // namespace

struct Router::Parts {
  Store& store;
  const std::vector<Route> routes;
  const Log log;
  std::int64_t seq;     // the last change that was looked at
  std::jthread thread;  // last: it uses all of the above

  void run(std::stop_token stop) {
    while (!stop.stop_requested()) {
      const auto done = guarded([&] { return follow(stop); });
      if (done) continue;
      (void)guarded([&] { log("routing: " + done.error().message); });
      stopped_within(stop, kAfterTrouble);
    }
  }

  Result<> follow(const std::stop_token& stop) {
    DCMFS_TRY(const auto changes, store.changes().wait(seq, kChangesAtOnce, stop));
    if (changes.empty()) return {};
    DCMFS_CHECK(route(changes));
    seq = changes.back().seq;
    return {};
  }

  Result<> route(const std::vector<Change>& changes) {
    std::vector<Outbox::Order> orders;
    for (const Change& change : changes) {
      if (change.type != ChangeType::added || change.what.level != Level::instance) continue;
      const auto instance = store.get(change.what);
      if (!instance && instance.error().code == Errc::not_found) continue;  // removed meanwhile
      if (!instance) return instance.error();
      DCMFS_CHECK(route(*instance, orders));
    }
    const Outbox::Position position{std::string(kFollower), changes.back().seq};
    if (orders.empty()) return store.outbox().set_position(position);
    DCMFS_CHECK(store.outbox().put(orders, now(), position));
    return {};
  }

  Result<> route(const Resource& instance, std::vector<Outbox::Order>& orders) {
    std::set<std::string> to;  // each once, however many rules say so
    bool then_remove = false;
    for (const Route& rule : routes) {
      DCMFS_TRY(const bool fit, fits(store, rule, instance));
      if (!fit) continue;
      to.insert(rule.to.begin(), rule.to.end());
      then_remove = then_remove || rule.then_remove;
    }
    // Before it is queued: what is sent at once must be known to go. Those of other rules have to
    // have it, too.
    if (then_remove) DCMFS_CHECK(remove_once_sent(store, instance.key.row, to));
    for (const auto& destination : to) {
      if (is_destination(destination)) orders.push_back({instance.key, destination});
    }
    return {};
  }
};

Router::Router(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Router::~Router() = default;

Result<std::unique_ptr<Router>> Router::start(Store& store, std::vector<Route> routes, Log log) {
  const auto last = store.changes().last();
  DCMFS_TRY(const auto kept, store.outbox().position(kFollower));
  // A feed that was begun anew has not come as far as the position.
  const bool goes_on = kept && *kept >= 0 && *kept <= last;
  auto parts = std::unique_ptr<Parts>(
      new Parts{store, std::move(routes), std::move(log), goes_on ? *kept : last, {}});
  const bool follows = !parts->routes.empty();
  log_impossible(parts->routes, parts->log);
  DCMFS_CHECK(
      store.outbox().set_position({std::string(kFollower), follows ? parts->seq : kNoRules}));
  if (follows) {
    parts->thread = std::jthread([&all = *parts](std::stop_token stop) { all.run(stop); });
  }
  return std::unique_ptr<Router>(new Router(std::move(parts)));
}

}  // namespace dcmfs::net
