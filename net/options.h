#pragma once
// What an administrator decides about the DICOM node.
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/access.h"
#include "net/association.h"
#include "net/destinations.h"
#include "net/tls.h"
#include "store/backoff.h"

namespace dcmfs::net {

struct Options {
  std::string host = "127.0.0.1";
  int port = 0;  // 0: a free one
  std::string aet = "DCMFS";
  bool check_called_aet = false;
  std::optional<Tls> tls = {};  // of every association; it has a certificate
  int associations_max = 32;
  int pdu_bytes_max = kPduBytesMax;
  Access access = {};
  // Of a peer: to request an association, to go on with a message, to begin the next one.
  std::chrono::milliseconds artim{10'000};
  std::chrono::seconds timeout{30};
  std::chrono::milliseconds idle{30'000};
  // With TLS, of a client that has not asked for an association yet: what it has before one that
  // waits may take its place.
  std::chrono::milliseconds opening_min{2'000};
  // Storage: SOP classes that the dictionary does not have, private ones above all.
  std::function<bool()> accepts_unknown_sop_classes = [] { return true; };
  // Storage: UIDs, with wildcards. What is rejected is not accepted.
  std::vector<std::string> accepted_sop_classes = {"*"}, rejected_sop_classes = {};
  std::function<bool(std::string_view uid)> accepts_transfer_syntax = [](std::string_view) {
    return true;
  };
  // C-FIND, C-MOVE, C-GET: whether a request must say the unique keys of all levels above its own.
  bool strict_hierarchy = false;
  // C-FIND: how many results it gets at most (0: all), of instances and of the other levels.
  std::int64_t find_results_max = 0, find_instances_max = 0;
  // Storage commitment: how long a peer that has asked is silent before it gets its report on the
  // same association, and for how long one is tried that could not be given to it.
  std::chrono::milliseconds report_after{500};
  Backoff report_backoff{.first = std::chrono::seconds(5), .longest = std::chrono::minutes(30)};
  std::chrono::hours report_for{24};
  // The nodes that are known under that AE title. Called from any thread.
  std::function<std::vector<Destination>(std::string_view aet)> nodes_titled =
      [](std::string_view) { return std::vector<Destination>(); };
  // As SCU: of a peer, and for those that are spoken to with TLS.
  std::chrono::seconds scu_timeout{10};
  Tls scu_tls = Tls();
  // Told one line of what the administrator may want to know. Called from any thread.
  std::function<void(std::string_view)> log = [](std::string_view) {};
};

// As whom, and how, this node calls that of an AE title; nullopt: none is known.
std::optional<Peer> peer_titled(const Options&, std::string_view aet, std::stop_token = {});

}  // namespace dcmfs::net
