#pragma once
// A server with all routes over a store in a temporary folder, and the verbs of HTTP.
#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "rest/acceptance.h"
#include "rest/http/server.h"
#include "rest/services.h"
#include "tests/rest/answer.h"
#include "tests/rest/client.h"
#include "tests/support/ok.h"
#include "tests/support/temp_store.h"

namespace dcmfs::rest {

class Api : public testing::Test {
 protected:
  void SetUp() override {
    port_ = free_port();
    facts_.name = "dcmfs";
    facts_.version = "1.2.3";
    facts_.http_port = port_;
    Options options;
    prepare(facts_, options);
    start(std::move(options));
  }
  // Anew, with others.
  void start(Options options) {
    server_.reset();
    options.port = port_;
    auto started = Server::start({.store = *store_, .facts = facts_, .acceptance = &acceptance_},
                                 std::move(options));
    ASSERT_OK(started);
    server_ = *std::move(started);
  }
  virtual void prepare(Facts&, Options&) {}

  // `headers`: each with its line break.
  Answer ask(std::string_view method, const std::string& path, std::string_view body = {},
             std::string_view headers = {}) {
    return ask_server(port_, method, path, body, headers);
  }
  Answer get(const std::string& path, std::string_view headers = {}) {
    return ask("GET", path, {}, headers);
  }
  Answer post(const std::string& path, std::string_view body) { return ask("POST", path, body); }
  Answer put(const std::string& path, std::string_view body, const std::string& headers = {}) {
    return ask("PUT", path, body, headers);
  }
  Answer remove(const std::string& path, const std::string& headers = {}) {
    return ask("DELETE", path, {}, headers);
  }

  // The id of what an instance is part of.
  static std::string id_of(const Added& added, Level level) {
    return ResourceId::of(level, added.uids).str();
  }
  static std::string path(const Added& added, Level level) {
    return '/' + std::string(info(level).plural) + '/' + id_of(added, level);
  }

  TempStore store_;
  Facts facts_;
  Acceptance acceptance_;
  int port_ = 0;
  std::unique_ptr<Server> server_;
};

}  // namespace dcmfs::rest
