#pragma once
// A server on a store of its own, and a client of it.
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
  std::string head, body;
  Json::Value json() const {
    auto value = parse_json(body);
    return value ? *std::move(value) : Json::Value();
  }
};

class RestFixture : public testing::Test {
 protected:
  void SetUp() override {
    port_ = free_port();
    facts_.name = "dcmfs";
    facts_.version = "1.2.3";
    facts_.http_port = port_;
    start({});
  }
  void start(Options options) {
    server_.reset();
    options.port = port_;
    auto started = Server::start(services(), std::move(options));
    ASSERT_OK(started);
    server_ = *std::move(started);
  }
  Services services() { return {.store = *store_, .facts = facts_}; }

  // `headers`: each with its line break.
  Answer ask(std::string_view method, std::string_view path, std::string_view body = {},
             std::string_view headers = {}) {
    Client client(port_);
    client.send(std::string(method) + ' ' + std::string(path) + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" +
                std::string(headers) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n");
    client.send(body);
    const auto all = client.receive_all();
    Answer answer;
    const auto end = all.find("\r\n\r\n");
    if (all.size() < 12 || end == all.npos) return answer;
    answer.status = std::stoi(all.substr(9, 3));
    answer.head = all.substr(0, end + 2);
    answer.body = all.substr(end + 4);
    return answer;
  }
  Answer get(std::string_view path, std::string_view headers = {}) { return ask("GET", path, {}, headers); }

  TempStore store_;
  Facts facts_;
  int port_ = 0;
  std::unique_ptr<Server> server_;
};

}  // namespace dcmfs::rest
