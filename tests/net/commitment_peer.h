#pragma once
// A node that waits for reports on storage commitment, and notes those that come.
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "net/commitment.h"
#include "tests/net/ends.h"
#include "tests/net/peer_thread.h"

namespace dcmfs::net {

struct ReceivedReport {
  std::int64_t event_type = 0;
  std::string sop_instance;
  Roles ours;  // of who received it
  CommitmentReport report;
};

// One that comes next, with its answer.
inline ReceivedReport receive_report(Association& association, Status answer = statuses::kSuccess) {
  ReceivedReport one;
  const auto message = association.receive();
  EXPECT_OK(message);
  if (!message) return one;
  EXPECT_EQ(message->field(), CommandField::n_event_report_rq);
  one.event_type = message->command.integer(tags::EventTypeID).value_or(-1);
  one.sop_instance = message->sop_instance();
  one.ours = association.context(message->context)->ours;
  const auto dataset = association.receive_dataset(kCommitmentLimits);
  EXPECT_OK(dataset);
  if (dataset) {
    const auto report = parse_commitment_report(*dataset);
    EXPECT_OK(report);
    if (report) one.report = *report;
  }
  EXPECT_OK(association.send(message->context, make_response(*message, answer)));
  return one;
}

class CommitmentPeer {
 public:
  struct Behaviour {
    std::vector<Status> answers = {};  // one after the other, then success
  };
  CommitmentPeer() : CommitmentPeer(Behaviour()) {}
  explicit CommitmentPeer(Behaviour behaviour) : behaviour_(std::move(behaviour)) {}

  int port() const { return thread_.port(); }
  std::vector<ReceivedReport> received() const {
    const std::scoped_lock lock(mutex_);
    return received_;
  }
  // Waits for that many.
  std::vector<ReceivedReport> received(std::size_t count) const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (received().size() < count && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return received();
  }

 private:
  void serve(Socket client) {
    auto association = Association::accept(std::move(client), {}, accept_all);
    if (!association) return;
    while (association->has_arrived(std::chrono::seconds(10))) {
      const auto message = association->receive();
      if (!message) return;
      const auto dataset = association->receive_dataset(kCommitmentLimits);
      const auto report = dataset ? parse_commitment_report(*dataset) : dataset.error();
      if (!report) return;
      Status status = statuses::kSuccess;
      {
        const std::scoped_lock lock(mutex_);
        if (received_.size() < behaviour_.answers.size())
          status = behaviour_.answers[received_.size()];
        received_.push_back({message->command.integer(tags::EventTypeID).value_or(-1),
                             message->sop_instance(), association->context(message->context)->ours,
                             *report});
      }
      if (!association->send(message->context, make_response(*message, status))) return;
    }
  }

  const Behaviour behaviour_;
  mutable std::mutex mutex_;
  std::vector<ReceivedReport> received_;  // guarded by mutex_
  PeerThread thread_{[this](Socket client, std::stop_token) { serve(std::move(client)); }};  // last
};

}  // namespace dcmfs::net
