#include "rest/servers/stow_carrier.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "rest/servers/server_call.h"
#include "store/delivery_attempts.h"

namespace dcmfs::rest {
namespace {

Trouble trouble_of_call(Errc code) {
  if (code == Errc::not_found) return Trouble::unreachable;
  if (code == Errc::timed_out) return Trouble::timed_out;
  return code == Errc::io ? Trouble::broken : Trouble::other;
}

}  // namespace

std::vector<std::string> StowCarrier::destinations() const {
  auto names = servers_.names();
  for (auto& name : names) name.insert(0, kPeersPrefix);
  return names;
}

int StowCarrier::threads_max(const std::string& destination) const {
  return servers_.get(server_of(destination)) ? 1 : 0;
}

void StowCarrier::carry(const std::string& destination, std::stop_token stop,
                        std::stop_token abort) {
  DeliveryAttempts attempts(store_, rules_, destination);
  deliver(destination, attempts, stop, abort);
  attempts.finish(stop);
}

void StowCarrier::deliver(const std::string& destination, DeliveryAttempts& attempts,
                          const std::stop_token& stop, const std::stop_token& abort) {
  while (!stop.stop_requested()) {
    const auto server = servers_.get(server_of(destination));
    if (!server) return;
    Route route{attempts, *server, abort};
    // After a failure the first goes alone: if it is the one that the server cannot take, the others need not wait.
    const auto status = store_.outbox().status(destination);
    const bool is_careful = !status || status->failures > 0;
    auto entries = attempts.claim(is_careful ? 1 : kStowInstancesMax);
    if (!entries) attempts.check(entries.error());
    if (!entries || entries->empty()) return;
    auto batches = open(*std::move(entries), route);
    for (auto batch = batches.begin(); batch != batches.end(); ++batch) {
      if (!stop.stop_requested() && send(std::move(*batch), route) == GoOn::yes) continue;
      for (; batch != batches.end(); ++batch)
        attempts.release(batch->entries);  // of one that was sent nothing is left
      return;
    }
  }
}

std::vector<StowCarrier::Batch> StowCarrier::open(std::vector<Outgoing> entries, Route& route) {
  std::vector<Batch> batches;
  std::int64_t bytes = 0;
  for (auto& entry : entries) {
    auto blob = store_.outbox().open(entry);
    if (!blob) {
      route.attempts.cannot_send(entry, blob.error());
      continue;
    }
    const auto size = blob->size();
    if (batches.empty() || bytes + size > kStowBytesMax) {
      batches.emplace_back();
      bytes = 0;
    }
    bytes += size;
    batches.back().instances.push_back(
        {entry.sop_instance, {std::make_shared<const Blob>(*std::move(blob)), 0, size}});
    batches.back().entries.push_back(std::move(entry));
  }
  return batches;
}

StowCarrier::GoOn StowCarrier::send(Batch batch, Route& route) {
  if (route.attempts.claim_ages()) route.attempts.keep_claim(batch.entries);
  const auto answer = stow(servers_, route.server, "studies", batch.instances, {}, route.abort);
  if (!answer) return settle(answer.error(), batch, route);
  return settle(*answer, std::move(batch), route);
}

StowCarrier::GoOn StowCarrier::settle(const Error& error, const Batch& batch, Route& route) {
  if (error.code == Errc::cancelled) {
    route.attempts.release(batch.entries);
    return GoOn::no;
  }
  const dcmfs::Failure failure{trouble_of_call(error.code), error.message};
  // The connection broke, perhaps by this one: its own attempt, and the others' turn.
  const bool is_its_own = batch.entries.size() == 1 && failure.trouble == Trouble::broken;
  if (is_its_own) route.attempts.try_later(batch.entries.front(), failure);
  if (is_its_own && route.has_answered) return GoOn::yes;
  route.attempts.postpone(is_its_own ? std::span<const Outgoing>() : batch.entries, failure);
  return GoOn::no;
}

StowCarrier::GoOn StowCarrier::settle(const StowAnswer& answer, Batch batch, Route& route) {
  if (!answer.failed.empty()) {
    std::vector<Outgoing> sent;
    for (std::size_t i = 0; i < batch.entries.size(); ++i) {
      const auto reason = answer.failed[i];
      const dcmfs::Failure failure{Trouble::answered, reason ? failure_reason_text(*reason) : ""};
      if (!reason)
        sent.push_back(std::move(batch.entries[i]));
      else if (is_worth_another_try(*reason))
        route.attempts.try_later(batch.entries[i], failure);
      else
        route.attempts.give_up(batch.entries[i], failure);
    }
    route.attempts.settle(sent);
    route.has_answered = true;
    return GoOn::yes;
  }
  const dcmfs::Failure failure{Trouble::rejected,
                               route.server.url + " answers " + status_text(answer.status)};
  const auto verdict = stow_verdict(answer.status);
  switch (verdict) {
    case StowVerdict::stored:
      route.attempts.settle(batch.entries);
      route.has_answered = true;
      return GoOn::yes;
    case StowVerdict::not_now:
      route.attempts.postpone(batch.entries, failure);
      return GoOn::no;
    case StowVerdict::not_these:
    case StowVerdict::later:
      break;
  }
  if (batch.entries.size() > 1) return send_each(std::move(batch), route);
  const dcmfs::Failure its_own{Trouble::answered, failure.reason};
  verdict == StowVerdict::later ? route.attempts.try_later(batch.entries.front(), its_own)
                                : route.attempts.give_up(batch.entries.front(), its_own);
  return GoOn::yes;
}

StowCarrier::GoOn StowCarrier::send_each(Batch batch, Route& route) {
  for (std::size_t i = 0; i < batch.entries.size(); ++i) {
    Batch one;
    one.entries.push_back(batch.entries[i]);
    one.instances.push_back(batch.instances[i]);
    if (send(std::move(one), route) == GoOn::yes) continue;
    route.attempts.release(std::span<const Outgoing>(batch.entries).subspan(i + 1));
    return GoOn::no;
  }
  return GoOn::yes;
}

std::string echo_server(Peers& servers, const std::string& name, std::stop_token stop) {
  const auto server = servers.get(name);
  if (!server) return name + " is not known any more";
  const auto began = std::chrono::steady_clock::now();
  const auto reply = servers.call(*server, {.path = "studies?limit=1",
                                            .headers = {{"Accept", "application/dicom+json"}},
                                            .stop = std::move(stop)});
  const auto took = std::chrono::steady_clock::now() - began;
  if (!reply) return name + " does not answer: " + reply.error().message;
  if (!reply->is_success()) return name + " answers " + status_text(reply->status);
  return name + " answers: " +
         std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()) +
         " ms";
}

}  // namespace dcmfs::rest
