#pragma once
// A server over an empty store, and what came back taken apart.
#include <memory>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "rest/http/server.h"
#include "rest/services.h"
#include "tests/rest/client.h"
#include "tests/support/ok.h"
#include "tests/support/temp_store.h"

namespace dcmfs::rest {

struct Answer {
  int status = 0;
  std::string head, body;

  // "" if it is not there.
  std::string header(const std::string& name) const {
    const auto at = head.find("\r\n" + name + ": ");
    if (at == head.npos) return {};
    const auto begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
};

class ServedStore : public testing::Test {
 protected:
  void SetUp() override {
    Options options;
    options.port = port_ = free_port();
    facts_.http_port = port_;
    auto started = Server::start({.store = *store_, .facts = facts_}, std::move(options));
    ASSERT_OK(started);
    server_ = *std::move(started);
  }

  Answer get(const std::string& path, const std::string& headers = {}) { return ask("GET", path, headers, {}); }
  Answer head(const std::string& path) { return ask("HEAD", path, {}, {}); }
  Answer post(const std::string& path, const std::string& body) { return ask("POST", path, {}, body); }

  Answer ask(const std::string& method, const std::string& path, const std::string& headers, const std::string& body) {
    std::string request = method + ' ' + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + headers;
    if (method == "POST") request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    const std::string all = Client(port_).ask(request + "\r\n" + body);
    Answer out;
    const auto end = all.find("\r\n\r\n");
    if (end == all.npos) return out;
    out.head = all.substr(0, end + 2);
    out.status = std::stoi(all.substr(9, 3));
    out.body = all.substr(end + 4);
    if (out.header("Transfer-Encoding") == "chunked") out.body = unchunked(out.body);
    return out;
  }

  TempStore store_;
  Facts facts_;
  int port_ = 0;
  std::unique_ptr<Server> server_;

 private:
  static std::string unchunked(std::string_view text) {
    std::string out;
    for (;;) {
      const auto line = text.find("\r\n");
      if (line == text.npos) return out;
      const auto size = std::stoul(std::string(text.substr(0, line)), nullptr, 16);
      if (size == 0) return out;
      out += text.substr(line + 2, size);
      text.remove_prefix(std::min(text.size(), line + 2 + size + 2));
    }
  }
};

}  // namespace dcmfs::rest
