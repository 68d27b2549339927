#include "net/echo.h"

#include "net/verdict.h"
#include "store/dicom/transfer_syntax.h"

namespace dcmfs::net {
namespace {

constexpr std::string_view kVerificationSopClass = "1.2.840.10008.1.1";

}  // namespace

Result<std::chrono::milliseconds> echo(const Peer& peer) {
  using Clock = std::chrono::steady_clock;
  const auto began = Clock::now();
  DCMFS_TRY(auto association,
            Association::request(
                peer, {{.abstract_syntax = std::string(kVerificationSopClass),
                        .transfer_syntaxes = {std::string(uids::ImplicitVRLittleEndian)}}}));
  const AcceptedContext* context = association.context_for(kVerificationSopClass, Role::scu);
  if (context == nullptr) {
    return Error{Errc::not_supported, peer.aet + " does not accept the Verification SOP Class"};
  }
  const auto id = association.next_message_id();
  DCMFS_CHECK(association.send(context->id,
                               make_request(CommandField::c_echo_rq, id, kVerificationSopClass)));
  DCMFS_TRY(const Message answer, association.receive());
  if (answer.field() != response(CommandField::c_echo_rq) || answer.responded_id() != id) {
    return Error{Errc::corrupt, peer.aet + " answers something else"};
  }
  if (class_of(answer.status()) != StatusClass::success) {
    return Error{Errc::corrupt, peer.aet + " answers " + text_of(answer.status())};
  }
  const auto took = Clock::now() - began;
  (void)association.release();  // it has answered
  return std::chrono::duration_cast<std::chrono::milliseconds>(took);
}

}  // namespace dcmfs::net
