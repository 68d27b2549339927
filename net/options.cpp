#include "net/options.h"

namespace dcmfs::net {

std::optional<Peer> peer_titled(const Options& options, std::string_view aet,
                                std::stop_token stop) {
  const auto nodes = options.nodes_titled(aet);
  if (nodes.empty()) return std::nullopt;
  return peer_of(nodes.front(),
                 {.aet = options.aet,
                  .timeout = options.scu_timeout,
                  .tls = options.scu_tls,
                  .pdu_bytes_max = options.pdu_bytes_max},
                 std::move(stop));
}

}  // namespace dcmfs::net
