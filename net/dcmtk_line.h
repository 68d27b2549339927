#pragma once
// DCMTK on connections of ours: it reads and writes through the stream and the inbox that the rest
// of the room uses, too. Private to this room; DCMTK's headers come with it.
#include <chrono>
#include <memory>
#include <optional>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmnet/assoc.h>
#include <dcmtk/dcmnet/dcmlayer.h>
#include <dcmtk/dcmnet/dcmtrans.h>

#include "net/byte_stream.h"
#include "net/socket.h"

namespace dcmfs::net {

// A connection as DCMTK sees it.
class Line final : public DcmTransportConnection {
 public:
  // `fd` is closed with it. `under` is what the stream runs on, if that is another descriptor.
  // `failure` is told why reading failed: DCMTK knows only that it did.
  Line(int fd, std::unique_ptr<ByteStream> stream, Socket under = {},
       std::optional<Error>* failure = nullptr);
  ~Line() override;

  // What is left of a connection that DCMTK gave up, for who has something to say on it.
  struct Rest {
    Socket socket;
    std::unique_ptr<ByteStream> stream;  // nullptr: it was not given up
    bool was_answered = false;
  };
  // Leaves the connection there when DCMTK gives it up, instead of closing it; nullptr: closes it.
  void leave_to(Rest* heir) { heir_ = heir; }

  ByteStream& stream() { return *stream_; }
  Inbox& inbox() { return inbox_; }
  void wait_for_close(std::chrono::milliseconds);

  // -- for DCMTK
  OFCondition serverSideHandshake() override { return EC_Normal; }
  OFCondition clientSideHandshake() override { return EC_Normal; }
  OFCondition renegotiate(const char*) override { return EC_Normal; }
  ssize_t read(void* into, size_t size) override;
  ssize_t write(void* from, size_t size) override;
  void close() override { close_once(); }
  void closeTransportConnection() override { close_once(); }
  unsigned long getPeerCertificateLength() override { return 0; }
  unsigned long getPeerCertificate(void*, unsigned long) override { return 0; }
  OFBool networkDataAvailable(int timeout_s) override;
  OFBool isTransparentConnection() override { return OFTrue; }
  OFString& dumpConnectionParameters(OFString& text) override { return text = "TCP/IP"; }

 private:
  void close_once();

  const Socket under_;
  std::optional<Error>* const failure_;
  Rest* heir_ = nullptr;
  bool was_answered_ = false;
  std::unique_ptr<ByteStream> stream_;
  Inbox inbox_;
};

// What makes DCMTK use our connections.
class Layer final : public DcmTransportLayer {
 public:
  // The connection that DCMTK is to have next; DCMTK deletes it with the association.
  std::unique_ptr<Line> accepted;  // on the descriptor that DCMTK is given
  std::chrono::seconds timeout{};  // of it; DCMTK has set one of its own
  // To a peer: takes the place of the one that DCMTK has connected.
  std::unique_ptr<ByteStream> stream;
  Socket connected;
  std::optional<Error> failure;  // of that one; see Line

  DcmTransportConnection* createConnection(DcmNativeSocketType fd, OFBool) override;
};

// Once, before anything is asked of DCMTK.
void set_up_process();

struct NetworkCloser {
  void operator()(T_ASC_Network* network) const { ASC_dropNetwork(&network); }
};
using Network = std::unique_ptr<T_ASC_Network, NetworkCloser>;

// nullptr: DCMTK cannot.
Network open_network(T_ASC_NetworkRole, int timeout_s, Layer&);

}  // namespace dcmfs::net
