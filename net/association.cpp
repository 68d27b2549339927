#include "net/association.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include <sys/socket.h>

#include "net/pdv.h"
#include "net/upper_layer.h"
#include "store/dicom/transfer_syntax.h"
#include "store/dicom/writer.h"

namespace dcmfs::net {
namespace {

constexpr std::uint32_t kSkipBufferBytes = 4096;
constexpr std::size_t kCommandBytesMax = 64 << 10;
// A command in PDVs of no bytes would never end.
constexpr int kCommandFragmentsMax = 4096;
constexpr std::size_t kContextsMax = 128;         // PS3.8 9.3.2.2: odd numbers of one byte
constexpr std::size_t kTransferSyntaxesMax = 50;  // of one context: DCMTK's limit
constexpr std::size_t kAetBytesMax = 16;          // PS3.5 6.2

std::string_view letters_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
Bytes bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

Result<> check(const Peer& peer, const std::vector<ProposedContext>& contexts) {
  if (peer.aet.empty() || peer.aet.size() > kAetBytesMax || peer.calling_aet.empty() ||
      peer.calling_aet.size() > kAetBytesMax) {
    return Error{Errc::invalid_argument, "an AE title has 1 to 16 characters"};
  }
  if (peer.pdu_bytes_max < kPduBytesMin || peer.pdu_bytes_max > kPduBytesMax) {
    return Error{Errc::invalid_argument, "a maximum PDU length out of range"};
  }
  if (contexts.empty() || contexts.size() > kContextsMax) {
    return Error{Errc::invalid_argument, "an association has 1 to 128 presentation contexts"};
  }
  for (const ProposedContext& context : contexts) {
    const auto too_long = [](const std::string& uid) { return uid.size() > kUidBytesMax; };
    if (context.abstract_syntax.empty() || too_long(context.abstract_syntax) ||
        context.transfer_syntaxes.empty() ||
        context.transfer_syntaxes.size() > kTransferSyntaxesMax ||
        std::ranges::any_of(context.transfer_syntaxes, too_long)) {
      return Error{Errc::invalid_argument, "a presentation context that cannot be proposed"};
    }
  }
  return {};
}

// For what PdvReader says: a PDU or PDV whose length cannot be, or else nothing that the peer's protocol did wrong.
AbortReason reason_to_abort(const Error& error) {
  const bool wrong_length = error.code == Errc::corrupt || error.code == Errc::too_large;
  return wrong_length ? AbortReason::invalid_parameter : AbortReason::by_user;
}

}  // namespace

struct Association::Parts {
  UpperLayer layer;
  Facts facts;
  PdvReader reader;
  PdvWriter writer;
  std::uint16_t last_message_id = 0;
  const std::chrono::milliseconds idle;
  // Of the message received last: its data set is still to come, in that context.
  std::optional<std::uint8_t> awaited;

  Parts(UpperLayer l, Facts f, std::size_t pdu_bytes_max, std::chrono::seconds timeout,
        std::chrono::milliseconds between)
      : layer(std::move(l)),
        facts(std::move(f)),
        reader(layer.inbox(), pdu_bytes_max, timeout),
        writer(layer.stream(), facts.pdu_bytes_max),
        idle(between) {}

  // The association cannot go on after this.
  Error broken(Error error, AbortReason reason = AbortReason::by_user) {
    layer.abort(reason);
    return error;
  }

  // The next PDV, which must be of that kind, and of that context if one is given.
  Result<> next(bool is_command, std::optional<std::uint8_t> context) {
    auto more = reader.next();
    if (!more) {
      const auto reason = reason_to_abort(more.error());
      return broken(std::move(more).error(), reason);
    }
    if (!*more) return layer.end_by_peer();
    const Pdv& pdv = reader.pdv();
    if (pdv.is_command != is_command || (context && pdv.context != *context)) {
      return broken({Errc::corrupt, "a PDV that does not belong to the message"});
    }
    return {};
  }

  Result<Message> receive_command() {
    std::string bytes;
    Message message;
    for (int fragments = 0;; ++fragments) {
      if (fragments == kCommandFragmentsMax) {
        return broken({Errc::too_large, "a command in too many PDVs"});
      }
      DCMFS_CHECK(next(true, fragments == 0 ? std::nullopt : std::optional(message.context)));
      message.context = reader.pdv().context;
      for (;;) {
        auto piece = reader.read();
        if (!piece) return broken(std::move(piece).error());
        if (piece->empty()) break;
        if (bytes.size() + piece->size() > kCommandBytesMax) {
          return broken({Errc::too_large, "a command that is too long"});
        }
        bytes += letters_of(*piece);
      }
      if (reader.pdv().is_last) break;
    }
    auto command = decode_command(bytes);
    if (!command) return broken(std::move(command).error());
    message.command = *std::move(command);
    return message;
  }

