#include "net/pdv.h"

#include <algorithm>
#include <array>

namespace dcmfs::net {
namespace {

constexpr std::byte kDataPdu{0x04};
constexpr std::size_t kPdvLengthBytes = 4;
constexpr std::size_t kPdvControlBytes = 2;  // context id, message control header: in the length
constexpr std::size_t kPdvHeaderBytes = kPdvLengthBytes + kPdvControlBytes;
// Message control header, PS3.8 E.2
constexpr unsigned kCommandBit = 1, kLastBit = 2;

// What we send at once to a peer that takes any length.
constexpr std::size_t kFragmentBytesMax = (256 << 10) - kPdvHeaderBytes;
// A peer that can take less than this is none; DCMTK's tools go down to 4096.
constexpr std::size_t kFragmentBytesMin = 2;

std::size_t load_big_endian(Bytes four) {
  std::size_t number = 0;
  for (const std::byte byte : four.first(4)) number = number << 8 | std::to_integer<unsigned>(byte);
  return number;
}

void store_big_endian(std::byte* four, std::size_t number) {
  for (int i = 3; i >= 0; --i, number >>= 8) four[i] = static_cast<std::byte>(number & 0xff);
}

using Head = std::array<std::byte, kPduHeaderBytes + kPdvHeaderBytes>;

Head head_of(std::uint8_t context, bool is_command, bool is_last, std::size_t fragment_bytes) {
  Head head{};
  head[0] = kDataPdu;
  store_big_endian(&head[2], fragment_bytes + kPdvHeaderBytes);
  store_big_endian(&head[6], fragment_bytes + kPdvControlBytes);
  head[10] = static_cast<std::byte>(context);
  head[11] = static_cast<std::byte>((is_command ? kCommandBit : 0u) | (is_last ? kLastBit : 0u));
  return head;
}

}  // namespace

std::size_t length_of_pdu(Bytes header) {
  return load_big_endian(header.subspan(2));
}

Result<bool> PdvReader::next_pdu() {
  // The first byte may be long in coming; then the rest must follow.
  DCMFS_CHECK(inbox_.fill(1, Clock::now() + timeout_));
  deadline_ = Clock::now() + timeout_;
  DCMFS_CHECK(inbox_.fill(kPduHeaderBytes, deadline_));
  if (inbox_.waiting()[0] != kDataPdu) return false;
  pdu_left_ = length_of_pdu(inbox_.waiting());
  if (pdu_left_ > pdu_bytes_max_) return Error{Errc::too_large, "a PDU over the maximum length"};
  inbox_.take(kPduHeaderBytes);
  return true;
}

Result<bool> PdvReader::next() {
  for (;;) {
    DCMFS_TRY(const Bytes rest, read());
    if (rest.empty()) break;
  }
  if (pdu_left_ == 0) {
    DCMFS_TRY(const bool is_data, next_pdu());
    if (!is_data) return false;
  }
  if (pdu_left_ < kPdvHeaderBytes) return Error{Errc::corrupt, "a PDU too short for its PDV"};
  DCMFS_CHECK(inbox_.fill(kPdvHeaderBytes, deadline_));
  const Bytes header = inbox_.waiting().first(kPdvHeaderBytes);
  const std::size_t length = load_big_endian(header);
  if (length < kPdvControlBytes || length > pdu_left_ - kPdvLengthBytes) {
    return Error{Errc::corrupt, "a PDV whose length does not fit its PDU"};
  }
  const auto control = std::to_integer<unsigned>(header[5]);
  pdv_ = {.context = std::to_integer<std::uint8_t>(header[4]),
          .is_command = (control & kCommandBit) != 0,
          .is_last = (control & kLastBit) != 0};
  inbox_.take(kPdvHeaderBytes);
  pdv_left_ = length - kPdvControlBytes;
  pdu_left_ -= kPdvLengthBytes + length;
  return true;
}

Result<Bytes> PdvReader::read() {
  if (pdv_left_ == 0) return Bytes();
  // What has come is taken, however long we were busy with what came before.
  if (Clock::now() > deadline_ && !inbox_.has_arrived()) {
    return Error{Errc::timed_out, "the peer was too slow"};
  }
  DCMFS_CHECK(inbox_.fill(1, deadline_));
  const Bytes bytes = inbox_.waiting().first(std::min(pdv_left_, inbox_.waiting().size()));
  inbox_.take(bytes.size());
  pdv_left_ -= bytes.size();
  return bytes;
}

PdvWriter::PdvWriter(ByteStream& stream, std::size_t pdu_bytes_max) : stream_(stream) {
  // PS3.8 D.1.1 limits what follows the PDU's header. Some count the header in: leave it out.
  constexpr std::size_t kOverhead = kPduHeaderBytes + kPdvHeaderBytes;
  const std::size_t room = pdu_bytes_max > kOverhead ? pdu_bytes_max - kOverhead : 0;
  fragment_bytes_max_ =
      pdu_bytes_max == 0 ? kFragmentBytesMax
                         : std::clamp(room & ~std::size_t{1}, kFragmentBytesMin, kFragmentBytesMax);
}

Result<> PdvWriter::write(std::uint8_t context, bool is_command, Bytes bytes,
                          ByteStream::More more) {
  do {
    const Bytes fragment = bytes.first(std::min(bytes.size(), fragment_bytes_max_));
    bytes = bytes.subspan(fragment.size());
    const Head head = head_of(context, is_command, bytes.empty(), fragment.size());
    DCMFS_CHECK(stream_.write(head, fragment, bytes.empty() ? more : ByteStream::More::yes));
  } while (!bytes.empty());
  return {};
}

Result<> PdvWriter::write_file(std::uint8_t context, int fd, std::int64_t offset,
                               std::int64_t length, Padded padded) {
  constexpr std::byte kNull{0};
  do {
    const auto fragment =
        static_cast<std::size_t>(std::min(length, static_cast<std::int64_t>(fragment_bytes_max_)));
    length -= static_cast<std::int64_t>(fragment);
    // There is room: all fragments but the last are of even length.
    const std::size_t padding = length == 0 && padded == Padded::yes ? fragment % 2 : 0;
    DCMFS_CHECK(stream_.write(head_of(context, false, length == 0, fragment + padding), {},
                              fragment > 0 ? ByteStream::More::yes : ByteStream::More::no));
    DCMFS_CHECK(stream_.write_file(fd, offset, fragment));
    if (padding > 0) DCMFS_CHECK(stream_.write({&kNull, 1}, {}, ByteStream::More::no));
    offset += static_cast<std::int64_t>(fragment);
  } while (length > 0);
  return {};
}

}  // namespace dcmfs::net
