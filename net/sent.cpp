#include "net/sent.h"

#include <map>
#include <vector>

namespace dcmfs::net {
namespace {

// Kept values of this kind have the names of the destinations that have to have it first.
std::string kind_of(RowId instance) {
  return "forward " + std::to_string(value(instance));
}

Result<> forward(Store& store, const Outgoing& entry) {
  if (!entry.instance) return {};  // it has left the store already
  const auto kind = kind_of(*entry.instance);
  DCMFS_TRY(const auto awaited, store.kept_values().get(kind, entry.destination));
  if (!awaited) return {};
  DCMFS_TRY(const bool others_wait,
            store.kept_values().remove_unless_last(kind, entry.destination));
  if (others_wait) return {};
  // In this order: a crash leaves nothing behind that nobody would remove.
  DCMFS_CHECK(store.remove({Level::instance, *entry.instance}));
  return store.kept_values().remove(kind, entry.destination);
}

}  // namespace

Result<> remove_once_sent(Store& store, RowId instance, const std::set<std::string>& destinations) {
  // All at once: who has sent it to one of them already, because a script queued it, must see that the
  // others wait.
  std::map<std::string, std::string> awaited;
  for (const auto& destination : destinations) awaited.emplace(destination, "");
  return store.kept_values().set_all(kind_of(instance), awaited);
}

Result<> settle_sent(Store& store, std::span<const Outgoing> entries, Time now) {
  Result<> first_error;
  std::vector<Outgoing> settled;
  for (const Outgoing& entry : entries) {
    auto forwarded = forward(store, entry);
    if (forwarded)
      settled.push_back(entry);
    else if (first_error)
      first_error = std::move(forwarded);
  }
  // The others are sent once more, and settled then.
  DCMFS_CHECK(store.outbox().done(settled, now));
  return first_error;
}

}  // namespace dcmfs::net
