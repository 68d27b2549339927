#pragma once
// Two ends of one association in this process: one is requested, the other accepted.
#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>

#include "net/association.h"
#include "tests/support/ok.h"

namespace dcmfs::net {

inline constexpr std::string_view kCt = "1.2.840.10008.5.1.4.1.1.2";

Errc code_of(const auto& result) {
  return result ? Errc::not_found : result.error().code;
}

// Accepts all that is proposed, in the first transfer syntax.
inline NegotiationAnswer accept_all(const NegotiationRequest& request) {
  NegotiationAnswer answer;
  for (const ProposedContext& context : request.contexts) {
    answer.contexts.push_back({context.id, NegotiationAnswer::Context::Result::accepted,
                               context.transfer_syntaxes.front(), context.roles});
  }
  answer.extended = request.extended;
  return answer;
}

// In the first proposed of these; none given: in the first.
inline NegotiationAnswer accept_syntaxes(const NegotiationRequest& request,
                                         const std::vector<std::string>& syntaxes) {
  NegotiationAnswer answer;
  for (const ProposedContext& context : request.contexts) {
    NegotiationAnswer::Context given;
    given.id = context.id;
    for (const auto& syntax : context.transfer_syntaxes) {
      if (!syntaxes.empty() && std::ranges::find(syntaxes, syntax) == syntaxes.end()) continue;
      given.result = NegotiationAnswer::Context::Result::accepted;
      given.transfer_syntax = syntax;
      given.peer = context.roles;
      break;
    }
    answer.contexts.push_back(given);
  }
  return answer;
}

inline std::vector<ProposedContext> propose_ct(Roles roles = kScu) {
  return {{.abstract_syntax = std::string(kCt),
           .transfer_syntaxes = {std::string(uids::ExplicitVRLittleEndian)},
           .roles = roles}};
}

class Ends {
 public:
  struct Wish {
    std::vector<ProposedContext> contexts = propose_ct();
    ExtendedNegotiation extended = {};
    Association::Negotiate negotiate = accept_all;
    std::chrono::seconds timeout{20};
    std::chrono::milliseconds idle{20'000}, artim{200};
    std::optional<Tls> requestor_tls = {}, acceptor_tls = {};
    int requestor_pdu = kPduBytesMax, acceptor_pdu = kPduBytesMax;
  };

  Ends() : Ends(Wish()) {}
  explicit Ends(const Wish& wish) {
    auto listening = listen_on("127.0.0.1", 0);
    ::fcntl(listening->fd(), F_SETFL, 0);  // accept() waits
    std::thread peer([&] {
      Socket client(::accept(listening->fd(), nullptr, nullptr));
      accepted = Association::accept(std::move(client),
                                     {.pdu_bytes_max = wish.acceptor_pdu,
                                      .timeout = wish.timeout,
                                      .idle = wish.idle,
                                      .artim = wish.artim,
                                      .tls = wish.acceptor_tls},
                                     [&](const NegotiationRequest& request) {
                                       received = request;
                                       return wish.negotiate(request);
                                     });
    });
    requested = Association::request({.aet = "THERE",
                                      .host = "127.0.0.1",
                                      .port = port_of(*listening),
                                      .calling_aet = "HERE",
                                      .pdu_bytes_max = wish.requestor_pdu,
                                      .timeout = wish.timeout,
                                      .tls = wish.requestor_tls},
                                     wish.contexts, wish.extended);
    peer.join();
  }

  // Both at a time, because each waits for the other to close its end.
  ~Ends() {
    std::thread one([this] { requested = Error{Errc::io, "gone"}; });
    accepted = Error{Errc::io, "gone"};
    one.join();
  }

  Association& scu() { return *requested; }
  Association& scp() { return *accepted; }

  Result<Association> requested = Error{Errc::io, "none"}, accepted = Error{Errc::io, "none"};
  NegotiationRequest received;
};

}  // namespace dcmfs::net
