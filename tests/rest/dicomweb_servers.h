#pragma once
// Another server of DICOMweb for tests: a real one of ours at /dicom-web/, and beside it those that answer what a
// test needs, each below a path of its own.
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "rest/http/json.h"
#include "rest/http/route.h"
#include "rest/http/server.h"
#include "rest/services.h"
#include "tests/rest/client.h"
#include "tests/support/temp_store.h"

namespace dcmfs::rest {

// How many instances each request of STOW-RS had, by the first part of its path.
class StowRequests {
 public:
  void note(const std::string& path, std::size_t parts) {
    const std::scoped_lock lock(mutex_);
    requests_[path].push_back(parts);
  }
  std::vector<std::size_t> of(const std::string& path) const {
    const std::scoped_lock lock(mutex_);
    const auto found = requests_.find(path);
    return found == requests_.end() ? std::vector<std::size_t>() : found->second;
  }
  void clear() {
    const std::scoped_lock lock(mutex_);
    requests_.clear();
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<std::size_t>> requests_;
};
inline StowRequests stow_requests;

// Handlers have no state: what they are told is in the path, "/401/studies".
inline Result<Response> answer_status(const Services&, Request& request) {
  stow_requests.note(request.part("status"), request.parts.size());
  Response response = text_response("no");
  response.status = std::stoi(request.part("status"));
  return response;
}
// 413 for more than one instance.
inline Result<Response> take_one(const Services&, Request& request) {
  stow_requests.note("one", request.parts.size());
  Response response = text_response("");
  if (request.parts.size() > 1) response.status = 413;
  return response;
}
// 202: the instance 1.2.3 is refused with A900H and 1.2.4 with A700H, the others are stored.
inline Result<Response> take_some(const Services&, Request& request) {
  stow_requests.note("some", request.parts.size());
  const auto failure = [](const char* uid, int reason) {
    Json::Value item;
    item["00081155"]["vr"] = "UI";
    item["00081155"]["Value"].append(uid);
    item["00081197"]["vr"] = "US";
    item["00081197"]["Value"].append(reason);
    return item;
  };
  Json::Value v;
  v["00081198"]["vr"] = "SQ";
  v["00081198"]["Value"].append(failure("1.2.3", 0xa900));
  v["00081198"]["Value"].append(failure("1.2.4", 0xa700));
  v["00081199"]["vr"] = "SQ";
  for (const char* uid : {"1.2.5", "1.2.6"}) {
    Json::Value item;
    item["00081155"]["Value"].append(uid);
    v["00081199"]["Value"].append(item);
  }
  auto response = json_response(v);
  response.status = 202;
  return response;
}

class DicomwebServers {
 public:
  DicomwebServers() {
    stow_requests.clear();
    real_port_ = free_port();
    Options real;
    real.port = real_port_;
    real_ = TempStore::require(Server::start({.store = *store, .facts = facts_}, std::move(real)));
    odd_port_ = free_port();
    Options odd;
    odd.port = odd_port_;
    odd.routes = kOddTables;
    odd_ = TempStore::require(Server::start({.store = *store, .facts = facts_}, std::move(odd)));
  }

  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(real_port_) + "/dicom-web/";
  }
  std::string odd(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(odd_port_) + '/' + path + '/';
  }

  TempStore store;

 private:
  static constexpr Route kOddRows[] = {
      {Method::post, "/one/studies", kNoLevel, Access::read, Takes::files, take_one, "-"},
      {Method::post, "/some/studies", kNoLevel, Access::read, Takes::files, take_some, "-"},
      {Method::post, "/answers/{status}/studies", kNoLevel, Access::read, Takes::files,
       answer_status, "-"},
      {Method::get, "/answers/{status}/studies", kNoLevel, Access::read, Takes::nothing,
       answer_status, "-"},
  };
  static constexpr RouteTable kOddTables[] = {kOddRows};

  Facts facts_;
  int real_port_ = 0, odd_port_ = 0;
  std::unique_ptr<Server> real_, odd_;
};

}  // namespace dcmfs::rest
