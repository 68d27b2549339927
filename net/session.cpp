#include "net/session.h"

#include "net/commitments.h"
#include "net/policy.h"
#include "store/guarded.h"

namespace dcmfs::net {
namespace {

std::string why_rejected(Rejection rejection) {
  switch (rejection) {
    case Rejection::no_reason:
      return "association rejected";
    case Rejection::application_context:
      return "association rejected: unknown application context";
    case Rejection::calling_aet:
      return "association rejected: unknown calling AE title";
    case Rejection::called_aet:
      return "association rejected: it calls another AE title";
    case Rejection::local_limit:
      return std::string(kAllInUse);
  }
  return {};
}

// Why an association ended by that error, empty if in order.
std::string why_ended(const Error& error) {
  if (error.code == Errc::cancelled || error.code == Errc::io) return {};
  return "association aborted: " + error.message;
}

// Until the association has ended; the answer is what to log.
std::string serve(const Node& node, Association& association) {
  for (;;) {
    if (node.commitments.owes(association) && !association.has_arrived(node.options.report_after)) {
      if (const auto told = node.commitments.report(association); !told)
        return why_ended(told.error());
    }
    const auto request = association.receive();
    if (!request) return why_ended(request.error());
    // One that arrived when its operation was over (PS3.7 9.3.2.3).
    if (request->field() == CommandField::c_cancel_rq) continue;
    if (node.commitments.take_answer(association, *request)) continue;
    const AcceptedContext& context = *association.context(request->context);
    const Service* service = find_service(request->field(), context.abstract_syntax, node.options);
    const Roles ours = context.ours;
    if (service == nullptr || !(service->ours == Role::scp ? ours.scp : ours.scu)) {
      return "association aborted: a request that was not negotiated";
    }
    if (const auto done = service->handler({node, association, context, *request}); !done) {
      return why_ended(done.error());
    }
  }
}

}  // namespace

std::string serve_client(const Node& node, Socket socket, const std::function<bool()>& admit) {
  const Options& options = node.options;
  std::string rejected;
  auto accepted = Association::accept(std::move(socket),
                                      {.pdu_bytes_max = options.pdu_bytes_max,
                                       .timeout = options.timeout,
                                       .idle = options.idle,
                                       .artim = options.artim,
                                       .tls = options.tls},
                                      [&](const NegotiationRequest& request) {
                                        NegotiationAnswer answer;
                                        if (admit()) {
                                          answer = answer_to(request, options);
                                        } else {
                                          answer.rejection = Rejection::local_limit;
                                        }
                                        if (answer.rejection)
                                          rejected = why_rejected(*answer.rejection);
                                        return answer;
                                      });
  if (!accepted) return rejected.empty() ? accepted.error().message : rejected;

  const auto why = guarded([&] { return serve(node, *accepted); });
  node.commitments.ended(*accepted);
  return why ? *why : why.error().message;
}

}  // namespace dcmfs::net
