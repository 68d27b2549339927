#include "net/retrieve.h"

#include <algorithm>
#include <optional>
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

std::string value_of(const Keys& keys, Tag tag) {
  const auto found = std::ranges::find(keys, tag, &Keys::value_type::first);
  return found == keys.end() ? "" : found->second;
}

std::set<std::string> all_usual_classes() {
  return {dcmShortSCUStorageSOPClassUIDs,
          dcmShortSCUStorageSOPClassUIDs + numberOfDcmShortSCUStorageSOPClassUIDs};
}

// What classes the instances of the resource are of: contexts have to be proposed before they come.
Result<std::set<std::string>> sop_classes_of(const Peer& peer, const Keys& unique) {
  const auto study = value_of(unique, tags::StudyInstanceUID);
  if (study.empty()) return all_usual_classes();
  DCMFS_TRY(auto association, Association::request(peer, {native_context(kStudyRootFind)}));
  std::vector<std::string> series;
  DCMFS_CHECK(find(association, Level::series,
                   {{tags::StudyInstanceUID, study},
                    {tags::SeriesInstanceUID, value_of(unique, tags::SeriesInstanceUID)}},
                   [&](const Dataset& match) {
                     series.push_back(match.text_or(tags::SeriesInstanceUID, ""));
                     return true;
                   }));
  std::set<std::string> classes;
  for (const auto& uid : series) {
    DCMFS_CHECK(find(association, Level::instance,
                     {{tags::StudyInstanceUID, study},
                      {tags::SeriesInstanceUID, uid},
                      {tags::SOPInstanceUID, value_of(unique, tags::SOPInstanceUID)},
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
  return classes.empty() ? all_usual_classes() : classes;
}

// A context for each compressed transfer syntax, as far as there is room, so that each instance can
// come as it is stored there; and one for the uncompressed ones.
std::vector<ProposedContext> contexts_to_receive(std::string_view model,
                                                 const std::set<std::string>& classes) {
  std::vector<ProposedContext> contexts{native_context(model)};
  const auto add = [&](const std::string& sop_class, std::vector<std::string> syntaxes) {
    if (contexts.size() >= kProposalsMax) return;
    contexts.push_back(
        {.abstract_syntax = sop_class, .transfer_syntaxes = std::move(syntaxes), .roles = kScp});
  };
  for (const auto& sop_class : classes) add(sop_class, native_context(sop_class).transfer_syntaxes);
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

struct Model {
  std::string_view move, get;
};
Model model_of(Level level) {
  return level == Level::patient ? Model{kPatientRootMove, kPatientRootGet}
                                 : Model{kStudyRootMove, kStudyRootGet};
}

// What kept us from storing an instance that may be had another time.
std::optional<Error> trouble_of_ours(Status answered) {
  if (answered == statuses::kOutOfResources)
    return Error{Errc::no_space, "there is no room for what the peer sends"};
  if (answered == statuses::kProcessingFailure)
    return Error{Errc::io, "what the peer sends could not be stored"};
  return std::nullopt;
}

// Until the last answer to the request. Between them come instances, if it is a C-GET.
Result<Retrieved> receive_answers(Store& store, Association& association, CommandField request,
                                  std::uint16_t id, const RetrieveProgress& progress) {
  Retrieved all;
  std::optional<Error> ours;
  for (;;) {
    DCMFS_TRY(const Message message, association.receive());
    const AcceptedContext* context = association.context(message.context);
    if (message.field() == CommandField::c_store_rq && context != nullptr && context->ours.scp) {
      DCMFS_TRY(const Status answered,
                receive_instance(store, association, *context, message,
                                 [](std::string_view) {}));  // the counts tell
      if (!ours) ours = trouble_of_ours(answered);
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
    all.status = status;
    progress(all);
    if (ours) return *ours;
    if (class_of(status) == StatusClass::success) return all;
    if (counts.failed > 0) {
      return Error{Errc::corrupt,
                   std::to_string(counts.failed) + " instances failed: " + text_of(status)};
    }
    if (class_of(status) == StatusClass::warning) return all;
    return Error{Errc::not_supported, "the peer answers " + text_of(status)};
  }
}

Result<Retrieved> ask(Store& store, Association& association, CommandField command,
                      std::string_view sop_class, const Dataset& identifier,
                      const std::string& destination, const RetrieveProgress& progress) {
  const AcceptedContext* context = association.context_for(sop_class, Role::scu);
  const auto id = association.next_message_id();
  auto request = make_request(command, id, sop_class);
  request.set_number(tags::Priority, 0);  // medium
  if (!destination.empty()) request.set_text(tags::MoveDestination, destination);
  DCMFS_CHECK(association.send(context->id, request, identifier));
  return receive_answers(store, association, command, id, progress);
}

}  // namespace

Result<Retrieved> get_resource(Store& store, const Peer& peer, Level level, const Keys& unique,
                               const RetrieveProgress& progress) {
  const auto model = model_of(level).get;
  DCMFS_TRY(const auto classes, sop_classes_of(peer, unique));
  DCMFS_TRY(auto association, Association::request(peer, contexts_to_receive(model, classes)));
  const bool receives = std::ranges::any_of(classes, [&](const std::string& sop_class) {
    return association.context_for(sop_class, Role::scp) != nullptr;
  });
  if (association.context_for(model, Role::scu) == nullptr || !receives) {
    (void)association.release();
    return Error{Errc::not_supported, "the peer does not accept C-GET"};
  }
  return ask(store, association, CommandField::c_get_rq, model, make_identifier(level, unique), {},
             progress);
}

Result<Retrieved> move_resource(Store& store, const Peer& peer, Level level, const Keys& unique,
                                const std::string& destination, const RetrieveProgress& progress) {
  const auto model = model_of(level).move;
  DCMFS_TRY(auto association, Association::request(peer, {native_context(model)}));
  if (association.context_for(model, Role::scu) == nullptr) {
    (void)association.release();
    return Error{Errc::not_supported, "the peer does not accept C-MOVE"};
  }
  return ask(store, association, CommandField::c_move_rq, model, make_identifier(level, unique),
             destination, progress);
}

Result<Retrieved> retrieve_study(Store& store, const Peer& peer, const std::string& study,
                                 const RetrieveProgress& progress) {
  const Keys unique{{tags::StudyInstanceUID, study}};
  bool answered = false;  // C-GET is done there, with or without success
  auto got = get_resource(store, peer, Level::study, unique, [&](const Retrieved& so_far) {
    answered = true;
    progress(so_far);
  });
  if (got || answered || got.error().code != Errc::not_supported) return got;
  auto moved = move_resource(store, peer, Level::study, unique, peer.calling_aet, progress);
  if (moved || moved.error().code != Errc::not_supported) return moved;
  return Error{Errc::not_supported, "neither C-GET nor C-MOVE: " + moved.error().message};
}

}  // namespace dcmfs::net
