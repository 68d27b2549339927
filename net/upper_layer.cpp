#include "net/upper_layer.h"

#include <algorithm>

#include "net/dcmtk_words.h"
#include "net/upper_layer_parts.h"

namespace dcmfs::net {
namespace {

Roles opposite(Roles roles) {
  return {.scu = roles.scp, .scp = roles.scu};
}

// Types of PDUs, PS3.8 9.3.
constexpr std::uint8_t kReleaseRequest = 0x05;

// Of a PDU that must not come: PS3.8 9.2.3, AA-8.
AbortReason reason_for(std::uint8_t type) {
  return type >= 0x01 && type <= kAbort ? AbortReason::unexpected_pdu
                                        : AbortReason::unrecognized_pdu;
}

}  // namespace

UpperLayer::UpperLayer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
UpperLayer::UpperLayer(UpperLayer&&) noexcept = default;
UpperLayer& UpperLayer::operator=(UpperLayer&&) noexcept = default;
UpperLayer::~UpperLayer() = default;

// -- agreed on

std::vector<AcceptedContext> UpperLayer::contexts() const {
  std::vector<AcceptedContext> accepted;
  for (const auto* context : items(parts_->params()->DULparams.requestedPresentationContext)) {
    if (context->result != ASC_P_ACCEPTANCE) continue;
    const auto proposed = transfer_syntaxes_of(*context);
    // A peer could choose what we did not offer.
    if (std::ranges::find(proposed, context->acceptedTransferSyntax) == proposed.end()) continue;
    const Roles requestor = roles_of(context->acceptedSCRole);
    accepted.push_back({.id = context->presentationContextID,
                        .abstract_syntax = context->abstractSyntax,
                        .transfer_syntax = context->acceptedTransferSyntax,
                        .ours = parts_->we_requested ? requestor : opposite(requestor)});
  }
  return accepted;
}

ExtendedNegotiation UpperLayer::extended() const {
  return extended_of(parts_->params()->DULparams.acceptedExtNegList);
}

std::size_t UpperLayer::peer_pdu_bytes_max() const {
  return static_cast<std::size_t>(std::max(parts_->params()->theirMaxPDUReceiveSize, 0L));
}

// -- while it is open

ByteStream& UpperLayer::stream() {
  return parts_->line->stream();
}

Inbox& UpperLayer::inbox() {
  return parts_->line->inbox();
}

bool UpperLayer::is_open() const {
  return parts_->line != nullptr;
}

Error UpperLayer::end_by_peer() {
  const auto type = std::to_integer<std::uint8_t>(inbox().waiting().front());
  if (type != kReleaseRequest && type != kAbort) {
    abort(reason_for(type));
    return {Errc::corrupt, "a PDU that must not come now"};
  }
  const auto read =
      DUL_ReadPDVs(&parts_->association->DULassociation, nullptr, DUL_NOBLOCK, parts_->timeout_s);
  if (read == DUL_PEERREQUESTEDRELEASE) {
    ASC_acknowledgeRelease(parts_->association);
    parts_->line = nullptr;
    return {Errc::cancelled, "the peer released the association"};
  }
  if (read == DUL_PEERABORTEDASSOCIATION) {
    parts_->line = nullptr;
    return {Errc::io, "the peer aborted the association"};
  }
  abort(AbortReason::invalid_parameter);
  return {Errc::corrupt, "the end of an association that is no such PDU"};
}

Result<> UpperLayer::release() {
  auto released = ASC_releaseAssociation(parts_->association);
  // Both sides asked at the same time: who requested the association answers first (PS3.8 9.2, AR-8
  // and AR-9) and then has the answer of the other.
  if (released == DUL_PEERREQUESTEDRELEASE) {
    released = ASC_acknowledgeRelease(parts_->association);
  }
  parts_->line = nullptr;
  if (released.bad()) return Error{Errc::io, "the association was lost while it was released"};
  return {};
}

void UpperLayer::abort(AbortReason reason) {
  if (!is_open()) return;
  // Not by DCMTK, which waits as long as for any other answer of the peer.
  const auto pdu = abort_pdu(reason);
  parts_->line->stream().end(std::as_bytes(std::span(pdu)), parts_->closing);
  parts_->line = nullptr;
  parts_->peer_may_close = false;
}

}  // namespace dcmfs::net
