#pragma once
// Requests for storage commitment whose report is still to be given, as KeptValues keep them: a
// header each, and what they refer to in as many values as that needs. Private to this room.
//
// What is settled is remembered for a while, so that a TransactionUID that comes again is noticed.
// Thread safe as KeptValues are; one process at a time may add.
#include <cstdint>
#include <string>
#include <vector>

#include "net/commitment.h"
#include "store/store.h"

namespace dcmfs::net {

struct KeptCommitment {
  enum class State : std::uint8_t {
    writing = 0,  // not all of it is there
    pending = 1,
    duplicate = 2,  // pending, but its TransactionUID is another's
    settled = 3,    // what it refers to is forgotten
  };

  std::int64_t id = 0;  // ascending
  State state = State::pending;
  std::string aet;  // who asked
  std::string transaction_uid;
  Time received{};
  std::uint64_t digest = 0;  // of who asked and for what: against mistakes, not against malice
  std::size_t references = 0;
  std::size_t parts = 0;
};

std::uint64_t digest_of(std::string_view aet, std::vector<SopReference>);

class KeptCommitments {
 public:
  explicit KeptCommitments(KeptValues& values) : values_(values) {}

  // Ascending by id; forgets what was not written whole. For the start.
  Result<std::vector<KeptCommitment>> load();
  // Durable when it returns. Sets `parts`.
  Result<> keep(KeptCommitment&, const std::vector<SopReference>&);
  Result<std::vector<SopReference>> references(const KeptCommitment&) const;
  Result<> settle(KeptCommitment&);
  Result<> forget(const KeptCommitment&);

 private:
  Result<> write(const KeptCommitment&, std::string_view references = {});
  Result<> drop_parts(const KeptCommitment&);

  KeptValues& values_;
};

}  // namespace dcmfs::net
