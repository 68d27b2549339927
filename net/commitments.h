#pragma once
// What this node has been asked to commit to and has not reported on yet (PS3.4 J): each request
// gets its report on the association it came by, when the peer is silent for a moment, or else on
// one that we request, tried again and again.
//
// Thread safe. What add() has answered survives any crash. What is stored is looked at when the
// report is made, each time.
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <random>
#include <stop_token>
#include <string>
#include <vector>

#include "net/commitment.h"
#include "net/kept_commitments.h"
#include "net/message.h"
#include "net/options.h"
#include "store/store.h"

namespace dcmfs::net {

class Commitments {
 public:
  static constexpr std::size_t kPendingMax = 10'000;
  static constexpr std::size_t kPendingReferencesMax = 1'000'000;
  // Of one AE title, so that none takes it from the others.
  static constexpr std::size_t kTitlePendingMax = 1000;
  static constexpr std::size_t kTitleReferencesMax = 2 * kReferencesMax;
  // Of all titles under which no node is known, once their associations have ended: anybody can call
  // itself anything. The oldest go.
  static constexpr std::size_t kStrangersPendingMax = 300;
  static constexpr std::size_t kStrangersReferencesMax = kReferencesMax;
  static constexpr std::size_t kSettledMax = 1000;  // that are remembered

  // Both must outlive it.
  Commitments(Store&, const Options&);
  // What was pending when the last process ended. Before anything else.
  Result<> load();

  // Of the peer of that association. Errors: busy (too much is pending), io.
  Result<> add(const CommitmentRequest&, const Association&, std::uint8_t context, Time now);

  // -- by the thread of an association
  bool owes(const Association&) const;  // a report; none is under way
  // Sends one. An error is the association's.
  Result<> report(Association&);
  // False: it is no answer to a report.
  bool take_answer(const Association&, const Message&);
  void ended(const Association&);

  // -- by a thread of its own: reports on associations that we request
  void run(std::stop_token);

 private:
  struct Pending {
    KeptCommitment kept;
    int attempts = 0;
    Time due{};
    const Association* association = nullptr;  // whose thread reports
    std::uint8_t context = 0;
    std::uint16_t message_id = 0;  // of the report under way
    bool under_way = false;
    bool is_strangers = false;  // no node was known under its AE title
  };
  using Id = std::int64_t;

  // With the lock: whose thread reports it, or (nullptr) that of run().
  void hand_over(Pending&, const Association*);
  KeptCommitment::State state_of(const KeptCommitment&) const;  // with the lock
  bool has_room_for(const KeptCommitment&) const;               // with the lock
  Result<CommitmentReport> make_report(const KeptCommitment&) const;
  std::vector<KeptCommitment> take_due(Time now);
  void put_back(const std::vector<KeptCommitment>&);
  std::chrono::milliseconds until_due(Time now) const;  // with the lock
  void report_to(const std::vector<KeptCommitment>&, std::stop_token);
  Result<Status> report_over(Association&, const AcceptedContext&, const KeptCommitment&);
  // Of one AE title. True: it is unknown, and was not among those that were before.
  enum class Title : bool { known, unknown };
  bool mark(const std::vector<KeptCommitment>&, Title);
  void put_off_strangers(const std::vector<KeptCommitment>&);
  std::vector<KeptCommitment> strangers_beyond_limit() const;
  void postpone(const KeptCommitment&, const std::string& why);
  void put_off(const KeptCommitment&);
  void answered(KeptCommitment, Status);
  enum class Memory : bool { keep, forget };  // of its TransactionUID
  void settle(KeptCommitment, Memory = Memory::keep);

  Store& store_;
  const Options& options_;
  KeptCommitments kept_;

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable_any changed_;
  std::map<Id, Pending> pending_;
  std::multimap<const Association*, Id> owed_;  // where that is said
  std::map<Id, KeptCommitment> settled_;
  std::size_t pending_references_ = 0;
  Id last_id_ = 0;
  std::mt19937 random_{std::random_device{}()};
};

}  // namespace dcmfs::net
