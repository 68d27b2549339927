#pragma once
// What upper_layer*.cpp share. DCMTK's headers come with it.
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

#include <sys/socket.h>

#include "net/dcmtk_line.h"
#include "net/upper_layer.h"

namespace dcmfs::net {

// How long a peer may take to close its end, whatever ARTIM is (PS3.8 9.1.5): a thread waits for
// it.
inline constexpr std::chrono::milliseconds kClosingMax{2'000};

// PS3.8 9.3.8
constexpr std::uint8_t kAbort = 0x07;
inline std::array<std::uint8_t, 10> abort_pdu(AbortReason reason) {
  const std::uint8_t source = reason == AbortReason::by_user ? 0 : 2;
  return {kAbort, 0, 0, 0, 0, 4, 0, 0, source, static_cast<std::uint8_t>(reason)};
}

struct UpperLayer::Parts {
  // In this order: the association goes first.
  std::unique_ptr<Layer> layer;
  Network network;
  T_ASC_Association* association = nullptr;
  Line* line = nullptr;  // of the association while it is open
  bool we_requested = false;
  bool peer_may_close = true;
  std::string peer_address;
  std::set<std::string, std::less<>> without_role;  // SOP classes of the request; see role_items.h
  int timeout_s = 0;
  std::chrono::milliseconds closing = kClosingMax;

  // The connection's second descriptor, so that no number is shut down that is somebody else's.
  struct ShutDown {
    Socket second;
    void operator()() const { ::shutdown(second.fd(), SHUT_RDWR); }
  };
  std::optional<std::stop_callback<ShutDown>> at_stop;

  ~Parts() {
    if (association == nullptr) return;
    // The peer closes first (PS3.8 9.2, Sta13).
    if (!we_requested && peer_may_close) {
      auto* open = static_cast<Line*>(DUL_getTransportConnection(association->DULassociation));
      if (open != nullptr) open->wait_for_close(closing);
    }
    ASC_destroyAssociation(&association);
  }

  T_ASC_Parameters* params() const { return association->params; }
  void find_line() {
    line = static_cast<Line*>(DUL_getTransportConnection(association->DULassociation));
  }
};

}  // namespace dcmfs::net
