#include "net/commitment_service.h"

#include <optional>

#include "net/awaited_commitments.h"
#include "net/commitments.h"

namespace dcmfs::net {
namespace {

struct NotTaken {
  Status status = statuses::kProcessingFailure;
  std::string why;
};

Result<> refuse_commitment(const Call& call, const NotTaken& why) {
  call.node.options.log(std::string(name_of(call.request.field())) + " refused: " + why.why);
  return call.answer(why.status, why.why);
}

// Of the command alone. PS3.7 10.1.1.1.8, 10.1.4.1.10
std::optional<NotTaken> refusal_of_command(const Call& call) {
  if (call.request.sop_class() != call.context.abstract_syntax)
    return NotTaken{statuses::kClassInstanceConflict, "the SOP Class of another instance"};
  if (call.request.sop_instance() != kCommitmentInstance)
    return NotTaken{statuses::kNoSuchSopInstance, "not the well-known instance"};
  if (!call.request.has_dataset()) return NotTaken{statuses::kInvalidArgumentValue, "no data set"};
  return std::nullopt;
}

NotTaken unfit_argument(const Error& error) {
  const bool is_much = error.code == Errc::too_large;
  return {is_much ? statuses::kResourceLimitation : statuses::kInvalidArgumentValue, error.message};
}

}  // namespace

Result<> answer_commitment(const Call& call) {
  if (const auto refusal = refusal_of_command(call)) return refuse_commitment(call, *refusal);
  if (call.request.command.integer(tags::ActionTypeID) != kRequestCommitment)
    return refuse_commitment(call, {statuses::kNoSuchActionType, "an unknown action type"});
  const auto dataset = call.association.receive_dataset(kCommitmentLimits);
  if (!dataset && !call.association.is_open()) return dataset.error();
  if (!dataset) return refuse_commitment(call, unfit_argument(dataset.error()));
  const auto request = parse_commitment_request(*dataset);
  if (!request) return refuse_commitment(call, unfit_argument(request.error()));
  const auto added = call.node.commitments.add(*request, call.association, call.context.id, now());
  if (added) return call.answer(statuses::kSuccess);
  const bool is_much = added.error().code == Errc::busy || added.error().code == Errc::no_space;
  return refuse_commitment(call,
                           {is_much ? statuses::kResourceLimitation : statuses::kProcessingFailure,
                            added.error().message});
}

Result<> take_commitment_report(const Call& call) {
  if (const auto refusal = refusal_of_command(call)) return refuse_commitment(call, *refusal);
  const auto type = call.request.command.integer(tags::EventTypeID).value_or(0);
  if (type != kAllCommitted && type != kSomeNotCommitted)
    return refuse_commitment(call, {statuses::kNoSuchEventType, "an unknown event type"});
  const auto dataset = call.association.receive_dataset(kCommitmentLimits);
  if (!dataset && !call.association.is_open()) return dataset.error();
  if (!dataset) return refuse_commitment(call, unfit_argument(dataset.error()));
  const auto report = parse_commitment_report(*dataset);
  if (!report) return refuse_commitment(call, unfit_argument(report.error()));
  const auto settled = settle_report(call.node.store, *report, now());
  if (settled) return call.answer(statuses::kSuccess);
  return refuse_commitment(call, {statuses::kProcessingFailure, settled.error().message});
}

}  // namespace dcmfs::net
