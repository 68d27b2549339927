// rest_client: the HTTP client of tests/bench/rest, made not to be what takes the time. Blocking
// sockets, connections that are kept, bodies that are dropped.
//
//   repeat PORT CONNECTIONS COUNT METHOD PATH [BODY_FILE]   the same request COUNT times in all
//   upload PORT CONNECTIONS FOLDER                          POST /instances of each file below FOLDER
//   fetch PORT CONNECTIONS LIST                             GET of each path that stands in the file LIST
//
// Prints: milliseconds of one request (median), requests a second, megabytes a second of bodies.
// PORT may be "PORT/tls". Words at the end that hold ": " are headers. Any answer but 2xx ends it.
#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <netinet/tcp.h>
#include <openssl/ssl.h>

#include "tests/rest/client.h"

namespace dcmfs::rest {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kPiece = 256 * 1024;

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "rest_client: %s\n", why.c_str());
  std::exit(1);
}

struct Server {
  int port = 0;
  SSL_CTX* tls = nullptr;  // for all connections, never freed
};

Server server_of(std::string_view text) {
  Server server;
  server.port = std::atoi(std::string(text.substr(0, text.find('/'))).c_str());
  if (text.ends_with("/tls")) server.tls = SSL_CTX_new(TLS_client_method());
  return server;
}

class Connection {
 public:
  explicit Connection(const Server& server) : server_(server) { open(); }
  Connection(const Connection&) = delete;
  ~Connection() { close(); }

  // The size of the answer's body.
  std::size_t ask(std::string_view head, std::string_view body) {
    if (body.size() <= 16 * 1024) {  // in one packet
      send(std::string(head) + std::string(body));
    } else {
      send(head);
      send(body);
    }
    std::size_t end;
    while ((end = held().find("\r\n\r\n")) == std::string_view::npos) more();
    const std::string answered(held().substr(0, end + 2));
    begin_ += end + 4;
    if (answered.size() < 12 || answered[9] != '2')
      fail("answered " + answered.substr(0, answered.find('\r')));
    if (field(answered, "transfer-encoding").find("chunked") != std::string::npos)
      return skip_chunks();
    const std::string length = field(answered, "content-length");
    if (length.empty()) return skip_to_the_end();
    const auto size = static_cast<std::size_t>(std::atoll(length.c_str()));
    skip(size);
    return size;
  }

 private:
  void open() {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(server_.port);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      fail("cannot connect");
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (!server_.tls) return;
    tls_ = SSL_new(server_.tls);
    SSL_set_fd(tls_, fd_);
    if (SSL_connect(tls_) != 1) fail("no TLS");
  }
  void close() {
    if (tls_) SSL_free(tls_);
    ::close(fd_);
  }

  static std::string field(const std::string& head, std::string_view name) {
    for (std::size_t line = head.find("\r\n");
         line != std::string::npos && line + 2 < head.size();) {
      line += 2;
      const std::size_t end = head.find("\r\n", line);
      if (end - line > name.size() && head[line + name.size()] == ':' &&
          ::strncasecmp(head.data() + line, name.data(), name.size()) == 0)
        return head.substr(line + name.size() + 1, end - line - name.size() - 1);
      line = end;
    }
    return {};
  }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent =
          tls_ ? SSL_write(tls_, bytes.data(),
                           static_cast<int>(std::min<std::size_t>(bytes.size(), 1 << 20)))
               : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) fail("the connection was closed");
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  std::string_view held() const { return {buffer_.get() + begin_, end_ - begin_}; }

  void more() {
    if (!got_more()) fail("the connection was closed");
  }
  // False: the connection was closed.
  bool got_more() {
    if (begin_ == end_) begin_ = end_ = 0;
    if (end_ == kPiece) {
      std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
      if (end_ == kPiece) fail("a line without an end");
    }
    const auto got = tls_ ? SSL_read(tls_, buffer_.get() + end_, static_cast<int>(kPiece - end_))
                          : ::recv(fd_, buffer_.get() + end_, kPiece - end_, 0);
    if (got <= 0) return false;
    end_ += static_cast<std::size_t>(got);
    return true;
  }

  // A body without a length ends with the connection; the next request has a new one.
  std::size_t skip_to_the_end() {
    std::size_t all = 0;
    do {
      all += end_ - begin_;
      begin_ = end_;
    } while (got_more());
    close();
    open();
    return all;
  }

  void skip(std::size_t bytes) {
    for (;;) {
      const std::size_t now = std::min(bytes, end_ - begin_);
      begin_ += now;
      bytes -= now;
      if (bytes == 0) return;
      more();
    }
  }

  std::size_t skip_chunks() {
    for (std::size_t all = 0;;) {
      std::size_t line;
      while ((line = held().find("\r\n")) == std::string_view::npos) more();
      std::size_t size = 0;
      std::from_chars(held().data(), held().data() + line, size, 16);
      begin_ += line + 2;
      skip(size + 2);
      if (size == 0) return all;
      all += size;
    }
  }

  const Server server_;
  int fd_ = -1;
  SSL* tls_ = nullptr;
  std::unique_ptr<char[]> buffer_ = std::make_unique<char[]>(kPiece);
  std::size_t begin_ = 0, end_ = 0;
};

