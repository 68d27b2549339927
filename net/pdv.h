#pragma once
// P-DATA-TF PDUs (PS3.8 9.3.5): presentation data values out of the bytes that arrived, and into
// those that are sent. Every length that a peer tells is checked. Private to this room.
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "net/byte_stream.h"
#include "store/result.h"

namespace dcmfs::net {

inline constexpr std::size_t kPduHeaderBytes = 6;  // type, reserved, length; PS3.8 9.3.1
// Of an A-ASSOCIATE-RQ, which is read as a whole: 128 contexts of 50 transfer syntaxes.
inline constexpr std::size_t kRequestBytesMax = Inbox::kBytes - kPduHeaderBytes;
std::size_t length_of_pdu(Bytes header);

// PS3.8 9.3.5.1 and annex E.2
struct Pdv {
  std::uint8_t context = 0;
  bool is_command = false;
  bool is_last = false;
};

class PdvReader {
 public:
  PdvReader(Inbox& inbox, std::size_t pdu_bytes_max, std::chrono::seconds timeout)
      : inbox_(inbox), pdu_bytes_max_(pdu_bytes_max), timeout_(timeout) {}

  // Goes to the next PDV: what is left of the one before is dropped. False: the next PDU is no
  // P-DATA-TF; it stands in the inbox, its header at least. Errors: corrupt (a length that cannot
  // be), too_large (a PDU longer than we allowed), timed_out, io.
  Result<bool> next();
  const Pdv& pdv() const { return pdv_; }
  // The next bytes of this PDV, valid until the next call; none at its end.
  Result<Bytes> read();

 private:
  using Clock = std::chrono::steady_clock;

  Result<bool> next_pdu();

  Inbox& inbox_;
  const std::size_t pdu_bytes_max_;
  const std::chrono::seconds timeout_;
  Clock::time_point deadline_;  // of the PDU: nobody may make it last for ever
  std::size_t pdu_left_ = 0;    // of its bytes, those of the PDV not counted
  std::size_t pdv_left_ = 0;
  Pdv pdv_;
};

class PdvWriter {
 public:
  // `pdu_bytes_max` as the peer said; 0: any.
  PdvWriter(ByteStream& stream, std::size_t pdu_bytes_max);

  // All of them, in as many PDUs as it takes.
  Result<> write(std::uint8_t context, bool is_command, Bytes, ByteStream::More);
  // The same of a file. With `padded`, a NULL byte behind it makes its length even.
  enum class Padded : bool { no, yes };
  Result<> write_file(std::uint8_t context, int fd, std::int64_t offset, std::int64_t length,
                      Padded);

 private:
  ByteStream& stream_;
  std::size_t fragment_bytes_max_;
};

}  // namespace dcmfs::net
