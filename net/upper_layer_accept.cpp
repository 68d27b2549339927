// UpperLayer as acceptor.
#include <algorithm>
#include <mutex>

#include <sys/socket.h>

#include "net/dcmtk_words.h"
#include "net/pdv.h"
#include "net/role_items.h"
#include "net/upper_layer_parts.h"
#include "store/dicom/text.h"

namespace dcmfs::net {
namespace {

// DCMTK's acceptor without a listening socket: connections are handed to it by a global variable.
struct Acceptors {
  Layer layer;
  Network network;

  Acceptors() {
    // Given any descriptor, DCMTK opens no socket of its own; it closes this one at the end.
    dcmExternalSocketHandle.set(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    network = open_network(NET_ACCEPTOR, 1, layer);
    dcmExternalSocketHandle.set(-1);
  }
};

// Reads the whole A-ASSOCIATE-RQ, so that nobody waits for it with the lock below.
Result<> await_request(Line& line, std::chrono::steady_clock::time_point deadline) {
  Inbox& inbox = line.inbox();
  std::size_t wanted = kPduHeaderBytes;
  while (inbox.waiting().size() < wanted) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0 || !line.stream().is_readable(left)) {
      return Error{Errc::timed_out, "no association was requested in time"};
    }
    DCMFS_CHECK(inbox.fill(inbox.waiting().size() + 1, deadline));
    if (inbox.waiting().size() < kPduHeaderBytes) continue;
    const std::size_t length = length_of_pdu(inbox.waiting());
    if (length > kRequestBytesMax) return Error{Errc::too_large, "a request that is too long"};
    wanted = kPduHeaderBytes + length;
  }
  return {};
}

struct Taken {
  T_ASC_Association* association = nullptr;  // nullptr: DCMTK cannot read the request
  Line::Rest rest;                           // then
};

// Of a line that has the whole request.
Taken take_request(std::unique_ptr<Line> line, int fd, const AcceptorOptions& options) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  static Acceptors& shared = *new Acceptors;  // as long as the process: threads may outlive main()
  if (!shared.network) return {};

  Taken taken;
  Line& given = *line;
  given.leave_to(&taken.rest);
  shared.layer.accepted = std::move(line);
  shared.layer.timeout = options.timeout;
  dcmExternalSocketHandle.set(fd);
  const auto received =
      ASC_receiveAssociation(shared.network.get(), &taken.association, options.pdu_bytes_max,
                             nullptr, nullptr, OFFalse, DUL_NOBLOCK, 1);
  dcmExternalSocketHandle.set(-1);
  shared.layer.accepted.reset();  // if DCMTK did not take it
  if (received.good()) {
    given.leave_to(nullptr);
    return taken;
  }
  // Waits for nobody: others wait for the lock.
  if (taken.association != nullptr) ASC_destroyAssociation(&taken.association);
  return taken;
}

// PS3.8 9.2.1, AA-1 in Sta2: what is no request is answered by A-ABORT (service-user source).
void refuse(Line::Rest& rest, std::chrono::milliseconds closing) {
  if (!rest.stream) return;
  const auto abort = abort_pdu(AbortReason::by_user);
  rest.stream->end(rest.was_answered ? Bytes() : std::as_bytes(std::span(abort)), closing);
}

// DCMTK reads a request without these and can neither accept nor reject it. PS3.8 9.3.2: there is a
// presentation context, and no title is all spaces.
bool is_whole(const DUL_ASSOCIATESERVICEPARAMETERS& request) {
  return !items(request.requestedPresentationContext).empty() &&
         !trim(request.callingAPTitle).empty() && !trim(request.calledAPTitle).empty();
}

}  // namespace

