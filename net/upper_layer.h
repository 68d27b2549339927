#pragma once
// The DICOM upper layer (PS3.8) as DCMTK does it: how an association begins and ends. What is
// between, P-DATA, goes past DCMTK over the same bytes (pdv.h). Private to this room.
#include <memory>
#include <string>
#include <vector>

#include "net/association.h"
#include "net/byte_stream.h"
#include "net/negotiation.h"
#include "store/result.h"

namespace dcmfs::net {

// PS3.8 9.3.8: who aborts, and why; all but the first are the service provider's.
enum class AbortReason : std::uint8_t {
  by_user = 0,
  unrecognized_pdu = 1,
  unexpected_pdu = 2,
  invalid_parameter = 6,
};

class UpperLayer {
 public:
  // -- as acceptor: receive(), then accept() or reject()
  static Result<UpperLayer> receive(Socket, const AcceptorOptions&);
  NegotiationRequest received() const;
  // For an answer that does not reject.
  Result<> accept(const NegotiationAnswer&);
  void reject(Rejection);

  // -- as requestor; the proposals have ids
  static Result<UpperLayer> request(const Peer&, const std::vector<ProposedContext>&,
                                    const ExtendedNegotiation&);

  UpperLayer(UpperLayer&&) noexcept;
  UpperLayer& operator=(UpperLayer&&) noexcept;
  ~UpperLayer();  // does not abort; waits a moment for a peer that was released to close first

  // -- agreed on
  std::vector<AcceptedContext> contexts() const;
  ExtendedNegotiation extended() const;
  std::size_t peer_pdu_bytes_max() const;  // 0: any

  // -- while it is open
  ByteStream& stream();
  Inbox& inbox();
  bool is_open() const;

  // What stands in the inbox is the peer's wish to end. A release is answered: cancelled. An abort,
  // or anything that must not come: io, corrupt.
  Error end_by_peer();
  Result<> release();
  void abort(AbortReason = AbortReason::by_user);

 private:
  struct Parts;
  explicit UpperLayer(std::unique_ptr<Parts>);
  std::unique_ptr<Parts> parts_;
};

}  // namespace dcmfs::net
