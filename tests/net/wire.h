#pragma once
// A DICOM client made of bytes, for what no DICOM library would send.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/message.h"
#include "net/socket.h"

namespace dcmfs::net {

class Wire {
 public:
  explicit Wire(int port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  // Of who has connected to us.
  explicit Wire(Socket accepted) : fd_(accepted.release()), connected_(fd_ >= 0) {}
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;
  ~Wire() {
    if (fd_ >= 0) ::close(fd_);
  }

  bool connected() const { return connected_; }
  void send(std::string_view bytes) {
    [[maybe_unused]] auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  // All that comes until `size` bytes are there, the connection ends, or five seconds of nothing.
  std::string receive(std::size_t size) {
    std::string all;
    char buffer[4096];
    while (all.size() < size) {
      pollfd polled{fd_, POLLIN, 0};
      if (::poll(&polled, 1, 5000) <= 0) break;
      const auto n = ::recv(fd_, buffer, std::min(sizeof buffer, size - all.size()), 0);
      if (n <= 0) break;
      all.append(buffer, static_cast<std::size_t>(n));
    }
    return all;
  }
  // Whether all could be sent, or the peer was gone or did not read for that long.
  bool send_all(std::string_view bytes, int timeout_ms = 5000) {
    while (!bytes.empty()) {
      pollfd polled{fd_, POLLOUT, 0};
      if (::poll(&polled, 1, timeout_ms) <= 0) return false;
      const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  void end_sending() { ::shutdown(fd_, SHUT_WR); }
  // The connection ends by a reset.
  void reset() {
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ::close(std::exchange(fd_, -1));
  }
  bool is_closed_by_peer() { return receive(1).empty(); }

 private:
  int fd_;
  bool connected_ = false;
};

// -- PS3.8 9.3
inline std::string u16(std::size_t n) {
  return {static_cast<char>(n >> 8), static_cast<char>(n)};
}
inline std::string u32(std::size_t n) {
  return u16(n >> 16) + u16(n & 0xFFFF);
}
inline std::string item(char type, std::string_view body) {
  return std::string{type, '\0'} + u16(body.size()) + std::string(body);
}
inline std::string pdu(char type, std::string_view body) {
  return std::string{type, '\0'} + u32(body.size()) + std::string(body);
}
inline std::string padded_title(std::string title) {
  title.resize(16, ' ');
  return title;
}

// -- PS3.8 9.3.2
struct WireContext {
  int id = 1;
  std::string_view abstract_syntax = "1.2.840.10008.1.1";
  std::string_view transfer_syntax = "1.2.840.10008.1.2";
};

struct WireRequest {
  std::string called = "DCMFS", calling = "TESTER";
  std::string application = "1.2.840.10008.3.1.1.1";
  std::vector<WireContext> contexts = {{}};
  std::string user_items = {};  // PS3.7 D.3.3
};

inline std::string associate_request(const WireRequest& request = {}) {
  std::string contexts;
  for (const WireContext& context : request.contexts) {
    contexts +=
        item(0x20, std::string{static_cast<char>(context.id), '\0', '\0', '\0'} +
                       item(0x30, context.abstract_syntax) + item(0x40, context.transfer_syntax));
  }
  const std::string user =
      item(0x50, item(0x51, u32(16384)) + item(0x52, "1.2.3") + request.user_items);
  return pdu(1, u16(1) + u16(0) + padded_title(request.called) + padded_title(request.calling) +
                    std::string(32, '\0') + item(0x10, request.application) + contexts + user);
}

// -- PS3.8 9.3.5
enum PdvKind : char { kData = 0, kCommand = 1, kLastData = 2, kLastCommand = 3 };
inline std::string pdv(PdvKind kind, std::string_view bytes, int context = 1) {
  return u32(bytes.size() + 2) + std::string{static_cast<char>(context), kind} + std::string(bytes);
}
inline std::string data_pdu(PdvKind kind, std::string_view bytes, int context = 1) {
  return pdu(4, pdv(kind, bytes, context));
}

inline std::string echo_request(CommandField field = CommandField::c_echo_rq, int context = 1) {
  auto command = make_request(field, 1, "1.2.840.10008.1.1");
  command.set_number(tags::CommandDataSetType, 0x0101);
  return data_pdu(kLastCommand, encode_command(command), context);
}
inline std::string store_request(std::string_view sop_class, std::string_view instance) {
  auto command = make_request(CommandField::c_store_rq, 1, sop_class);
  command.set_text(tags::AffectedSOPInstanceUID, instance);
  command.set_number(tags::CommandDataSetType, 1);
  return data_pdu(kLastCommand, encode_command(command));
}

// -- what comes back
// A PDU of any kind; "" if the connection ended before.
inline std::string receive_pdu(Wire& wire) {
  const std::string head = wire.receive(6);
  if (head.size() < 6) return {};
  std::size_t length = 0;
  for (const char c : head.substr(2)) length = length << 8 | static_cast<unsigned char>(c);
  return head + wire.receive(length);
}
// Whether an association was accepted.
inline bool associate(Wire& wire, const WireRequest& request = {}) {
  wire.send(associate_request(request));
  return receive_pdu(wire).starts_with('\2');
}
// The status of the response that comes next.
inline std::optional<Status> receive_status(Wire& wire) {
  constexpr std::size_t kHeads = 12;
  const std::string answer = receive_pdu(wire);
  if (!answer.starts_with('\4') || answer.size() < kHeads) return std::nullopt;
  const auto command = decode_command(answer.substr(kHeads));
  if (!command) return std::nullopt;
  return Message{.command = *command}.status();
}
inline bool echoes(Wire& wire, int context = 1) {
  wire.send(echo_request(CommandField::c_echo_rq, context));
  return receive_status(wire) == statuses::kSuccess;
}
inline bool a_good_client_is_served(int port) {
  Wire wire(port);
  return associate(wire) && echoes(wire);
}

}  // namespace dcmfs::net
