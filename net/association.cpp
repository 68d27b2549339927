#include "net/association.h"

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmnet/assoc.h>
#include <dcmtk/dcmnet/dcmtrans.h>
#include <dcmtk/dcmnet/dimse.h>
#include <dcmtk/dcmnet/diutil.h>
#include <dcmtk/dcmnet/dul.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/service.h"
#include "store/dicom/text.h"

namespace dcmfs::net {
namespace {

// PS3.5 section 10. No preference of ours: what the peer names first of these is taken.
constexpr std::array kTransferSyntaxes{UID_LittleEndianExplicitTransferSyntax,
                                       UID_BigEndianExplicitTransferSyntax,
                                       UID_LittleEndianImplicitTransferSyntax};
constexpr std::uint32_t kSkipBufferBytes = 4096;
// How long a peer may take to close its end: ARTIM of PS3.8 9.1.5.
constexpr int kArtimSeconds = 2;

// DCMTK's acceptor without a listening socket: connections are handed to it by a global variable.
struct Network {
  T_ASC_Network* network = nullptr;

  Network() {
    dcmDisableGethostbyaddr.set(OFTrue);  // a name server must not hold up an association
    // Given any descriptor, DCMTK opens no socket of its own; it closes this one at the end.
    dcmExternalSocketHandle.set(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASC_initializeNetwork(NET_ACCEPTOR, 0, kArtimSeconds, &network);
    dcmExternalSocketHandle.set(-1);
  }
};

// Takes the request out of the socket: it is there (acceptor.h), so nobody waits for the lock long.
T_ASC_Association* receive(Socket& socket) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  static const Network shared;  // lives as long as the process: DCMTK keeps no other state in it
  if (shared.network == nullptr) return nullptr;

  T_ASC_Association* association = nullptr;
  dcmExternalSocketHandle.set(socket.fd());
  const auto received = ASC_receiveAssociation(shared.network, &association, ASC_MAXIMUMPDUSIZE,
                                               nullptr, nullptr, OFFalse, DUL_NOBLOCK, 1);
  dcmExternalSocketHandle.set(-1);
  // From here the socket is DCMTK's, which closes it also when the request was not understood.
  if (association != nullptr) socket.release();
  if (received.good()) return association;
  if (association != nullptr) {
    ASC_dropSCPAssociation(association, 1);
    ASC_destroyAssociation(&association);
  }
  return nullptr;
}

struct EndOfAssociation {
  void operator()(T_ASC_Association* association) const {
    // The peer closes first (PS3.8 9.2, Sta13).
    ASC_dropSCPAssociation(association, kArtimSeconds);
    ASC_destroyAssociation(&association);
  }
};

std::string reject(T_ASC_Association* association, T_ASC_RejectParametersReason reason,
                   std::string why) {
  const T_ASC_RejectParameters rejection{ASC_RESULT_REJECTEDPERMANENT, ASC_SOURCE_SERVICEUSER,
                                         reason};
  ASC_rejectAssociation(association, &rejection);
  return why;
}

// Empty: accepted.
std::string negotiate(T_ASC_Association* association, const AssociationOptions& options) {
  DIC_AE calling{}, called{};
  ASC_getAPTitles(association->params, calling, sizeof calling, called, sizeof called, nullptr, 0);
  DIC_UI application_context{};
  ASC_getApplicationContextName(association->params, application_context,
                                sizeof application_context);
  if (std::string_view(application_context) != UID_StandardApplicationContext)
    return reject(association, ASC_REASON_SU_APPCONTEXTNAMENOTSUPPORTED,
                  "association rejected: unknown application context");
  // PS3.5 6.2: leading and trailing spaces of an AE title are not significant.
  if (options.check_called_aet && trim(called) != trim(options.aet))
    return reject(association, ASC_REASON_SU_CALLEDAETITLENOTRECOGNIZED,
                  "association rejected: it calls another AE title");

  std::vector<const char*> sop_classes;
  for (const Service& service : services())
    for (const std::string_view uid : service.sop_classes) sop_classes.push_back(uid.data());
  auto syntaxes = kTransferSyntaxes;
  ASC_acceptContextsWithPreferredTransferSyntaxes(
      association->params, sop_classes.data(), static_cast<int>(sop_classes.size()),
      syntaxes.data(), static_cast<int>(syntaxes.size()));
  ASC_setAPTitles(association->params, nullptr, nullptr, called);
  if (ASC_acknowledgeAssociation(association).bad()) return "association lost while accepting it";
  return {};
}

const Service* service_for(T_ASC_Association* association, std::uint8_t context,
                           std::uint16_t command) {
  T_ASC_PresentationContext accepted{};
  if (ASC_findAcceptedPresentationContext(association->params, context, &accepted).bad())
    return nullptr;
  for (const Service& service : services())
    for (const std::string_view uid : service.sop_classes)
      if (service.command == command && uid == accepted.abstractSyntax) return &service;
  return nullptr;
}

std::string serve(Store& store, T_ASC_Association* association, int timeout_s) {
  for (;;) {
    T_ASC_PresentationContextID context = 0;
    T_DIMSE_Message message{};
    DcmDataset* detail = nullptr;
    const auto received = DIMSE_receiveCommand(association, DIMSE_NONBLOCKING, timeout_s, &context,
                                               &message, &detail);
    const std::unique_ptr<DcmDataset> detail_owner(detail);
    if (received == DUL_PEERREQUESTEDRELEASE) {
      ASC_acknowledgeRelease(association);
      return {};
    }
    if (received == DUL_PEERABORTEDASSOCIATION) return {};
    if (received.bad()) {
      ASC_abortAssociation(association);
      return received == DIMSE_NODATAAVAILABLE ? "association aborted: the peer was silent"
                                               : "association aborted: not a DIMSE command";
    }
    const Service* service = service_for(association, context, message.CommandField);
    if (service == nullptr) {
      ASC_abortAssociation(association);
      return "association aborted: a request that was not negotiated";
    }
    if (service->handler({store, *association, context, message}) == Answered::no) {
      ASC_abortAssociation(association);
      return "association lost while answering " + std::string(service->name);
    }
  }
}

}  // namespace

std::string serve_association(Store& store, Socket socket, const AssociationOptions& options) {
  const std::unique_ptr<T_ASC_Association, EndOfAssociation> association(receive(socket));
  if (!association) return "association request that DCMTK cannot read";
  if (auto why = negotiate(association.get(), options); !why.empty()) return why;
  return serve(store, association.get(), static_cast<int>(options.timeout.count()));
}

void reject_for_now(Socket socket) {
  constexpr std::array<std::uint8_t, 10> kReject{0x03, 0, 0, 0, 0, 4, 0, 2, 3, 2};
  // What is left unread at close would make TCP drop the answer.
  std::array<char, kSkipBufferBytes> skipped;
  while (::recv(socket.fd(), skipped.data(), skipped.size(), MSG_DONTWAIT) > 0) {
  }
  [[maybe_unused]] auto sent = ::send(socket.fd(), kReject.data(), kReject.size(), MSG_NOSIGNAL);
}

}  // namespace dcmfs::net
