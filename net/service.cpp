#include "net/service.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmnet/assoc.h>
#include <dcmtk/dcmnet/dimse.h>

namespace dcmfs::net {
namespace {

constexpr std::string_view kVerification[] = {UID_VerificationSOPClass};

// PS3.4 A, PS3.7 9.1.5
Answered echo(const Call& call) {
  const auto sent = DIMSE_sendEchoResponse(&call.association, call.context,
                                           &call.request.msg.CEchoRQ, STATUS_Success, nullptr);
  return sent.good() ? Answered::yes : Answered::no;
}

constexpr Service kServices[] = {
    {DIMSE_C_ECHO_RQ, kVerification, echo, "Verification"},
};

}  // namespace

std::span<const Service> services() {
  return kServices;
}

}  // namespace dcmfs::net