  // An error of the sink comes back when all is taken in.
  Result<> receive_dataset(const Sink& sink) {
    assert(awaited);
    const std::uint8_t context = *std::exchange(awaited, std::nullopt);
    Result<> kept;
    do {
      DCMFS_CHECK(next(false, context));
      for (;;) {
        auto piece = reader.read();
        if (!piece) return broken(std::move(piece).error());
        if (piece->empty()) break;
        if (kept) kept = sink(*piece);
      }
    } while (!reader.pdv().is_last);
    return kept;
  }

  Result<> drop_dataset() {
    if (!awaited) return {};
    return receive_dataset([](Bytes) { return Result<>(); });
  }

  Result<> send_command(std::uint8_t context, const Dataset& command, bool has_dataset) {
    // PS3.7 E.1: 0101 is "none"; any other value will do.
    constexpr std::uint16_t kNone = 0x0101, kSome = 0x0001;
    Dataset whole = command;
    whole.set_number(tags::CommandDataSetType, has_dataset ? kSome : kNone);
    return write(context, true, encode_command(whole),
                 has_dataset ? ByteStream::More::yes : ByteStream::More::no);
  }

  Result<> write(std::uint8_t context, bool is_command, std::string_view bytes,
                 ByteStream::More more) {
    auto written = writer.write(context, is_command, bytes_of(bytes), more);
    if (!written) return broken(std::move(written).error());
    return {};
  }

