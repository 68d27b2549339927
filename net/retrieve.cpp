#include "net/retrieve.h"

#include <algorithm>
#include <set>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcuid.h>

#include "net/contexts.h"
#include "net/remote_find.h"
#include "net/storage.h"
#include "net/verdict.h"
#include "store/dicom/transfer_syntax.h"

namespace dcmfs::net {
namespace {

std::vector<std::string> native_syntaxes() {
  return {std::string(uids::ExplicitVRLittleEndian), std::string(uids::ImplicitVRLittleEndian)};
}

ProposedContext model(std::string_view uid) {
  return {.abstract_syntax = std::string(uid), .transfer_syntaxes = native_syntaxes()};
}

// What classes the instances of the study are of: contexts have to be proposed before they come.
Result<std::set<std::string>> sop_classes_of(const Peer& peer, const std::string& study) {
  DCMFS_TRY(auto association, Association::request(peer, {model(kStudyRootFind)}));
  std::vector<std::string> series;
  DCMFS_CHECK(find(association, Level::series,
                   {{tags::StudyInstanceUID, study}, {tags::SeriesInstanceUID, ""}},
                   [&](const Dataset& match) {
                     series.push_back(match.text_or(tags::SeriesInstanceUID, ""));
                     return true;
                   }));
  std::set<std::string> classes;
  for (const auto& uid : series) {
    DCMFS_CHECK(find(association, Level::instance,
                     {{tags::StudyInstanceUID, study},
                      {tags::SeriesInstanceUID, uid},
                      {tags::SOPInstanceUID, ""},
                      {tags::SOPClassUID, ""}},
                     [&](const Dataset& match) {
                       classes.insert(match.text_or(tags::SOPClassUID, ""));
                       return true;
                     }));
  }
  classes.erase("");
  (void)association.release();  // it has answered
  if (series.empty()) return Error{Errc::not_found, "the peer has no such study"};
  // SOPClassUID is an optional key (PS3.4 C.6.2.1): then all of which there may be some.
  if (classes.empty()) {
    classes.insert(dcmShortSCUStorageSOPClassUIDs,
                   dcmShortSCUStorageSOPClassUIDs + numberOfDcmShortSCUStorageSOPClassUIDs);
  }
  return classes;
}

// A context for each compressed transfer syntax, as far as there is room, so that each instance can
// come as it is stored there; and one for the uncompressed ones.
std::vector<ProposedContext> contexts_to_receive(const std::set<std::string>& classes) {
  std::vector<ProposedContext> contexts{model(kStudyRootGet)};
  const auto add = [&](const std::string& sop_class, std::vector<std::string> syntaxes) {
    if (contexts.size() >= kProposalsMax) return;
    contexts.push_back({.abstract_syntax = sop_class,
                        .transfer_syntaxes = std::move(syntaxes),
                        .roles = kScp});
  };
  for (const auto& sop_class : classes) add(sop_class, native_syntaxes());
  for (const auto& sop_class : classes) {
    for (const TransferSyntax& syntax : transfer_syntaxes()) {
      if (syntax.encapsulated) add(sop_class, {std::string(syntax.uid)});
    }
  }
  return contexts;
}

Retrieved counts_of(const Message& answer) {
  const auto count = [&](Tag tag) { return answer.command.integer(tag).value_or(0); };
  return {.completed = count(tags::NumberOfCompletedSuboperations) +
                       count(tags::NumberOfWarningSuboperations),
          .failed = count(tags::NumberOfFailedSuboperations),
          .remaining = count(tags::NumberOfRemainingSuboperations)};
}

using Progress = std::function<void(const Retrieved&)>;

// Until the last answer to the request. Between them come instances, if it is a C-GET.
Result<Retrieved> receive_answers(Store& store, Association& association, CommandField request,
                                  std::uint16_t id, const Progress& progress) {
  Retrieved all;
  for (;;) {
    DCMFS_TRY(const Message message, association.receive());
    const AcceptedContext* context = association.context(message.context);
    if (message.field() == CommandField::c_store_rq && context != nullptr && context->ours.scp) {
      DCMFS_CHECK(receive_instance(store, association, *context, message,
                                   [](std::string_view) {}));  // the counts tell
      continue;
    }
    if (message.field() != response(request) || message.responded_id() != id) {
      association.abort();
      return Error{Errc::corrupt, "the peer answers something else"};
    }
    const auto status = message.status();
    const auto counts = counts_of(message);
    if (class_of(status) == StatusClass::pending) {
      all = counts;
      progress(all);
      continue;
    }
    (void)association.release();  // it has answered
    all.completed = std::max(all.completed, counts.completed);
    all.failed = counts.failed;
    all.remaining = 0;
    progress(all);
    if (class_of(status) == StatusClass::success) return all;
    if (counts.failed > 0) {
      return Error{Errc::corrupt, std::to_string(counts.failed) + " instances failed: " + text_of(status)};
    }
    if (class_of(status) == StatusClass::warning) return all;
    return Error{Errc::not_supported, "the peer answers " + text_of(status)};
  }
}

Result<Retrieved> ask(Store& store, Association& association, CommandField command,
                      std::string_view sop_class, const std::string& study,
                      const std::string& destination, const Progress& progress) {
  const AcceptedContext* context = association.context_for(sop_class, Role::scu);
  const auto id = association.next_message_id();
  auto request = make_request(command, id, sop_class);
  request.set_number(tags::Priority, 0);  // medium
  if (!destination.empty()) request.set_text(tags::MoveDestination, destination);
  DCMFS_CHECK(association.send(context->id, request,
                               make_identifier(Level::study, {{tags::StudyInstanceUID, study}})));
  return receive_answers(store, association, command, id, progress);
}

}  // namespace

Result<Retrieved> retrieve_study(Store& store, const Peer& peer, const std::string& study,
                                 const Progress& progress) {
  DCMFS_TRY(const auto classes, sop_classes_of(peer, study));
  DCMFS_TRY(auto association, Association::request(peer, contexts_to_receive(classes)));
  const bool receives =
      std::ranges::any_of(classes, [&](const std::string& sop_class) {
        return association.context_for(sop_class, Role::scp) != nullptr;
      });
  if (association.context_for(kStudyRootGet, Role::scu) != nullptr && receives) {
    return ask(store, association, CommandField::c_get_rq, kStudyRootGet, study, {}, progress);
  }
  (void)association.release();
  DCMFS_TRY(auto moving, Association::request(peer, {model(kStudyRootMove)}));
  if (moving.context_for(kStudyRootMove, Role::scu) == nullptr) {
    return Error{Errc::not_supported, "the peer accepts neither C-GET nor C-MOVE"};
  }
  return ask(store, moving, CommandField::c_move_rq, kStudyRootMove, study, peer.calling_aet, progress);
}

}  // namespace dcmfs::net
