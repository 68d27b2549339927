#pragma once
// A DICOM client made of bytes, for what no DICOM library would send.
#include <chrono>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

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
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;
  ~Wire() { ::close(fd_); }

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

// Proposes Verification, or what is said, with Implicit VR Little Endian as context 1.
inline std::string associate_request(const std::string& called = "DCMFS",
                                     std::string_view application = "1.2.840.10008.3.1.1.1",
                                     std::string_view abstract_syntax = "1.2.840.10008.1.1") {
  const std::string context =
      item(0x20, std::string{'\1', '\0', '\0', '\0'} + item(0x30, abstract_syntax) +
                     item(0x40, "1.2.840.10008.1.2"));
  const std::string user = item(0x50, item(0x51, u32(16384)) + item(0x52, "1.2.3"));
  return pdu(1, u16(1) + u16(0) + padded_title(called) + padded_title("TESTER") +
                    std::string(32, '\0') + item(0x10, application) + context + user);
}

// A P-DATA-TF with one PDV, the last of a command or of a data set, in context 1.
enum class PdvOf : char { dataset = 2, command = 3 };
inline std::string pdata(PdvOf of, std::string_view bytes) {
  return pdu(4,
             u32(bytes.size() + 2) + std::string{'\1', static_cast<char>(of)} + std::string(bytes));
}

// PS3.7 9.3.5: little endian elements of group 0000.
inline std::string echo_request(std::string_view command = std::string_view("\x30\0", 2)) {
  const auto us = [](char element, char high, std::string_view value) {
    return std::string{'\0', '\0', element, high, '\2', '\0', '\0', '\0'} + std::string(value);
  };
  const std::string uid("1.2.840.10008.1.1\0", 18);
  std::string body = std::string{'\0', '\0', '\2', '\0', '\x12', '\0', '\0', '\0'} + uid +
                     us(0, 1, command) + us(0x10, 1, std::string_view("\1\0", 2)) +
                     us(0, 8, std::string_view("\1\1", 2));
  const std::string length = std::string("\0\0\0\0\4\0\0\0", 8) +
                             std::string{static_cast<char>(body.size()), '\0', '\0', '\0'};
  body = length + body;
  // a PDV of context 1: command, last fragment
  return pdu(4, u32(body.size() + 2) + std::string{'\1', '\3'} + body);
}

}  // namespace dcmfs::net
