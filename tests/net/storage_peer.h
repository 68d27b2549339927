#pragma once
// A node that others send to: it notes what it gets and answers what it is told to.
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "net/association.h"
#include "tests/net/ends.h"
#include "tests/net/peer_thread.h"

namespace dcmfs::net {

class StoragePeer {
 public:
  struct Behaviour {
    std::map<std::string, Status> answers = {};  // by SOP Instance UID; else success
    std::vector<std::string> syntaxes = {};      // that it accepts; empty: all
    std::set<std::string> breaks_at = {};        // instances whose arrival ends the association
    // Called from its thread for each instance before it is answered.
    std::function<void()> on_instance = [] {};
  };
  struct Received {
    std::string sop_class, sop_instance, transfer_syntax, dataset;
    std::string originator;  // AE title
    std::int64_t originator_id = 0;
  };

  StoragePeer() : StoragePeer(Behaviour()) {}
  explicit StoragePeer(Behaviour behaviour) : behaviour_(std::move(behaviour)) {}

  int port() const { return thread_.port(); }
  std::vector<Received> received() const {
    const std::scoped_lock lock(mutex_);
    return received_;
  }
  std::vector<std::string> instances() const {
    std::vector<std::string> uids;
    for (const auto& one : received()) uids.push_back(one.sop_instance);
    return uids;
  }
  int associations() const {
    const std::scoped_lock lock(mutex_);
    return associations_;
  }

 private:
  NegotiationAnswer negotiate(const NegotiationRequest& request) {
    const std::scoped_lock lock(mutex_);
    ++associations_;
    return accept_syntaxes(request, behaviour_.syntaxes);
  }

  void serve(Socket client) {
    auto association = Association::accept(
        std::move(client), {}, [this](const NegotiationRequest& r) { return negotiate(r); });
    if (!association) return;
    for (;;) {
      const auto request = association->receive();
      if (!request) return;
      Received one{
          .sop_class = request->sop_class(),
          .sop_instance = request->sop_instance(),
          .transfer_syntax = association->context(request->context)->transfer_syntax,
          .dataset = {},
          .originator = request->command.text_or(tags::MoveOriginatorApplicationEntityTitle, ""),
          .originator_id = request->command.integer(tags::MoveOriginatorMessageID).value_or(-1)};
      const auto taken = association->receive_dataset([&](std::span<const std::byte> bytes) {
        one.dataset.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        return Result<>();
      });
      if (!taken || behaviour_.breaks_at.contains(one.sop_instance)) return;
      const auto answer = behaviour_.answers.find(one.sop_instance);
      {
        const std::scoped_lock lock(mutex_);
        received_.push_back(std::move(one));
      }
      behaviour_.on_instance();
      const Status status =
          answer != behaviour_.answers.end() ? answer->second : statuses::kSuccess;
      if (!association->send(request->context, make_response(*request, status))) return;
    }
  }

  const Behaviour behaviour_;
  mutable std::mutex mutex_;
  std::vector<Received> received_;  // guarded by mutex_
  int associations_ = 0;            // guarded by mutex_
  PeerThread thread_{[this](Socket client, std::stop_token) { serve(std::move(client)); }};  // last
};

}  // namespace dcmfs::net