std::string own_headers;  // whole lines

std::string head_of(std::string_view method, std::string_view path, std::size_t size) {
  std::string head = std::string(method) + ' ' + std::string(path) +
                     " HTTP/1.1\r\nHost: localhost\r\n" + own_headers;
  if (method != "GET") head += "Content-Length: " + std::to_string(size) + "\r\n";
  return head + "\r\n";
}

std::string read_all(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) fail("cannot open " + path.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

// Request number n by a connection; its answer's size.
using Work = std::function<std::size_t(Connection&, std::size_t n)>;

void run(const Server& server, std::size_t connections, std::size_t count, const Work& work) {
  std::vector<double> took(count);
  std::atomic<std::size_t> next{0}, bytes{0};
  const auto start = Clock::now();
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < connections; ++t)
    threads.emplace_back([&] {
      Connection connection(server);
      for (std::size_t n; (n = next.fetch_add(1)) < count;) {
        const auto begin = Clock::now();
        bytes += work(connection, n);
        took[n] = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
      }
    });
  for (auto& each : threads) each.join();
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  std::ranges::nth_element(took, took.begin() + static_cast<std::ptrdiff_t>(count / 2));
  std::printf("%.3f %.2f %.1f\n", took[count / 2], static_cast<double>(count) / seconds,
              static_cast<double>(bytes) / 1e6 / seconds);
}

void repeat(const Server& server, std::size_t connections, char** words, int left) {
  const std::string body = left > 3 ? read_all(words[3]) : "";
  const std::string head = head_of(words[1], words[2], body.size());
  run(server, connections, static_cast<std::size_t>(std::atoll(words[0])),
      [&](Connection& connection, std::size_t) { return connection.ask(head, body); });
}

void upload(const Server& server, std::size_t connections, const char* folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && entry.path().extension() == ".dcm")
      files.push_back(entry.path());
  if (files.empty()) fail("no files");
  std::ranges::sort(files);
  run(server, connections, files.size(), [&](Connection& connection, std::size_t n) {
    const std::string body = read_all(files[n]);
    connection.ask(head_of("POST", "/instances", body.size()), body);
    return body.size();
  });
}

void fetch(const Server& server, std::size_t connections, const char* list) {
  std::ifstream in(list);
  std::vector<std::string> paths;
  for (std::string line; std::getline(in, line);) paths.push_back(head_of("GET", line, 0));
  if (paths.empty()) fail("nothing to fetch");
  run(server, connections, paths.size(),
      [&](Connection& connection, std::size_t n) { return connection.ask(paths[n], {}); });
}

}  // namespace
}  // namespace dcmfs::rest

int main(int count, char** words) {
  using namespace dcmfs::rest;
  while (count > 1 && std::string_view(words[count - 1]).find(": ") != std::string_view::npos)
    own_headers.append(words[--count]).append("\r\n");
  const std::string_view verb = count > 4 ? words[1] : "";
  const auto connections =
      count > 4 ? static_cast<std::size_t>(std::max(1, std::atoi(words[3]))) : 0;
  if (verb == "repeat" && count >= 7)
    repeat(server_of(words[2]), connections, words + 4, count - 4);
  else if (verb == "upload")
    upload(server_of(words[2]), connections, words[4]);
  else if (verb == "fetch")
    fetch(server_of(words[2]), connections, words[4]);
  else
    fail("see the comment in its source");
}
