#include "fs/modality_files.h"

#include <algorithm>

#include "fs/peers.h"
#include "fs/time_text.h"
#include "store/dicom/json_writer.h"
#include "store/dicom/text.h"
#include "store/number.h"
#include "store/stable_hash.h"

namespace dcmfs::fs {
namespace {

constexpr std::size_t kErrorBytesMax =
    200;  // of the last one, in status.json: six times that in JSON
constexpr std::size_t kLetterNameBytesMax = 200;
constexpr int kLetterDigits = 6;

// Ends with a new line, whatever its length.
std::string padded(std::string text, std::int64_t bytes) {
  text.resize(static_cast<std::size_t>(bytes) - 1, ' ');
  return text + "\n";
}

}  // namespace

std::uint64_t number_of_destination(std::string_view name) {
  constexpr std::uint64_t kUpperHalf = (kRowMask >> 1) + 1;
  return kUpperHalf | (stable_hash(name) & (kUpperHalf - 1));
}

Result<std::string> destination_of(const Options& options, std::uint64_t number) {
  if (options.peers != nullptr) {
    for (auto& name : options.peers->names()) {
      if (number_of_destination(name) == number) return std::move(name);
    }
  }
  return Error{Errc::not_found, "no such destination"};
}

bool is_dicom_node(const Options& options, std::uint64_t number) {
  const auto name = destination_of(options, number);
  return name && !name->starts_with(kPeersPrefix);
}

Result<std::string> ModalityFiles::status(const std::string& destination, Time now) const {
  DCMFS_TRY(const auto status, store_.outbox().status(destination));
  JsonWriter json(JsonWriter::Layout::indented);
  json.begin_object();
  json.member("Name", destination);
  json.member("Queued", status.queued);
  json.member("QueuedBytes", status.queued_bytes);
  json.member("Sending", status.sending);
  json.member("Committing", status.committing);
  json.member("Sent", status.sent);
  json.member("SentBytes", status.sent_bytes);
  json.member("Failed", status.failed);
  {
    const std::scoped_lock lock(mutex_);
    double rate = 0, bytes_rate = 0;
    if (const auto seen = seen_.find(destination); seen != seen_.end() && !seen->second.empty()) {
      const auto& first = seen->second.front();
      const auto s = std::chrono::duration<double>(now - first.at).count();
      if (s > 0) {
        rate = static_cast<double>(status.sent - first.sent) / s;
        bytes_rate = static_cast<double>(status.sent_bytes - first.sent_bytes) / s;
      }
    }
    json.key("SentPerSecond").decimal(rate, 1);
    json.key("SentBytesPerSecond").decimal(bytes_rate, 1);
  }
  if (options_.peers != nullptr) {
    const auto retrieving = options_.peers->retrieving(destination);
    json.member("RetrievingStudies", retrieving.studies);
    json.member("RetrievedInstances", retrieving.fetched);
    json.member("RemainingInstances", retrieving.remaining);
    if (!retrieving.last_error.empty()) {
      json.member("LastRetrieveError", cut_utf8(retrieving.last_error, kErrorBytesMax));
    }
  }
  if (status.last_sent != Time{}) json.member("LastSent", iso_8601(status.last_sent));
  if (status.last_failed != Time{}) {
    json.member("LastError", cut_utf8(status.last_failure.reason, kErrorBytesMax));
    json.member("LastErrorAt", iso_8601(status.last_failed));
  }
  if (status.not_before > now) json.member("NotBefore", iso_8601(status.not_before));
  json.end_object();
  return padded(json.take_so_far(), kStatusBytes);
}

std::string ModalityFiles::echo(const std::string& destination) const {
  std::string line = options_.peers != nullptr ? options_.peers->echo(destination) : "";
  return padded(std::string(cut_utf8(line, static_cast<std::size_t>(kEchoBytes) - 1)), kEchoBytes);
}

std::string ModalityFiles::name_of(const Outgoing& entry) {
  std::string name = entry.name.empty() ? entry.sop_instance : entry.name;
  std::ranges::replace(name, '/', '_');
  name.resize(cut_utf8(name, kLetterNameBytesMax).size());
  return zero_padded(value(entry.id), kLetterDigits) + '-' + name;
}

std::optional<OutboxId> ModalityFiles::parse(std::string_view name) {
  const auto id = take_whole<std::int64_t>(name);
  if (!id || *id <= 0 || !name.starts_with('-')) return std::nullopt;
  return OutboxId{*id};
}

std::string ModalityFiles::reason_of(const Outgoing& entry) {
  return entry.failure.reason + "\nattempts: " + std::to_string(entry.attempts) +
         "\nlast: " + iso_8601(entry.since) + "\nSOPInstanceUID: " + entry.sop_instance + "\n";
}

Result<Outgoing> ModalityFiles::letter(OutboxId id) const {
  DCMFS_TRY(auto entry, store_.outbox().get(id));
  if (entry.state != SendState::failed) return Error{Errc::not_found, "not a dead letter any more"};
  return entry;
}

Result<> ModalityFiles::try_again(OutboxId id, Time now) {
  DCMFS_CHECK(store_.outbox().again(id, now));
  remember_settled(id, now);
  return {};
}

Result<> ModalityFiles::give_up(OutboxId id, Time now) {
  DCMFS_CHECK(letter(id));
  DCMFS_CHECK(store_.outbox().give_up(id));
  remember_settled(id, now);
  return {};
}

void ModalityFiles::remember_settled(OutboxId id, Time now) {
  const std::scoped_lock lock(mutex_);
  std::erase_if(settled_, [&](const auto& one) { return one.second < now; });
  if (settled_.size() < kRememberedMax) settled_[id] = now + kRemembered;
}

bool ModalityFiles::was_settled(OutboxId id, Time now) const {
  const std::scoped_lock lock(mutex_);
  const auto found = settled_.find(id);
  return found != settled_.end() && now <= found->second;
}

void ModalityFiles::look(Time now) {
  if (options_.peers == nullptr) return;
  const auto names = options_.peers->names();
  for (const auto& name : names) {
    const auto status = store_.outbox().status(name);
    if (!status) continue;
    const std::scoped_lock lock(mutex_);
    auto& seen = seen_[name];
    seen.push_back({now, status->sent, status->sent_bytes});
    if (seen.size() > kSeenMax) seen.pop_front();
  }
  const std::scoped_lock lock(mutex_);
  std::erase_if(seen_,
                [&](const auto& one) { return !std::ranges::binary_search(names, one.first); });
}

}  // namespace dcmfs::fs
