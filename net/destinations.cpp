#include "net/destinations.h"

#include <algorithm>

#include "store/number.h"
#include "store/outbox.h"

namespace dcmfs::net {
namespace {

constexpr std::string_view kKind = "modality";
constexpr std::size_t kTitleBytesMax = 16;  // PS3.5 6.2
constexpr std::size_t kHostBytesMax = 255;  // RFC 1035 2.3.4
constexpr std::size_t kManufacturerBytesMax = 64;
constexpr int kAssociationsMax = 64;
constexpr std::chrono::seconds kTimeoutMax = std::chrono::hours(24);
// Of the lines of a text that follow the first four, each at most once.
constexpr std::string_view kCommits = "commit", kEncrypted = "tls", kAs = "as ",
                           kTimeout = "timeout ", kMayNot = "may not ", kAsStored = "unchanged",
                           kByGet = "by get", kMadeBy = "made by ";

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~' && c != '\\'; });
}

bool is_title(std::string_view text) {
  return !text.empty() && text.size() <= kTitleBytesMax && is_printable(text);
}

// What a line after the first four says. False: nothing.
bool understand(std::string_view line, Destination& to) {
  const auto after = [line](std::string_view word) { return line.substr(word.size()); };
  if (line == kCommits) return to.storage_commitment = true;
  if (line == kEncrypted) return to.uses_tls = true;
  if (line == kAsStored) return !(to.may_transcode = false);
  if (line == kByGet) return to.retrieves_by_get = true;
  if (line.starts_with(kMadeBy)) {
    to.manufacturer = after(kMadeBy);
    return true;
  }
  if (line.starts_with(kAs)) {
    to.local_aet = after(kAs);
    return true;
  }
  if (line.starts_with(kTimeout)) {
    const auto seconds = parse_whole<int>(after(kTimeout));
    to.timeout = std::chrono::seconds(seconds.value_or(0));
    return seconds.has_value();
  }
  if (!line.starts_with(kMayNot)) return false;
  const auto denied = std::ranges::find(kPrivileges, after(kMayNot), &NamedPrivilege::name);
  if (denied == kPrivileges.end()) return false;
  to.may.*denied->may = false;
  return true;
}

}  // namespace

Result<> check_destination(const Destination& to) {
  if (!is_title(to.aet) || (!to.local_aet.empty() && !is_title(to.local_aet))) {
    return Error{Errc::invalid_argument, "an AE title has 1 to 16 characters, no backslash"};
  }
  if (to.host.empty() || to.host.size() > kHostBytesMax || !is_printable(to.host)) {
    return Error{Errc::invalid_argument, "not the name of a host"};
  }
  if (to.port < 1 || to.port > 65535) {
    return Error{Errc::invalid_argument, "expected a port from 1 to 65535"};
  }
  if (to.associations_max < 1 || to.associations_max > kAssociationsMax) {
    return Error{Errc::invalid_argument, "expected 1 to 64 associations"};
  }
  if (!is_printable(to.manufacturer) || to.manufacturer.size() > kManufacturerBytesMax) {
    return Error{Errc::invalid_argument, "not the name of a manufacturer"};
  }
  if (to.timeout < std::chrono::seconds(0) || to.timeout > kTimeoutMax) {
    return Error{Errc::invalid_argument, "expected a timeout from 0 to 86400 s"};
  }
  return {};
}

Peer peer_of(const Destination& to, const Calling& calling, std::stop_token stop) {
  return {.aet = to.aet,
          .host = to.host,
          .port = to.port,
          .calling_aet = to.local_aet.empty() ? calling.aet : to.local_aet,
          .pdu_bytes_max = calling.pdu_bytes_max,
          .timeout = to.timeout.count() > 0 ? to.timeout : calling.timeout,
          .stop = std::move(stop),
          .tls = to.uses_tls ? std::optional(calling.tls) : std::nullopt,
          .may_transcode = to.may_transcode};
}

std::string to_text(const Destination& to) {
  std::string text = to.aet + "\n" + to.host + "\n" + std::to_string(to.port) + "\n" +
                     std::to_string(to.associations_max) + "\n";
  const auto add = [&text](std::string_view word, std::string_view value = {}) {
    text.append(word).append(value) += '\n';
  };
  if (to.storage_commitment) add(kCommits);
  if (to.uses_tls) add(kEncrypted);
  if (!to.local_aet.empty()) add(kAs, to.local_aet);
  if (to.timeout.count() > 0) add(kTimeout, std::to_string(to.timeout.count()));
  if (!to.may_transcode) add(kAsStored);
  if (to.retrieves_by_get) add(kByGet);
  if (to.manufacturer != Destination().manufacturer) add(kMadeBy, to.manufacturer);
  for (const auto& [name, may] : kPrivileges)
    if (!(to.may.*may)) add(kMayNot, name);
  return text;
}

Result<Destination> parse_destination(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  const Error none{Errc::invalid_argument, "not a destination"};
  constexpr std::size_t kFixed = 4;
  if (lines.size() < kFixed) return none;
  const auto port = parse_whole<int>(lines[2]), associations = parse_whole<int>(lines[3]);
  if (!port || !associations) return none;
  Destination to{.aet = std::string(lines[0]),
                 .host = std::string(lines[1]),
                 .port = *port,
                 .associations_max = *associations};
  for (std::size_t i = kFixed; i < lines.size(); ++i)
    if (!understand(lines[i], to)) return none;
  DCMFS_CHECK(check_destination(to));
  return to;
}

Result<Destinations> Destinations::open(KeptValues& kept,
                                        const std::map<std::string, Destination>& configured) {
  DCMFS_TRY(auto list, KeptList<Destination>::open(
                           kept, {std::string(kKind), to_text, parse_destination, kDestinationsMax},
                           configured));
  return Destinations(std::move(list));
}

std::vector<Destination> Destinations::titled(std::string_view aet, Titles titles) const {
  return list_->those([&](const Destination& to) { return same_title(to.aet, aet, titles); });
}

Result<> Destinations::put(std::string_view name, const Destination& to) {
  if (!is_destination_name(name)) {
    return Error{Errc::invalid_argument, std::string(kDestinationNamesAre)};
  }
  DCMFS_CHECK(check_destination(to));
  return list_->put(name, to);
}

}  // namespace dcmfs::net