Result<UpperLayer> UpperLayer::receive(Socket socket, const AcceptorOptions& options) {
  set_up_process();
  auto parts = std::make_unique<Parts>();
  parts->peer_address = peer_address_of(socket);
  parts->timeout_s = static_cast<int>(options.timeout.count());
  parts->closing = std::min(options.artim, kClosingMax);
  const int fd = socket.fd();
  const auto deadline = std::chrono::steady_clock::now() + options.artim;
  std::unique_ptr<ByteStream> stream;
  if (options.tls) {
    DCMFS_TRY(stream, options.tls->accept(fd, options.timeout, deadline));
  } else {
    stream = tcp_stream(fd, options.timeout);
  }
  auto line = std::make_unique<Line>(fd, std::move(stream));
  socket.release();
  DCMFS_CHECK(await_request(*line, deadline));
  parts->without_role = proposed_without_role(line->inbox().waiting());
  auto taken = take_request(std::move(line), fd, options);
  parts->association = taken.association;
  if (parts->association == nullptr) {
    refuse(taken.rest, parts->closing);
    return Error{Errc::corrupt, "an association request that DCMTK cannot read"};
  }
  parts->find_line();
  const bool whole = is_whole(parts->params()->DULparams);
  UpperLayer layer(std::move(parts));
  if (whole) return layer;
  layer.abort();
  return Error{Errc::corrupt, "an association request without titles or contexts"};
}

NegotiationRequest UpperLayer::received() const {
  const DUL_ASSOCIATESERVICEPARAMETERS& received = parts_->params()->DULparams;
  NegotiationRequest request;
  // PS3.5 6.2: leading and trailing spaces of an AE title are not significant.
  request.calling_aet = trim(received.callingAPTitle);
  request.called_aet = trim(received.calledAPTitle);
  request.peer_address = parts_->peer_address;
  request.application_context = received.applicationContextName;
  for (const auto* context : items(received.requestedPresentationContext)) {
    const bool is_without_role = parts_->without_role.contains(context->abstractSyntax);
    const Roles roles = is_without_role ? Roles() : roles_of(context->proposedSCRole);
    request.contexts.push_back({.abstract_syntax = context->abstractSyntax,
                                .transfer_syntaxes = transfer_syntaxes_of(*context),
                                .roles = roles,
                                .id = context->presentationContextID,
                                .has_role_item = context->proposedSCRole != DUL_SC_ROLE_DEFAULT});
  }
  request.extended = extended_of(received.requestedExtNegList);
  return request;
}

Result<> UpperLayer::accept(const NegotiationAnswer& answer) {
  T_ASC_Parameters* params = parts_->params();
  const auto proposed = items(params->DULparams.requestedPresentationContext);
  using Answered = NegotiationAnswer::Context;
  for (const auto* context : proposed) {
    const auto found =
        std::ranges::find(answer.contexts, context->presentationContextID, &Answered::id);
    const Answered mine = found != answer.contexts.end() ? *found : Answered{};
    const bool implied = context->proposedSCRole == DUL_SC_ROLE_DEFAULT;
    OFCondition done = EC_Normal;
    if (mine.result == Answered::Result::accepted) {
      done = ASC_acceptPresentationContext(
          params, context->presentationContextID, mine.transfer_syntax.c_str(),
          implied ? ASC_SC_ROLE_DEFAULT : role_of(mine.peer), OFTrue);
    } else {
      done = ASC_refusePresentationContext(params, context->presentationContextID,
                                           static_cast<T_ASC_P_ResultReason>(mine.result));
    }
    if (done.bad()) return Error{Errc::corrupt, "presentation contexts that contradict each other"};
  }
  ASC_setAcceptedExtNegList(params, make_list(answer.extended));
  name_implementation(*params);
  ASC_setAPTitles(params, nullptr, nullptr, params->DULparams.calledAPTitle);
  if (ASC_acknowledgeAssociation(parts_->association).bad()) {
    parts_->line = nullptr;
    return Error{Errc::io, "the association was lost while it was accepted"};
  }
  return {};
}

void UpperLayer::reject(Rejection reason) {
  T_ASC_RejectParameters rejection{
      ASC_RESULT_REJECTEDPERMANENT, ASC_SOURCE_SERVICEUSER,
      static_cast<T_ASC_RejectParametersReason>(0x0100 | static_cast<int>(reason))};
  if (reason == Rejection::local_limit) {
    rejection = {ASC_RESULT_REJECTEDTRANSIENT, ASC_SOURCE_SERVICEPROVIDER_PRESENTATION_RELATED,
                 ASC_REASON_SP_PRES_LOCALLIMITEXCEEDED};
  }
  ASC_rejectAssociation(parts_->association, &rejection);
  parts_->line = nullptr;
}

}  // namespace dcmfs::net
