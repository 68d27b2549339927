#pragma once
// A server on a store of its own, and a client of it.
#include <memory>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "rest/http/server.h"
#include "rest/services.h"
#include "tests/rest/answer.h"
#include "tests/support/ok.h"
#include "tests/support/temp_store.h"

namespace dcmfs::rest {

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
    auto started = Server::start({.store = *store_, .facts = facts_}, std::move(options));
    ASSERT_OK(started);
    server_ = *std::move(started);
  }

  // `headers`: each with its line break.
  Answer ask(std::string_view method, std::string_view path, std::string_view body = {},
             std::string_view headers = {}) {
    return ask_server(port_, method, path, body, headers);
  }
  Answer get(std::string_view path, std::string_view headers = {}) { return ask("GET", path, {}, headers); }
  Answer head(std::string_view path) { return ask("HEAD", path); }
  Answer post(std::string_view path, std::string_view body) { return ask("POST", path, body); }

  TempStore store_;
  Facts facts_;
  int port_ = 0;
  std::unique_ptr<Server> server_;
};

}  // namespace dcmfs::rest
