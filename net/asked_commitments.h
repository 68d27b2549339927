#pragma once
// Storage commitment that somebody asked for by himself (PS3.4 J), beside what the outbox asks for:
// the request and its report, kept until newer ones take their place. Thread safe.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/commitment.h"
#include "store/store.h"

namespace dcmfs::net {

inline constexpr std::size_t kAskedCommitmentsMax = 100;  // that are remembered

struct AskedCommitment {
  std::string aet;  // who was asked
  std::vector<SopReference> asked;
  std::optional<CommitmentReport> report;  // none yet
};

// N-ACTION over an association of its own; its TransactionUID. The report comes on this association, within a
// moment, or to our own node. Errors: invalid_argument (UIDs that are none), too_large, those of
// Association::request(), not_supported (also if it is refused), io.
Result<std::string> ask_for_commitment(Store&, const Peer&, std::vector<SopReference>);
// not_found.
Result<AskedCommitment> asked_commitment(Store&, std::string_view transaction_uid);

// What a peer reports. One of another transaction changes nothing.
Result<> record_report(Store&, const CommitmentReport&);

}  // namespace dcmfs::net
