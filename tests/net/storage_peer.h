#pragma once
// A node that others send to: it notes what it gets and answers what it is told to.
#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include "net/association.h"
#include "tests/support/ok.h"

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
  explicit StoragePeer(Behaviour behaviour) : behaviour_(std::move(behaviour)) {
    thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
  }

  int port() const { return port_of(listening_); }
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
  void run(std::stop_token stop) {
    while (!stop.stop_requested()) {
      pollfd polled{listening_.fd(), POLLIN, 0};
      if (::poll(&polled, 1, 10) <= 0) continue;
      Socket client(::accept4(listening_.fd(), nullptr, nullptr, SOCK_CLOEXEC));
      if (client) serve(std::move(client));
    }
  }

  NegotiationAnswer negotiate(const NegotiationRequest& request) {
    NegotiationAnswer answer;
    for (const ProposedContext& context : request.contexts) {
      NegotiationAnswer::Context given;
      given.id = context.id;
      for (const auto& syntax : context.transfer_syntaxes) {
        if (!behaviour_.syntaxes.empty() &&
            std::ranges::find(behaviour_.syntaxes, syntax) == behaviour_.syntaxes.end()) {
          continue;
        }
        given.result = NegotiationAnswer::Context::Result::accepted;
        given.transfer_syntax = syntax;
        given.peer = context.roles;
        break;
      }
      answer.contexts.push_back(given);
    }
    const std::scoped_lock lock(mutex_);
    ++associations_;
    return answer;
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
  Socket listening_ = *listen_on("127.0.0.1", 0);
  mutable std::mutex mutex_;
  std::vector<Received> received_;  // guarded by mutex_
  int associations_ = 0;            // guarded by mutex_
  std::jthread thread_;             // last
};

}  // namespace dcmfs::net
