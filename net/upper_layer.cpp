#include "net/upper_layer.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>
#include <optional>
#include <stop_token>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmnet/assoc.h>
#include <dcmtk/dcmnet/dcmlayer.h>
#include <dcmtk/dcmnet/dcmtrans.h>
#include <dcmtk/dcmnet/diutil.h>
#include <dcmtk/dcmnet/dul.h>
#include <dcmtk/dcmnet/lst.h>
#include <dcmtk/oflog/oflog.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/pdv.h"
#include "store/dicom/text.h"
#include "store/dicom/writer.h"

namespace dcmfs::net {
namespace {

// How long a peer may take to close its end, whatever ARTIM is (PS3.8 9.1.5): a thread waits for
// it.
constexpr std::chrono::milliseconds kClosingMax{2'000};

// A connection as DCMTK sees it: reads and writes through the stream and the inbox that the rest
// of the room uses, too.
class Line final : public DcmTransportConnection {
 public:
  // `fd` is closed with it. `under` is what the stream runs on, if that is another descriptor.
  Line(int fd, std::unique_ptr<ByteStream> stream, Socket under = {})
      : DcmTransportConnection(fd),
        under_(std::move(under)),
        stream_(std::move(stream)),
        inbox_(*stream_) {}
  ~Line() override { close_once(); }

  ByteStream& stream() { return *stream_; }
  Inbox& inbox() { return inbox_; }

  OFCondition serverSideHandshake() override { return EC_Normal; }
  OFCondition clientSideHandshake() override { return EC_Normal; }
  OFCondition renegotiate(const char*) override { return EC_Normal; }

  ssize_t read(void* into, size_t size) override {
    const auto filled = inbox_.fill(1, std::chrono::steady_clock::time_point::max());
    if (!filled) {
      errno = filled.error().code == Errc::timed_out ? EAGAIN : ECONNRESET;
      return filled.error().code == Errc::timed_out ? -1 : 0;
    }
    const Bytes bytes = inbox_.waiting().first(std::min(size, inbox_.waiting().size()));
    std::memcpy(into, bytes.data(), bytes.size());
    inbox_.take(bytes.size());
    return static_cast<ssize_t>(bytes.size());
  }
  ssize_t write(void* from, size_t size) override {
    const auto bytes = Bytes(static_cast<const std::byte*>(from), size);
    if (stream_->write(bytes, {}, ByteStream::More::no)) return static_cast<ssize_t>(size);
    errno = ECONNRESET;
    return -1;
  }
  void wait_for_close(std::chrono::milliseconds time) {
    if (getSocket() >= 0) stream_->end({}, time);
  }
  void close() override { close_once(); }
  void closeTransportConnection() override { close_once(); }

  unsigned long getPeerCertificateLength() override { return 0; }
  unsigned long getPeerCertificate(void*, unsigned long) override { return 0; }
  OFBool networkDataAvailable(int timeout_s) override {
    return !inbox_.waiting().empty() || stream_->is_readable(std::chrono::seconds(timeout_s));
  }
  OFBool isTransparentConnection() override { return OFTrue; }
  OFString& dumpConnectionParameters(OFString& text) override { return text = "TCP/IP"; }

 private:
  void close_once() {
    if (getSocket() < 0) return;
    ::shutdown(getSocket(), SHUT_RDWR);
    ::close(getSocket());
    setSocket(-1);
  }

  const Socket under_;
  std::unique_ptr<ByteStream> stream_;
  Inbox inbox_;
};

// What makes DCMTK use our connections.
class Layer final : public DcmTransportLayer {
 public:
  // The connection that DCMTK is to have next; DCMTK deletes it with the association.
  std::unique_ptr<Line> accepted;  // on the descriptor that DCMTK is given
  std::chrono::seconds timeout{};  // of it; DCMTK has set one of its own
  // To a peer: takes the place of the one that DCMTK has connected.
  std::unique_ptr<ByteStream> stream;
  Socket connected;

  DcmTransportConnection* createConnection(DcmNativeSocketType fd, OFBool) override {
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (accepted) {
      limit_time(fd, timeout);
      return accepted.release();
    }
    if (!stream || ::dup3(connected.fd(), fd, O_CLOEXEC) < 0) return nullptr;
    return new Line(fd, std::move(stream), std::move(connected));
  }
};

void set_up_process() {
  static std::once_flag done;
  std::call_once(done, [] {
    // DCMTK's messages quote data sets, and patient data does not go to a log.
    OFLog::configure(OFLogger::OFF_LOG_LEVEL);
    dcmDisableGethostbyaddr.set(OFTrue);  // a name server must not hold up an association
    // sendfile() to a peer that is gone would end the process.
    struct sigaction now {};
    if (::sigaction(SIGPIPE, nullptr, &now) == 0 && now.sa_handler == SIG_DFL) {
      ::signal(SIGPIPE, SIG_IGN);
    }
  });
}

struct NetworkCloser {
  void operator()(T_ASC_Network* network) const { ASC_dropNetwork(&network); }
};
using Network = std::unique_ptr<T_ASC_Network, NetworkCloser>;

Network open_network(T_ASC_NetworkRole role, int timeout_s, Layer& layer) {
  T_ASC_Network* network = nullptr;
  if (ASC_initializeNetwork(role, 0, timeout_s, &network).bad()) return nullptr;
  ASC_setTransportLayer(network, &layer, 0);
  return Network(network);
}

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
Result<> await_request(Line& line, std::chrono::milliseconds time) {
  const auto deadline = std::chrono::steady_clock::now() + time;
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

// Of a line that has the whole request. nullptr: DCMTK cannot read it.
T_ASC_Association* take_request(std::unique_ptr<Line> line, int fd,
                                const AcceptorOptions& options) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  static Acceptors& shared = *new Acceptors;  // as long as the process: threads may outlive main()
  if (!shared.network) return nullptr;

  T_ASC_Association* association = nullptr;
  shared.layer.accepted = std::move(line);
  shared.layer.timeout = options.timeout;
  dcmExternalSocketHandle.set(fd);
  const auto received =
      ASC_receiveAssociation(shared.network.get(), &association, options.pdu_bytes_max, nullptr,
                             nullptr, OFFalse, DUL_NOBLOCK, 1);
  dcmExternalSocketHandle.set(-1);
  shared.layer.accepted.reset();  // if DCMTK did not take it
  if (received.good()) return association;
  // Waits for nobody: others wait for the lock.
  if (association != nullptr) ASC_destroyAssociation(&association);
  return nullptr;
}

// -- roles: DCMTK's words and ours

Roles roles_of(DUL_SC_ROLE role) {
  switch (role) {
    case DUL_SC_ROLE_NONE:
      return {};
    case DUL_SC_ROLE_DEFAULT:
    case DUL_SC_ROLE_SCU:
      return kScu;
    case DUL_SC_ROLE_SCP:
      return kScp;
    case DUL_SC_ROLE_SCUSCP:
      return kBothRoles;
  }
  return {};
}

T_ASC_SC_ROLE role_of(Roles roles) {
  if (roles.scu && roles.scp) return ASC_SC_ROLE_SCUSCP;
  if (roles.scp) return ASC_SC_ROLE_SCP;
  return roles.scu ? ASC_SC_ROLE_SCU : ASC_SC_ROLE_NONE;
}

Roles opposite(Roles roles) {
  return {.scu = roles.scp, .scp = roles.scu};
}

// -- lists

std::vector<const DUL_PRESENTATIONCONTEXT*> items(LST_HEAD* list) {
  std::vector<const DUL_PRESENTATIONCONTEXT*> all;
  if (list == nullptr) return all;
  LST_NODE* node = LST_Head(&list);
  LST_Position(&list, node);
  for (; node != nullptr; node = LST_Next(&list)) {
    all.push_back(reinterpret_cast<const DUL_PRESENTATIONCONTEXT*>(node));
  }
  return all;
}

std::vector<std::string> transfer_syntaxes_of(const DUL_PRESENTATIONCONTEXT& context) {
  std::vector<std::string> all;
  LST_HEAD* list = context.proposedTransferSyntax;
  if (list == nullptr) return all;
  LST_NODE* node = LST_Head(&list);
  LST_Position(&list, node);
  for (; node != nullptr; node = LST_Next(&list)) {
    all.emplace_back(reinterpret_cast<const DUL_TRANSFERSYNTAX*>(node)->transferSyntax);
  }
  return all;
}

ExtendedNegotiation extended_of(const SOPClassExtendedNegotiationSubItemList* list) {
  ExtendedNegotiation all;
  if (list == nullptr) return all;
  for (const auto* item : *list) {
    const auto* bytes = reinterpret_cast<const char*>(item->serviceClassAppInfo);
    all[item->sopClassUID.c_str()].assign(bytes,
                                          bytes == nullptr ? 0 : item->serviceClassAppInfoLength);
  }
  return all;
}

// nullptr for none, else it is for DCMTK to delete.
SOPClassExtendedNegotiationSubItemList* make_list(const ExtendedNegotiation& extended) {
  if (extended.empty()) return nullptr;
  auto list = std::make_unique<SOPClassExtendedNegotiationSubItemList>();
  for (const auto& [sop_class, bytes] : extended) {
    auto item = std::make_unique<SOPClassExtendedNegotiationSubItem>();
    item->sopClassUID = sop_class.c_str();
    item->sopClassUIDLength = static_cast<unsigned short>(sop_class.size());
    item->serviceClassAppInfoLength = static_cast<unsigned short>(bytes.size());
    auto copy = std::make_unique<unsigned char[]>(bytes.size());
    std::memcpy(copy.get(), bytes.data(), bytes.size());
    item->serviceClassAppInfo = copy.release();
    list->push_back(item.release());
  }
  return list.release();
}

void name_implementation(T_ASC_Parameters& params) {
  const auto copy = [](std::string_view text, char* into, std::size_t size) {
    const auto count = std::min(text.size(), size - 1);
    std::memcpy(into, text.data(), count);
    into[count] = '\0';
  };
  copy(kImplementationClassUID, params.ourImplementationClassUID,
       sizeof params.ourImplementationClassUID);
  copy(kImplementationVersionName, params.ourImplementationVersionName,
       sizeof params.ourImplementationVersionName);
}

// PS3.8 9.3.4
Error rejected(T_ASC_Parameters* params) {
  T_ASC_RejectParameters why{};
  ASC_getRejectParameters(params, &why);
  struct Row {
    T_ASC_RejectParametersReason reason;
    const char* text;
  };
  constexpr Row kReasons[] = {
      {ASC_REASON_SU_APPCONTEXTNAMENOTSUPPORTED, "application context name not supported"},
      {ASC_REASON_SU_CALLINGAETITLENOTRECOGNIZED, "it does not know our AE title"},
      {ASC_REASON_SU_CALLEDAETITLENOTRECOGNIZED, "it has another AE title"},
      {ASC_REASON_SP_ACSE_PROTOCOLVERSIONNOTSUPPORTED, "protocol version not supported"},
      {ASC_REASON_SP_PRES_TEMPORARYCONGESTION, "temporary congestion"},
      {ASC_REASON_SP_PRES_LOCALLIMITEXCEEDED, "local limit exceeded"},
  };
  std::string text = "no reason given";
  for (const Row& row : kReasons)
    if (row.reason == why.reason) text = row.text;
  const bool for_now = why.result == ASC_RESULT_REJECTEDTRANSIENT;
  // Who is only busy is worth another try.
  return {for_now ? Errc::busy : Errc::denied, std::string("the peer rejected the association") +
                                                   (for_now ? " for now: " : ": ") + text};
}

}  // namespace

struct UpperLayer::Parts {
  // In this order: the association goes first.
  std::unique_ptr<Layer> layer;
  Network network;
  T_ASC_Association* association = nullptr;
  Line* line = nullptr;  // of the association while it is open
  bool we_requested = false;
  bool peer_may_close = true;
  std::string peer_address;
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

UpperLayer::UpperLayer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
UpperLayer::UpperLayer(UpperLayer&&) noexcept = default;
UpperLayer& UpperLayer::operator=(UpperLayer&&) noexcept = default;
UpperLayer::~UpperLayer() = default;

// -- acceptor

Result<UpperLayer> UpperLayer::receive(Socket socket, const AcceptorOptions& options) {
  set_up_process();
  auto parts = std::make_unique<Parts>();
  parts->peer_address = peer_address_of(socket);
  parts->timeout_s = static_cast<int>(options.timeout.count());
  parts->closing = std::min(options.artim, kClosingMax);
  const int fd = socket.fd();
  auto line = std::make_unique<Line>(fd, tcp_stream(fd, options.timeout));
  socket.release();
  DCMFS_CHECK(await_request(*line, options.artim));
  parts->association = take_request(std::move(line), fd, options);
  if (parts->association == nullptr) {
    return Error{Errc::corrupt, "an association request that DCMTK cannot read"};
  }
  parts->find_line();
  return UpperLayer(std::move(parts));
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
    request.contexts.push_back({.abstract_syntax = context->abstractSyntax,
                                .transfer_syntaxes = transfer_syntaxes_of(*context),
                                .roles = roles_of(context->proposedSCRole),
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
  const T_ASC_RejectParameters rejection{
      ASC_RESULT_REJECTEDPERMANENT, ASC_SOURCE_SERVICEUSER,
      static_cast<T_ASC_RejectParametersReason>(0x0100 | static_cast<int>(reason))};
  ASC_rejectAssociation(parts_->association, &rejection);
  parts_->line = nullptr;
}

// -- requestor

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
  parts->at_stop.emplace(peer.stop, Parts::ShutDown{Socket(::fcntl(connected.fd(), F_DUPFD_CLOEXEC, 0))});
  parts->timeout_s = static_cast<int>(peer.timeout.count());
  parts->layer = std::make_unique<Layer>();
  parts->layer->stream = tcp_stream(connected.fd(), peer.timeout);
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
    if (requested == DUL_READTIMEOUT) {
      return Error{Errc::timed_out, "the peer did not answer the association request"};
    }
    return Error{Errc::io, "the peer ended the connection when asked for an association"};
  }
  parts->find_line();
  return UpperLayer(std::move(parts));
}

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
  abort();
  return {Errc::corrupt, "a PDU that must not come now"};
}

Result<> UpperLayer::release() {
  const auto released = ASC_releaseAssociation(parts_->association);
  parts_->line = nullptr;
  if (released.bad()) return Error{Errc::io, "the association was lost while it was released"};
  return {};
}

void UpperLayer::abort() {
  if (!is_open()) return;
  // Not by DCMTK, which waits as long as for any other answer of the peer. PS3.8 9.3.8: A-ABORT,
  // by the service user.
  constexpr std::array<std::uint8_t, 10> kAbort{0x07, 0, 0, 0, 0, 4, 0, 0, 0, 0};
  parts_->line->stream().end(std::as_bytes(std::span(kAbort)), parts_->closing);
  parts_->line = nullptr;
  parts_->peer_may_close = false;
}

}  // namespace dcmfs::net
