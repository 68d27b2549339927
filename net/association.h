#pragma once
// An association (PS3.8), of either role: one that a peer requested and we accepted, or the
// other way round. What travels on it are messages (message.h), and data sets behind them.
//
// DCMTK negotiates, releases and aborts. The bytes between are read and written here, within
// limits, whoever sends them.
//
// One thread at a time. Every operation ends after `timeout` of a silent peer, and waiting for a
// message after `idle`. After an error
// of the association itself (is_open() is false) only the destructor is left to call; it aborts
// what is still open.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "net/message.h"
#include "net/negotiation.h"
#include "net/socket.h"
#include "net/tls.h"
#include "store/dicom/dataset.h"
#include "store/dicom/reader.h"
#include "store/result.h"

namespace dcmfs::net {

inline constexpr int kPduBytesMin = 4096, kPduBytesMax = 131072;  // what DCMTK can announce

// Whom to request an association from, as whom.
struct Peer {
  std::string aet;
  std::string host;
  int port = 104;
  std::string calling_aet;
  int pdu_bytes_max = kPduBytesMax;  // that we receive
  std::chrono::seconds timeout{30};  // of a silent peer
  std::stop_token stop = {};         // ends every wait for the peer, and the association
  std::optional<Tls> tls = {};       // none: not encrypted
  bool may_transcode = true;  // what is sent to it; else all goes as it is stored, or not at all
};

struct AcceptorOptions {
  int pdu_bytes_max = kPduBytesMax;  // that we receive
  std::chrono::seconds timeout{30};  // of a silent peer
  // Of one that is silent between two messages; of one that does not close a connection that has
  // ended (PS3.8 9.1.5).
  std::chrono::milliseconds idle{30'000}, artim{2'000};
  std::optional<Tls> tls = {};  // none: not encrypted
};

class Association {
 public:
  // As SCU, unless the proposals say more. Errors: invalid_argument (no proposal, or too many; a
  // title that is none), io (nobody there), timed_out, denied (rejected: the message says why).
  // That no context was accepted is not an error.
  static Result<Association> request(const Peer&, const std::vector<ProposedContext>&,
                                     const ExtendedNegotiation& = {});
  // Of a client whose A-ASSOCIATE-RQ, or ClientHello, stands in the socket's buffer (acceptor.h);
  // all until its request is whole takes no longer than ARTIM. `negotiate` is
  // called once, by this thread. denied: it rejected; corrupt: no request that one can read.
  using Negotiate = std::function<NegotiationAnswer(const NegotiationRequest&)>;
  static Result<Association> accept(Socket, const AcceptorOptions&, const Negotiate&);

  Association(Association&&) noexcept;
  Association& operator=(Association&&) noexcept;
  ~Association();

  // -- what was negotiated
  struct Facts {
    std::string calling_aet, called_aet;  // without padding
    bool is_ours = false;                 // we requested it
    std::string peer_address;             // numeric, as far as it is known
    std::vector<AcceptedContext> contexts;
    ExtendedNegotiation extended;   // as the acceptor answered, by SOP class
    std::size_t pdu_bytes_max = 0;  // that the peer receives; 0: any
  };
  const Facts& facts() const;
  // nullptr if it was not accepted.
  const AcceptedContext* context(std::uint8_t id) const;
  // One in which we may be SCU (or SCP), in this transfer syntax or ("") any; nullptr: none.
  const AcceptedContext* context_for(std::string_view sop_class, Role ours,
                                     std::string_view transfer_syntax = {}) const;

  // -- in
  // Waits for a message. Errors, by which the association has ended: cancelled (the peer released
  // it, and has its answer), timed_out, io (it aborted it, or is gone), corrupt and too_large
  // (what came was no message; we aborted). Drops the data set of the message before if nobody
  // took it.
  Result<Message> receive();
  // Whether something has arrived, or the peer is gone; waits for it that long.
  bool has_arrived(std::chrono::milliseconds within = {});
  // Without waiting: whether the peer wants this request cancelled (PS3.7 9.3.2.3). A C-CANCEL-RQ
  // for another one is dropped; anything else ends the association, unless `takes` takes it.
  using Takes = std::function<bool(const Message&)>;
  Result<bool> is_cancelled(const Message& request, const Takes& takes = {});

  // The data set behind the message received last, in memory. corrupt and too_large: it was
  // taken in and is none; then the association goes on.
  Result<Dataset> receive_dataset(const BareLimits& = {});
  // The same as it comes, in pieces. When the sink fails the rest is dropped, the association
  // goes on, and the answer is the sink's error.
  using Sink = std::function<Result<>(std::span<const std::byte>)>;
  Result<> receive_dataset(const Sink&);

  // -- out
  // In an accepted context. A message ID for the next request of ours.
  std::uint16_t next_message_id();
  Result<> send(std::uint8_t context, const Dataset& command);
  // The data set is encoded in the context's transfer syntax. With the next: another message
  // follows without a wait for the peer, or for anything else.
  enum class Delivery : bool { at_once, with_next };
  Result<> send(std::uint8_t context, const Dataset& command, const Dataset& dataset,
                Delivery = Delivery::at_once);
  // Bytes of a file that are a data set in the context's transfer syntax. If the file ends
  // before, the association does. A deflated one of odd length is padded (PS3.5 A.5).
  struct FileRegion {
    int fd = -1;
    std::int64_t offset = 0, length = 0;
  };
  Result<> send(std::uint8_t context, const Dataset& command, FileRegion);

  // -- the end
  bool is_open() const;
  Result<> release();  // waits for the answer
  void abort();

 private:
  struct Parts;
  explicit Association(std::unique_ptr<Parts>);
  std::unique_ptr<Parts> parts_;
};

// A-ASSOCIATE-RJ: transient, by the service provider (presentation), local limit exceeded.
void reject_for_now(Socket);

}  // namespace dcmfs::net
