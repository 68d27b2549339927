#pragma once
// Other DICOM nodes that answer what the test says, and remember what they were asked.
#include <atomic>
#include <map>
#include <mutex>

#include "rest/modalities.h"

namespace dcmfs::rest {

class FakeModalities : public Modalities {
 public:
  static constexpr DimseStatus kPending = 0xff00;

  std::vector<std::string> names() const override {
    std::vector<std::string> names;
    for (const auto& [name, node] : nodes) names.push_back(name);
    return names;
  }
  std::optional<Json::Value> get(const std::string& name) const override {
    const auto found = nodes.find(name);
    if (found == nodes.end()) return std::nullopt;
    return found->second;
  }
  Result<> put(const std::string& name, Json::Value v) override {
    DCMFS_TRY(nodes[name], read(std::move(v)));
    return {};
  }
  Result<> remove(const std::string& name) override {
    if (nodes.erase(name) == 0) return Error{Errc::not_found, "none"};
    return {};
  }
  Result<Json::Value> read(Json::Value v) const override {
    if (v.isArray() && v.size() == 3) {
      Json::Value object;
      object["AET"] = v[0];
      object["Host"] = v[1];
      object["Port"] = v[2];
      v = object;
    }
    if (!v.isObject() || !v["Host"].isString()) return Error{Errc::invalid_argument, "no modality"};
    if (!v.isMember("LocalAet")) v["LocalAet"] = "";
    if (!v.isMember("Timeout")) v["Timeout"] = 0;
    if (!v["Timeout"].isInt()) return Error{Errc::invalid_argument, "no time-out"};
    return v;
  }

  Result<> echo(const Node& node) override { return answered(node); }
  Result<> check_find(const Node& node) override { return answered(node); }
  Result<std::vector<Dataset>> find(const Node& node, FindModel model,
                                    const Dataset& identifier) override {
    DCMFS_CHECK(answered(node));
    last_model = model;
    last_identifier = identifier;
    if (answers.empty()) return std::vector<Dataset>{};
    auto first = answers.front();
    if (answers.size() > 1) answers.erase(answers.begin());
    return first;
  }
  Result<> move(const Node& node, Level, const UniqueKeys& keys, const std::string& target,
                const Progress& progress, std::stop_token) override {
    DCMFS_CHECK(answered(node));
    progress(1, 1, kPending);
    if (last_status != 0) {
      progress(1, 0, last_status);
      return Error{Errc::not_supported, "the peer answers " + std::to_string(last_status)};
    }
    last_keys = keys;
    last_target = target;
    return {};
  }
  Result<> fetch(const Node& node, Level, const UniqueKeys& keys, const Progress&,
                 std::stop_token) override {
    DCMFS_CHECK(answered(node));
    last_keys = keys;
    last_target = "fetched";
    return {};
  }
  Result<> send(const Node& node, std::span<const RowId> rows, const SendWishes& wishes,
                const Each& each, std::stop_token stop) override {
    last_originator = wishes.originator ? wishes.originator->aet : "";
    last_syntax = wishes.transfer_syntax;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const Result<> outcome = refuses_number == static_cast<int>(i)
                                   ? Error{Errc::corrupt, "it answers A700"}
                                   : answered(node);
      if (outcome) sent.push_back(rows[i]);
      std::optional<DimseStatus> status;
      if (outcome) status = 0;
      if (refuses_number == static_cast<int>(i)) status = 0xa700;
      DCMFS_CHECK(each(i, outcome, status));
      while (is_slow && !stop.stop_requested()) ::usleep(1000);
      if (stop.stop_requested()) return Error{Errc::io, "the association was aborted"};
    }
    return {};
  }
  Result<SopReference> send_file(const Node& node, Blob blob) override {
    if (blob.size() < 128) return Error{Errc::not_dicom, "too short"};
    DCMFS_CHECK(answered(node));
    return SopReference{"1.2", "3.4"};
  }
  Result<std::string> ask_commitment(const Node& node,
                                     std::vector<SopReference> references) override {
    DCMFS_CHECK(answered(node));
    commitments["2.25.1"] = {.aet = node["AET"].asString(),
                             .is_reported = false,
                             .committed = std::move(references),
                             .failed = {}};
    return "2.25.1";
  }
  Result<Commitment> commitment(const std::string& uid) const override {
    const auto found = commitments.find(uid);
    if (found == commitments.end()) return Error{Errc::not_found, "none"};
    auto told = found->second;
    if (!told.is_reported) told.committed.clear();
    return told;
  }

  std::map<std::string, Json::Value> nodes;
  Json::Value last_node;
  FindModel last_model{};
  Dataset last_identifier;
  UniqueKeys last_keys;
  std::string last_target, last_originator, last_syntax;
  std::vector<std::vector<Dataset>> answers;  // of find(), one after the other
  std::vector<RowId> sent;
  std::map<std::string, Commitment> commitments;
  int refuses_number = -1;
  DimseStatus last_status = 0;  // of move()
  std::atomic<bool> is_slow = false;
  Errc trouble = Errc::io;

 private:
  Result<> answered(const Node& node) {
    last_node = node;
    if (node["AET"] == "GONE") return Error{trouble, "connection refused"};
    return {};
  }
};

}  // namespace dcmfs::rest
