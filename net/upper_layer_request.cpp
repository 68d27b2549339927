// UpperLayer as requestor.
#include <fcntl.h>

#include "net/dcmtk_words.h"
#include "net/upper_layer_parts.h"

namespace dcmfs::net {

Result<UpperLayer> UpperLayer::request(const Peer& peer,
                                       const std::vector<ProposedContext>& contexts,
                                       const ExtendedNegotiation& extended) {
  set_up_process();
  DCMFS_TRY(Socket connected, connect_to(peer.host, peer.port, peer.timeout, peer.stop));
  // DCMTK has one time limit for all its connections, and only IPv4: it connects to a socket of
  // ours, and Layer puts the real connection in the place of that one.
  DCMFS_TRY(const Socket stand_in, listen_on("127.0.0.1", 0));
  const std::string stand_in_address = "127.0.0.1:" + std::to_string(port_of(stand_in));

  auto parts = std::make_unique<Parts>();
  parts->we_requested = true;
  parts->peer_address = peer_address_of(connected);
  parts->at_stop.emplace(peer.stop,
                         Parts::ShutDown{Socket(::fcntl(connected.fd(), F_DUPFD_CLOEXEC, 0))});
  parts->timeout_s = static_cast<int>(peer.timeout.count());
  parts->layer = std::make_unique<Layer>();
  if (peer.tls) {
    const auto deadline = std::chrono::steady_clock::now() + peer.timeout;
    DCMFS_TRY(parts->layer->stream, peer.tls->connect(connected.fd(), peer.timeout, deadline));
  } else {
    parts->layer->stream = tcp_stream(connected.fd(), peer.timeout);
  }
  parts->layer->connected = std::move(connected);
  parts->network = open_network(NET_REQUESTOR, parts->timeout_s, *parts->layer);
  T_ASC_Parameters* params = nullptr;
  if (!parts->network || ASC_createAssociationParameters(&params, peer.pdu_bytes_max).bad()) {
    return Error{Errc::io, "DCMTK cannot make an association"};
  }
  name_implementation(*params);
  ASC_setAPTitles(params, peer.calling_aet.c_str(), peer.aet.c_str(), nullptr);
  ASC_setPresentationAddresses(params, "", stand_in_address.c_str());
  for (const ProposedContext& context : contexts) {
    std::vector<const char*> syntaxes;
    for (const std::string& uid : context.transfer_syntaxes) syntaxes.push_back(uid.c_str());
    const auto role = context.roles == kScu ? ASC_SC_ROLE_DEFAULT : role_of(context.roles);
    ASC_addPresentationContext(params, context.id, context.abstract_syntax.c_str(), syntaxes.data(),
                               static_cast<int>(syntaxes.size()), role);
  }
  ASC_setRequestedExtNegList(params, make_list(extended));
  const auto requested = ASC_requestAssociation(parts->network.get(), params, &parts->association,
                                                nullptr, nullptr, DUL_NOBLOCK, parts->timeout_s);
  if (requested.bad()) {
    if (peer.stop.stop_requested()) return Error{Errc::cancelled, "stopped"};
    if (requested == DUL_ASSOCIATIONREJECTED) return rejected(params);
    // With TLS 1.3 a peer says only now that it does not trust us.
    if (const auto& failure = parts->layer->failure; failure && failure->code == Errc::denied) {
      return *failure;
    }
    if (requested == DUL_READTIMEOUT) {
      return Error{Errc::timed_out, "the peer did not answer the association request"};
    }
    return Error{Errc::io, "the peer ended the connection when asked for an association"};
  }
  parts->find_line();
  return UpperLayer(std::move(parts));
}

}  // namespace dcmfs::net
