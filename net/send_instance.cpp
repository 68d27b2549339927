#include "net/send_instance.h"

#include "net/instance_head.h"
#include "store/transcode.h"

namespace dcmfs::net {
namespace {

// One would do; more are a peer that does not want to stop.
constexpr int kOthersMax = 16;

const AcceptedContext* choose_context(const Association& association, const StorageSyntax& what) {
  for (const std::string& syntax : syntaxes_for(what)) {
    const auto* context = association.context_for(what.sop_class, Role::scu, syntax);
    if (context != nullptr) return context;
  }
  return nullptr;
}

Dataset store_request(const SendableInstance& instance, std::uint16_t id,
                      const SendOptions& options) {
  constexpr std::uint16_t kMediumPriority = 0;
  auto request = make_request(CommandField::c_store_rq, id, instance.syntax.sop_class);
  request.set_number(tags::Priority, kMediumPriority);
  request.set_text(tags::AffectedSOPInstanceUID, instance.sop_instance);
  if (options.originator) {
    request.set_text(tags::MoveOriginatorApplicationEntityTitle, options.originator->aet);
    request.set_number(tags::MoveOriginatorMessageID, options.originator->message_id);
  }
  return request;
}

Result<Status> receive_answer(Association& association, std::uint16_t id,
                              const SendOptions& options) {
  for (int others = 0; others <= kOthersMax; ++others) {
    DCMFS_TRY(const Message message, association.receive());
    if (message.field() == response(CommandField::c_store_rq) && message.responded_id() == id) {
      return message.status();
    }
    if (!options.takes || !options.takes(message)) break;
  }
  association.abort();
  return Error{Errc::corrupt, "the peer answers something else"};
}

}  // namespace

Result<SendableInstance> open_instance(Blob blob) {
  DCMFS_TRY(const InstanceHead head, read_instance_head(blob.fd(), blob.size()));
  // PS3.4 B.2.3: what the command says must be what the data set says, or the answer is A900.
  const auto uid_of = [](const std::string& in_dataset, const std::string& in_meta) {
    return in_dataset.empty() ? in_meta : in_dataset;
  };
  StorageSyntax syntax{uid_of(head.sop_class, head.meta_sop_class), head.transfer_syntax};
  auto instance = uid_of(head.sop_instance, head.meta_sop_instance);
  if (syntax.sop_class.empty() || instance.empty() || syntax.transfer_syntax.empty()) {
    return Error{Errc::corrupt, "the file does not say which instance it is"};
  }
  // The store takes such files (store/detail/ingest.cpp), for whoever wants to look at them.
  if (!can_be_negotiated(syntax)) {
    return Error{Errc::corrupt,
                 "its SOP class or transfer syntax is a UID that cannot be negotiated"};
  }
  return SendableInstance{std::move(blob), std::move(syntax), std::move(instance),
                          head.dataset_offset};
}

Result<Status> send_instance(Store& store, Association& association,
                             const SendableInstance& instance, const SendOptions& options) {
  const AcceptedContext* context =
      choose_context(association, travels_as(instance.syntax, options.transfer_syntax));
  if (context == nullptr) {
    return Error{Errc::not_supported, "no presentation context was accepted for its SOP class"};
  }
  std::optional<SpoolFile> transcoded;  // until it is sent
  Association::FileRegion bytes{instance.blob.fd(), instance.offset,
                                instance.blob.size() - instance.offset};
  if (context->transfer_syntax != instance.syntax.transfer_syntax) {
    const TransferSyntax* target = find_transfer_syntax(context->transfer_syntax);
    if (target == nullptr) return Error{Errc::not_supported, "an unknown transfer syntax"};
    DCMFS_TRY(transcoded, transcode(store, instance.blob, *target));
    DCMFS_TRY(const auto size, transcoded->size());
    bytes = {transcoded->fd(), 0, size};
  }
  const auto id = association.next_message_id();
  DCMFS_CHECK(association.send(context->id, store_request(instance, id, options), bytes));
  return receive_answer(association, id, options);
}

}  // namespace dcmfs::net
