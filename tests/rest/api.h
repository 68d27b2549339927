#pragma once
// A server with all routes over a store in a temporary folder, and the verbs of HTTP.
#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <json/json.h>

#include "rest/http/json.h"
#include "rest/http/server.h"
#include "tests/rest/client.h"
#include "tests/support/ok.h"
#include "tests/support/temp_store.h"

namespace dcmfs::rest {

struct Answer {
  int status = 0;
  std::string headers;
  std::string body;

  Json::Value json() const {
    auto parsed = parse_json(body);
    if (!parsed) throw std::runtime_error("no JSON: " + body);
    return *std::move(parsed);
  }
  std::string header(const std::string& name) const {
    const auto at = headers.find("\r\n" + name + ": ");
    if (at == headers.npos) return {};
    const auto from = at + name.size() + 4;
    return headers.substr(from, headers.find("\r\n", from) - from);
  }
};

class Api : public testing::Test {
 protected:
  void SetUp() override {
    Options options;
    options.port = port_ = free_port();
    prepare(facts_, options);
    auto started = Server::start({.store = *store_, .facts = facts_}, std::move(options));
    ASSERT_OK(started);
    server_ = *std::move(started);
  }
  virtual void prepare(Facts&, Options&) {}

  Answer ask(std::string_view method, const std::string& path, std::string_view body = {},
             const std::string& headers = {}) {
    std::string request = std::string(method) + ' ' + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + headers;
    if (!body.empty() || method == "POST" || method == "PUT")
      request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    const std::string whole = Client(port_).ask(request + "\r\n" + std::string(body));
    Answer answer;
    const auto end = whole.find("\r\n\r\n");
    if (whole.size() < 12 || end == whole.npos) return answer;
    answer.status = std::stoi(whole.substr(9, 3));
    answer.headers = whole.substr(0, end + 2);
    answer.body = whole.substr(end + 4);
    if (answer.header("Transfer-Encoding") == "chunked") answer.body = without_chunks(answer.body);
    return answer;
  }
  Answer get(const std::string& path, const std::string& headers = {}) { return ask("GET", path, {}, headers); }
  Answer post(const std::string& path, std::string_view body) { return ask("POST", path, body); }
  Answer put(const std::string& path, std::string_view body, const std::string& headers = {}) {
    return ask("PUT", path, body, headers);
  }
  Answer remove(const std::string& path, const std::string& headers = {}) { return ask("DELETE", path, {}, headers); }

  // RFC 9112 7.1.
  static std::string without_chunks(std::string_view body) {
    std::string whole;
    while (!body.empty()) {
      const auto line = body.find("\r\n");
      const auto size = std::stoul(std::string(body.substr(0, line)), nullptr, 16);
      if (size == 0) break;
      whole += body.substr(line + 2, size);
      body.remove_prefix(std::min(body.size(), line + 2 + size + 2));
    }
    return whole;
  }

  // The id of what an instance is part of.
  static std::string id_of(const Added& added, Level level) { return ResourceId::of(level, added.uids).str(); }
  static std::string path(const Added& added, Level level) {
    return '/' + std::string(info(level).plural) + '/' + id_of(added, level);
  }

  TempStore store_;
  Facts facts_;
  int port_ = 0;
  std::unique_ptr<Server> server_;
};

}  // namespace dcmfs::rest
