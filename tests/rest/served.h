#pragma once
// A server of all routes on a store of its own, and an HTTP client for it.
#include <memory>
#include <stdexcept>
#include <string>

#include <json/json.h>

#include "rest/http/json.h"
#include "rest/http/server.h"
#include "rest/jobs/jobs.h"
#include "rest/services.h"
#include "tests/rest/answer.h"
#include "tests/rest/client.h"
#include "tests/support/temp_store.h"

namespace dcmfs::rest {

class Served {
 public:
  explicit Served(JobOptions options = {}) : job_options_(options) { open_jobs(); }
  ~Served() { stop(); }

  Services services() { return services_; }
  // After what the test adds to `services_` below.
  void start() {
    facts_.dicom_aet = "OURS";
    jobs_->start(services_);
    Options options;
    options.port = port_ = free_port();
    server_ = TempStore::require(Server::start(services_, std::move(options)));
  }
  void stop() {
    jobs_->stop();
    server_.reset();
  }
  // As after a crash or a stop: what is kept is all that there is.
  void restart() {
    restart_with([](Services&) {});
  }
  // As by a program that was given something else.
  template <class Change>
  void restart_with(Change&& change) {
    stop();
    store_.reopen();
    open_jobs();
    change(services_);
    start();
  }

  Answer ask(const std::string& method, const std::string& path, const std::string& body = {}) {
    auto answer = ask_server(port_, method, path, body);
    if (answer.status == 0) throw std::runtime_error("no answer to " + method + ' ' + path);
    return answer;
  }
  int port() const { return port_; }
  Answer get(const std::string& path) { return ask("GET", path); }
  Answer post(const std::string& path, const std::string& body = {}) {
    return ask("POST", path, body);
  }

  // Asks for the job until it is in that state.
  Json::Value wait_for(const std::string& job, const std::string& state) {
    Json::Value v;
    for (int i = 0; i < 500; ++i) {
      v = get("/jobs/" + job).json();
      if (v["State"] == state) return v;
      ::usleep(10'000);
    }
    throw std::runtime_error("not " + state + ": " + json_text(v));
  }

  TempStore store_;
  Services services_{.store = *store_, .facts = facts_};
  Facts facts_;

 private:
  void open_jobs() {
    jobs_ = TempStore::require(Jobs::open(store_->kept_values(), job_options_));
    std::destroy_at(&services_);
    std::construct_at(&services_, Services{.store = *store_, .facts = facts_, .jobs = jobs_.get()});
  }

  const JobOptions job_options_;
  std::unique_ptr<Jobs> jobs_;
  std::unique_ptr<Server> server_;
  int port_ = 0;
};

}  // namespace dcmfs::rest
