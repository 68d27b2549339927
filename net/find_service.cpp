#include "net/find_service.h"

#include <algorithm>

#include "net/worklist.h"
#include "store/find/find_results.h"
#include "store/worklists.h"

namespace dcmfs::net {
namespace {

FindModel model_of(std::string_view sop_class) {
  return static_cast<FindModel>(std::ranges::find(kFindSopClasses, sop_class) -
                                kFindSopClasses.begin());
}

// What a client is told of a request that cannot be answered (PS3.4 C.4.1.1.4).
Status refusal_of(Errc code) {
  if (code == Errc::invalid_argument) return statuses::kDatasetDoesNotMatch;
  return code == Errc::too_large ? statuses::kOutOfResources : status_of(code);
}

// The responses to one request, until it is cancelled.
class Responses {
 public:
  Responses(const Call& call, Status pending, Association::Delivery delivery)
      : call_(call), pending_(make_response(call.request, pending)), delivery_(delivery) {}

  // False: no more are wanted.
  bool goes_on() {
    const auto cancelled = call_.is_cancelled();
    if (!cancelled) return fail(cancelled.error());
    is_cancelled_ = *cancelled;
    return !is_cancelled_;
  }

  // Likewise, or they cannot be sent.
  bool send(const Dataset& identifier) {
    if (!goes_on()) return false;
    const auto sent = call_.association.send(call_.context.id, pending_, identifier, delivery_);
    return sent ? true : fail(sent.error());
  }

  Result<> end(Status status, std::string_view comment = {}) {
    DCMFS_CHECK(outcome_);
    return is_cancelled_ ? call_.answer(statuses::kCancelled) : call_.answer(status, comment);
  }

 private:
  bool fail(const Error& error) {
    outcome_ = error;
    return false;
  }

  const Call& call_;
  const Dataset pending_;                 // the command of each
  const Association::Delivery delivery_;  // with_next: where it does not take long
  bool is_cancelled_ = false;
  Result<> outcome_;  // of the association
};

Result<> refuse(const Call& call, const Error& error) {
  call.node.options.log("C-FIND refused: " + error.message);
  return call.answer(refusal_of(error.code), error.message);
}

Status pending_status(bool all_supported) {
  return all_supported ? statuses::kPending : statuses::kPendingSomeKeysUnsupported;
}

// Of an association that goes on: the identifier, or why there is none.
Result<Result<Dataset>> receive_identifier(const Call& call) {
  if (call.request.sop_class() != call.context.abstract_syntax)
    return Result<Dataset>(
        Error{Errc::invalid_argument, "the SOP Class of another presentation context"});
  if (!call.request.has_dataset())
    return Result<Dataset>(Error{Errc::invalid_argument, "no identifier"});
  auto identifier = call.association.receive_dataset();
  if (!identifier && !call.association.is_open()) return std::move(identifier).error();
  return identifier;
}

// What was agreed on for the SOP class of the call.
std::string_view negotiated(const Call& call) {
  const auto& extended = call.association.facts().extended;
  const auto found = extended.find(call.context.abstract_syntax);
  return found == extended.end() ? std::string_view() : found->second;
}

Result<> answer_query(const Call& call, const FindRequest& request) {
  const Options& options = call.node.options;
  const bool instances = request.query.level == Level::instance;
  Responses responses(
      call, pending_status(request.all_supported),
      request.reads_dataset ? Association::Delivery::at_once : Association::Delivery::with_next);
  const auto end = find_results(
      call.node.store, request,
      {.aet = options.aet,
       .results_max = instances ? options.find_instances_max : options.find_results_max,
       .goes_on = [&] { return responses.goes_on(); }},
      [&](const Dataset& identifier) { return responses.send(identifier); });
  if (!end) {
    options.log("C-FIND failed: " + end.error().message);
    return responses.end(refusal_of(end.error().code), end.error().message);
  }
  // PS3.4 C.4.1.3.1: success would say that there are no more.
  return responses.end(*end == FindEnd::limited ? statuses::kCancelled : statuses::kSuccess);
}

}  // namespace

Result<> answer_find(const Call& call) {
  DCMFS_TRY(const auto identifier, receive_identifier(call));
  if (!identifier) return refuse(call, identifier.error());
  const auto request = parse_find_request(
      *identifier, model_of(call.context.abstract_syntax), FindNegotiation::of(negotiated(call)),
      call.node.options.strict_hierarchy ? Hierarchy::strict : Hierarchy::liberal);
  return request ? answer_query(call, *request) : refuse(call, request.error());
}

Result<> answer_worklist(const Call& call) {
  DCMFS_TRY(const auto identifier, receive_identifier(call));
  if (!identifier) return refuse(call, identifier.error());
  const auto request = parse_worklist_request(*identifier, negotiated(call));
  if (!request) return refuse(call, request.error());
  const auto items = call.node.worklists.items(call.node.options.log);
  if (!items) return refuse(call, items.error());
  Responses responses(call, pending_status(request->all_supported),
                      Association::Delivery::with_next);
  for (const auto& item : *items) {
    const auto answer = worklist_answer(*request, *item);
    if (answer && !responses.send(*answer)) break;
  }
  return responses.end(statuses::kSuccess);
}

}  // namespace dcmfs::net