  const AcceptedContext* context(std::uint8_t id) const {
    const auto found = std::ranges::find(facts.contexts, id, &AcceptedContext::id);
    return found != facts.contexts.end() ? &*found : nullptr;
  }
};

Association::Association(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Association::Association(Association&&) noexcept = default;
Association& Association::operator=(Association&&) noexcept = default;
Association::~Association() {
  if (parts_) abort();
}

Result<Association> Association::request(const Peer& peer,
                                         const std::vector<ProposedContext>& contexts,
                                         const ExtendedNegotiation& extended) {
  DCMFS_CHECK(check(peer, contexts));
  auto numbered = contexts;
  for (std::size_t i = 0; i < numbered.size(); ++i) {
    numbered[i].id = static_cast<std::uint8_t>(2 * i + 1);
  }
  DCMFS_TRY(auto layer, UpperLayer::request(peer, numbered, extended));
  Facts facts;
  facts.is_ours = true;
  facts.calling_aet = peer.calling_aet;
  facts.called_aet = peer.aet;
  facts.peer_address = peer.host;
  facts.contexts = layer.contexts();
  facts.extended = layer.extended();
  facts.pdu_bytes_max = layer.peer_pdu_bytes_max();
  return Association(std::make_unique<Parts>(std::move(layer), std::move(facts),
                                             static_cast<std::size_t>(peer.pdu_bytes_max),
                                             peer.timeout, peer.timeout));
}

Result<Association> Association::accept(Socket socket, const AcceptorOptions& options,
                                        const Negotiate& negotiate) {
  DCMFS_TRY(auto layer, UpperLayer::receive(std::move(socket), options));
  const NegotiationRequest request = layer.received();
  const NegotiationAnswer answer = negotiate(request);
  if (answer.rejection) {
    layer.reject(*answer.rejection);
    return Error{Errc::denied, "association rejected"};
  }
  DCMFS_CHECK(layer.accept(answer));
  Facts facts;
  facts.calling_aet = request.calling_aet;
  facts.called_aet = request.called_aet;
  facts.peer_address = request.peer_address;
  facts.contexts = layer.contexts();
  facts.extended = answer.extended;
  facts.pdu_bytes_max = layer.peer_pdu_bytes_max();
  return Association(std::make_unique<Parts>(std::move(layer), std::move(facts),
                                             static_cast<std::size_t>(options.pdu_bytes_max),
                                             options.timeout, options.idle));
}

// -- what was negotiated

const Association::Facts& Association::facts() const {
  return parts_->facts;
}

const AcceptedContext* Association::context(std::uint8_t id) const {
  return parts_->context(id);
}

const AcceptedContext* Association::context_for(std::string_view sop_class, Role ours,
                                                std::string_view transfer_syntax) const {
  for (const AcceptedContext& context : parts_->facts.contexts) {
    const bool may = ours == Role::scu ? context.ours.scu : context.ours.scp;
    if (may && context.abstract_syntax == sop_class &&
        (transfer_syntax.empty() || context.transfer_syntax == transfer_syntax)) {
      return &context;
    }
  }
  return nullptr;
}

// -- in

Result<Message> Association::receive() {
  DCMFS_CHECK(parts_->drop_dataset());
  if (is_open() && !parts_->layer.inbox().has_arrived(parts_->idle)) {
    return parts_->broken({Errc::timed_out, "the peer was silent"});
  }
  DCMFS_TRY(Message message, parts_->receive_command());
  if (parts_->context(message.context) == nullptr) {
    return parts_->broken({Errc::corrupt, "a message in a context that was not accepted"});
  }
  if (message.has_dataset()) parts_->awaited = message.context;
  return message;
}

bool Association::has_arrived(std::chrono::milliseconds within) {
  return !is_open() || parts_->layer.inbox().has_arrived(within);
}

Result<bool> Association::is_cancelled(const Message& request, const Takes& takes) {
  while (is_open() && has_arrived()) {
    DCMFS_TRY(const Message message, receive());
    const bool is_cancel = message.field() == CommandField::c_cancel_rq;
    if (is_cancel && message.responded_id() == request.id()) return true;
    if (!is_cancel && (!takes || !takes(message))) {
      return parts_->broken({Errc::corrupt, "a request in the middle of another"});
    }
  }
  return false;
}

Result<Dataset> Association::receive_dataset(const BareLimits& limits) {
  if (!parts_->awaited) return Error{Errc::corrupt, "a message without its data set"};
  const AcceptedContext* context = parts_->context(*parts_->awaited);
  std::string bytes;
  DCMFS_CHECK(parts_->receive_dataset([&](Bytes piece) -> Result<> {
    if (static_cast<std::int64_t>(bytes.size() + piece.size()) > limits.bytes_max) {
      return Error{Errc::too_large, "an identifier that is too long"};
    }
    bytes += letters_of(piece);
    return {};
  }));
  const TransferSyntax* syntax = find_transfer_syntax(context->transfer_syntax);
  if (syntax == nullptr) return Error{Errc::not_supported, "an unknown transfer syntax"};
  return read_bare_dataset(bytes, *syntax, limits);
}

Result<> Association::receive_dataset(const Sink& sink) {
  if (!parts_->awaited) return Error{Errc::corrupt, "a message without its data set"};
  return parts_->receive_dataset(sink);
}

// -- out

std::uint16_t Association::next_message_id() {
  return ++parts_->last_message_id;
}

Result<> Association::send(std::uint8_t context, const Dataset& command) {
  return parts_->send_command(context, command, false);
}

Result<> Association::send(std::uint8_t context, const Dataset& command, const Dataset& dataset,
                           Delivery delivery) {
  const AcceptedContext* accepted = parts_->context(context);
  const TransferSyntax* syntax =
      accepted != nullptr ? find_transfer_syntax(accepted->transfer_syntax) : nullptr;
  if (syntax == nullptr) return Error{Errc::invalid_argument, "no such presentation context"};
  DCMFS_TRY(const std::string bytes, encode_dataset(dataset, *syntax));
  DCMFS_CHECK(parts_->send_command(context, command, true));
  return parts_->write(
      context, false, bytes,
      delivery == Delivery::with_next ? ByteStream::More::yes : ByteStream::More::no);
}

Result<> Association::send(std::uint8_t context, const Dataset& command, FileRegion region) {
  const AcceptedContext* accepted = parts_->context(context);
  const TransferSyntax* syntax =
      accepted != nullptr ? find_transfer_syntax(accepted->transfer_syntax) : nullptr;
  const bool is_deflated = syntax != nullptr && syntax->deflated;
  DCMFS_CHECK(parts_->send_command(context, command, true));
  auto written =
      parts_->writer.write_file(context, region.fd, region.offset, region.length,
                                is_deflated ? PdvWriter::Padded::yes : PdvWriter::Padded::no);
  if (!written) return parts_->broken(std::move(written).error());
  return {};
}

// -- the end

bool Association::is_open() const {
  return parts_->layer.is_open();
}

Result<> Association::release() {
  if (!is_open()) return Error{Errc::io, "the association has ended"};
  return parts_->layer.release();
}

void Association::abort() {
  parts_->layer.abort();
}

void reject_for_now(Socket socket) {
  constexpr std::array<std::uint8_t, 10> kReject{0x03, 0, 0, 0, 0, 4, 0, 2, 3, 2};
  // What is left unread at close would make TCP drop the answer.
  std::array<char, kSkipBufferBytes> skipped;
  while (::recv(socket.fd(), skipped.data(), skipped.size(), MSG_DONTWAIT) > 0) {
  }
  [[maybe_unused]] auto sent = ::send(socket.fd(), kReject.data(), kReject.size(), MSG_NOSIGNAL);
}

}  // namespace dcmfs::net
