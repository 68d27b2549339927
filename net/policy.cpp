#include "net/policy.h"

#include <algorithm>
#include <array>
#include <span>

#include "net/service.h"
#include "net/storage.h"
#include "store/dicom/text.h"
#include "store/dicom/transfer_syntax.h"

namespace dcmfs::net {
namespace {

constexpr std::string_view kApplicationContext = "1.2.840.10008.3.1.1.1";  // PS3.7 A.2.1

// PS3.5 6.2: no control characters and no backslash.
bool is_ae_title(std::string_view text) {
  return std::ranges::none_of(
      text, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f' || c == '\\'; });
}

// By its own AE title, or that under which the caller knows this node.
bool is_called(std::string_view title, std::span<const Destination> callers,
               const Options& options) {
  const auto is_it = [&](std::string_view ours) {
    return same_title(title, ours, options.access.titles);
  };
  return is_it(options.aet) || std::ranges::any_of(callers, [&](const Destination& caller) {
           return !caller.local_aet.empty() && is_it(caller.local_aet);
         });
}

std::optional<Rejection> rejection_of(const NegotiationRequest& request,
                                      std::span<const Destination> callers,
                                      const Options& options) {
  if (request.application_context != kApplicationContext) return Rejection::application_context;
  if (!is_ae_title(request.calling_aet)) return Rejection::calling_aet;
  if (!is_ae_title(request.called_aet)) return Rejection::called_aet;
  if (options.check_called_aet && !is_called(request.called_aet, callers, options)) {
    return Rejection::called_aet;
  }
  return std::nullopt;
}

bool is_known(std::string_view syntax, Syntaxes syntaxes) {
  if (syntaxes == Syntaxes::any) return find_transfer_syntax(syntax) != nullptr;
  return std::ranges::find(uncompressed_syntaxes(), syntax) != uncompressed_syntaxes().end();
}

bool is_allowed(std::string_view syntax, Syntaxes syntaxes, const Options& options) {
  return syntaxes != Syntaxes::any || is_accepted_for_storage(syntax, options);
}

// In which every instance can be sent that can be decoded, whatever it is stored in.
constexpr std::array kSendable{uids::ExplicitVRLittleEndian, uids::ImplicitVRLittleEndian};

// No preference of ours: what the peer names first of what we know is taken, so that it need not
// convert anything. But in a context in which we may send to it (C-GET) a compressed one would do
// for what is stored so and for nothing else. Empty: none.
std::string choose(const ProposedContext& context, Syntaxes syntaxes, const Options& options) {
  const auto& proposed = context.transfer_syntaxes;
  if (syntaxes == Syntaxes::any && context.roles.scp) {
    for (const std::string& syntax : proposed)
      if (std::ranges::find(kSendable, syntax) != kSendable.end()) return syntax;
  }
  for (const std::string& syntax : proposed)
    if (is_known(syntax, syntaxes) && is_allowed(syntax, syntaxes, options)) return syntax;
  if (syntaxes != Syntaxes::any) return {};
  // What is only stored need not be understood.
  for (const std::string& syntax : proposed)
    if (is_valid_uid(syntax) && is_allowed(syntax, syntaxes, options)) return syntax;
  return {};
}

// What it may be in any of the rows for its SOP class.
Roles roles_given(const ProposedContext& proposed, Privileges may, const Options& options) {
  Roles roles;
  for (const Service& service : services()) {
    if (!service.sop_classes.contain(proposed.abstract_syntax, options)) continue;
    roles.scu = roles.scu || (proposed.roles.scu && service.peer.scu && may.*service.privilege);
    roles.scp = roles.scp || (proposed.roles.scp && service.peer.scp);
  }
  return roles;
}

NegotiationAnswer::Context answer_to(const ProposedContext& proposed, Privileges may,
                                     const Options& options) {
  using Result = NegotiationAnswer::Context::Result;
  NegotiationAnswer::Context answer;
  answer.id = proposed.id;
  const Service* service = find_service(proposed.abstract_syntax, options);
  if (service == nullptr) return answer;
  answer.peer = roles_given(proposed, may, options);
  answer.transfer_syntax = choose(proposed, service->syntaxes, options);
  if (answer.transfer_syntax.empty()) {
    answer.result = Result::transfer_syntaxes_not_supported;
  } else if (answer.peer == Roles{}) {
    answer.result = Result::user_rejection;
  } else {
    answer.result = Result::accepted;
  }
  return answer;
}

}  // namespace

NegotiationAnswer answer_to(const NegotiationRequest& request, const Options& options) {
  NegotiationAnswer answer;
  const auto callers = options.nodes_titled(request.calling_aet);
  answer.rejection = rejection_of(request, callers, options);
  if (answer.rejection) return answer;
  const Privileges may = privileges_of(options.access, callers, request.peer_address);
  if (may == kNoPrivileges) {
    answer.rejection = Rejection::calling_aet;
    return answer;
  }
  for (const ProposedContext& proposed : request.contexts) {
    answer.contexts.push_back(answer_to(proposed, may, options));
  }
  for (const auto& [sop_class, information] : request.extended) {
    const Service* service = find_service(sop_class, options);
    if (service == nullptr || service->extended == nullptr) continue;
    answer.extended[sop_class] = service->extended(information);
  }
  return answer;
}

}  // namespace dcmfs::net
