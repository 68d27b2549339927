#include "net/service.h"

#include <algorithm>

#include "net/commitment.h"
#include "net/commitment_service.h"
#include "net/commitments.h"
#include "net/find_service.h"
#include "net/retrieve_service.h"
#include "net/storage.h"
#include "net/worklist.h"
#include "store/dicom/transfer_syntax.h"
#include "store/find/find_negotiation.h"

namespace dcmfs::net {
namespace {

constexpr std::string_view kUncompressed[] = {
    uids::ExplicitVRLittleEndian,
    uids::ExplicitVRBigEndian,
    uids::ImplicitVRLittleEndian,
};

constexpr std::string_view kVerification[] = {"1.2.840.10008.1.1"};

// PS3.4 A, PS3.7 9.1.5
Result<> echo(const Call& call) {
  return call.answer(statuses::kSuccess);
}

constexpr Service kServices[] = {
    {.command = CommandField::c_echo_rq,
     .name = "Verification",
     .privilege = &Privileges::echo,
     .sop_classes = {.list = kVerification},
     .handler = echo},
    // SCP of C-GET's sub-operations, too.
    {.command = CommandField::c_store_rq,
     .name = "Storage",
     .privilege = &Privileges::store,
     .sop_classes = {.matches = is_storage},
     .sop_classes_are = "every Storage SOP class, private and unknown ones",
     .syntaxes = Syntaxes::any,
     .peer = kBothRoles,
     .handler = receive_instance},
    {.command = CommandField::c_find_rq,
     .name = "Query/Retrieve",
     .privilege = &Privileges::find,
     .sop_classes = {.list = kFindSopClasses},
     .syntaxes = Syntaxes::uncompressed,
     .peer = kScu,
     .extended = accept_find_negotiation,
     .handler = answer_find},
    {.command = CommandField::c_find_rq,
     .name = "Basic Worklist Management",
     .privilege = &Privileges::find_worklist,
     .sop_classes = {.list = kWorklistSopClasses},
     .syntaxes = Syntaxes::uncompressed,
     .peer = kScu,
     .extended = accept_worklist_negotiation,
     .handler = answer_worklist},
    {.command = CommandField::c_move_rq,
     .name = "Query/Retrieve",
     .privilege = &Privileges::move,
     .sop_classes = {.list = kMoveSopClasses},
     .extended = accept_retrieve_negotiation,
     .handler = answer_move},
    {.command = CommandField::c_get_rq,
     .name = "Query/Retrieve",
     .privilege = &Privileges::get,
     .sop_classes = {.list = kGetSopClasses},
     .extended = accept_retrieve_negotiation,
     .handler = answer_get},
    {.command = CommandField::n_action_rq,
     .name = "Storage Commitment",
     .privilege = &Privileges::storage_commitment,
     .sop_classes = {.list = kCommitmentSopClasses},
     .handler = answer_commitment},
    // Of what we asked for.
    {.command = CommandField::n_event_report_rq,
     .name = "Storage Commitment",
     .privilege = &Privileges::storage_commitment,
     .sop_classes = {.list = kCommitmentSopClasses},
     .peer = kScp,
     .ours = Role::scu,
     .handler = take_commitment_report},
};

}  // namespace

Result<bool> Call::is_cancelled() const {
  return association.is_cancelled(request,
                                  [this](const Message& message) { return takes(message); });
}

bool Call::takes(const Message& message) const {
  return node.commitments.take_answer(association, message);
}

bool SopClasses::contain(std::string_view uid, const Options& options) const {
  return matches != nullptr ? matches(uid, options) : std::ranges::find(list, uid) != list.end();
}

std::span<const Service> services() {
  return kServices;
}

const Service* find_service(CommandField command, std::string_view sop_class,
                            const Options& options) {
  for (const Service& service : services())
    if (service.command == command && service.sop_classes.contain(sop_class, options))
      return &service;
  return nullptr;
}

const Service* find_service(std::string_view sop_class, const Options& options) {
  for (const Service& service : services())
    if (service.sop_classes.contain(sop_class, options)) return &service;
  return nullptr;
}

std::span<const std::string_view> uncompressed_syntaxes() {
  return kUncompressed;
}

}  // namespace dcmfs::net
