#include "net/retrieve_service.h"

#include <algorithm>
#include <optional>
#include <span>
#include <variant>

#include "net/move_target.h"
#include "net/retrieve_plan.h"
#include "net/retrieve_request.h"
#include "net/send_instance.h"
#include "net/sub_operations.h"
#include "store/dicom/text.h"

namespace dcmfs::net {
namespace {

// Of a request that is not carried out (PS3.4 C.4.2.1.5, C.4.3.1.4).
struct NotRetrieved {
  Status status = statuses::kProcessingFailure;
  std::string why;
};

Result<> refuse_retrieve(const Call& call, const NotRetrieved& why) {
  call.node.options.log(std::string(name_of(call.request.field())) + " refused: " + why.why);
  return call.answer(why.status, why.why);
}

NotRetrieved unfit_identifier(const Error& error) {
  const bool unfit = error.code == Errc::invalid_argument;
  return {unfit ? statuses::kDatasetDoesNotMatch : statuses::kCannotUnderstand, error.message};
}

// What can be said before the identifier is taken in.
std::optional<NotRetrieved> refusal_of(const Call& call) {
  if (call.request.sop_class() != call.context.abstract_syntax) {
    return NotRetrieved{statuses::kSopClassNotSupported,
                        "the SOP Class of another presentation context"};
  }
  if (!call.request.has_dataset()) {
    return NotRetrieved{statuses::kDatasetDoesNotMatch, "no identifier"};
  }
  return std::nullopt;
}

Hierarchy hierarchy_of(const Call& call) {
  const auto& extended = call.association.facts().extended;
  const auto found = extended.find(call.context.abstract_syntax);
  const bool relational = found != extended.end() && found->second.starts_with('\1');
  return call.node.options.strict_hierarchy && !relational ? Hierarchy::strict : Hierarchy::liberal;
}

// Of an association that goes on.
using Planned = std::variant<RetrievePlan, NotRetrieved>;

Result<Planned> plan(const Call& call, std::span<const std::string_view> sop_classes) {
  const auto identifier = call.association.receive_dataset();
  if (!identifier && !call.association.is_open()) return identifier.error();
  if (!identifier) return Planned(unfit_identifier(identifier.error()));
  const auto model = static_cast<FindModel>(
      std::ranges::find(sop_classes, call.context.abstract_syntax) - sop_classes.begin());
  const auto query = parse_retrieve_request(*identifier, model, hierarchy_of(call));
  if (!query) return Planned(unfit_identifier(query.error()));
  auto planned = plan_retrieve(call.node.store, *query);
  if (!planned) {
    return Planned(NotRetrieved{statuses::kUnableToCalculateMatches, planned.error().message});
  }
  return Planned(*std::move(planned));
}

Result<> end_retrieve(const Call& call, SubOperations& operations) {
  if (!operations.why().empty()) {
    call.node.options.log(std::string(name_of(call.request.field())) +
                          ": not all was sent: " + operations.why());
  }
  return operations.end();
}

std::optional<Peer> destination_of(const Call& call) {
  const std::string aet(trim(call.request.command.text_or(tags::MoveDestination, "")));
  return aet.empty() ? std::nullopt : peer_titled(call.node.options, aet, call.node.stop);
}

enum class GoOn : bool { no, yes };

Result<GoOn> move_part(const RetrievePlan& plan, const std::set<StorageSyntax>& part,
                       MoveTarget& target, SubOperations& operations) {
  target.begin(part);
  for (const PlannedInstance& instance : plan.instances) {
    if (!part.contains(plan.syntaxes[instance.syntax])) continue;
    DCMFS_TRY(const bool cancelled, operations.is_cancelled());
    if (cancelled) return GoOn::no;
    operations.count(instance.sop_instance, target.send(instance));
    DCMFS_CHECK(operations.tell());
  }
  return GoOn::yes;
}

Result<> move_all(const Call& call, const RetrievePlan& plan, const Peer& destination) {
  SubOperations operations(call, plan.instances.size());
  MoveTarget target(
      call.node.store, destination,
      {.originator = MoveOriginator{call.association.facts().calling_aet, call.request.id()}});
  DCMFS_CHECK(operations.tell());  // some clients listen for instances only after a response
  for (const auto& part : divide_by_association(plan.syntaxes)) {
    DCMFS_TRY(const GoOn go_on, move_part(plan, part, target, operations));
    if (go_on == GoOn::no) break;
  }
  target.release();
  return end_retrieve(call, operations);
}

Result<> get_all(const Call& call, const RetrievePlan& plan) {
  Store& store = call.node.store;
  SubOperations operations(call, plan.instances.size());
  const SendOptions options{
      .takes = [&](const Message& message) { return operations.see(message); }};
  DCMFS_CHECK(operations.tell());
  for (const PlannedInstance& planned : plan.instances) {
    DCMFS_TRY(const bool cancelled, operations.is_cancelled());
    if (cancelled) break;
    const auto instance = open_planned(store, planned);
    const auto status = instance ? send_instance(store, call.association, *instance, options)
                                 : Result<Status>(instance.error());
    if (!call.association.is_open()) return status.error();
    operations.count(planned.sop_instance, status);
    DCMFS_CHECK(operations.tell());
  }
  return end_retrieve(call, operations);
}

}  // namespace

std::string accept_retrieve_negotiation(std::string_view proposed) {
  std::string answer(std::min<std::size_t>(proposed.size(), 2), '\0');
  if (!answer.empty() && proposed.front() == '\1') answer.front() = '\1';
  return answer;
}

Result<> answer_move(const Call& call) {
  if (const auto refusal = refusal_of(call)) return refuse_retrieve(call, *refusal);
  const auto destination = destination_of(call);
  if (!destination) {
    return refuse_retrieve(
        call, {statuses::kMoveDestinationUnknown, "the move destination is not known"});
  }
  DCMFS_TRY(const Planned planned, plan(call, kMoveSopClasses));
  if (const auto* why = std::get_if<NotRetrieved>(&planned)) return refuse_retrieve(call, *why);
  return move_all(call, std::get<RetrievePlan>(planned), *destination);
}

Result<> answer_get(const Call& call) {
  if (const auto refusal = refusal_of(call)) return refuse_retrieve(call, *refusal);
  DCMFS_TRY(const Planned planned, plan(call, kGetSopClasses));
  if (const auto* why = std::get_if<NotRetrieved>(&planned)) return refuse_retrieve(call, *why);
  return get_all(call, std::get<RetrievePlan>(planned));
}

}  // namespace dcmfs::net
