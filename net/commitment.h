#pragma once
// Storage commitment (PS3.4 J) as values: what is asked for, and what is answered.
#include <array>
#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "net/association.h"
#include "net/status.h"
#include "store/dicom/dataset.h"
#include "store/result.h"

namespace dcmfs::net {

inline constexpr std::array<std::string_view, 1> kCommitmentSopClasses{"1.2.840.10008.1.20.1"};
inline constexpr std::string_view kCommitmentInstance = "1.2.840.10008.1.20.1.1";  // PS3.4 J.3.5
inline constexpr std::size_t kReferencesMax = 100'000;                             // of one request
// An item and three elements for each reference, and what is around them.
inline constexpr BareLimits kCommitmentLimits{.bytes_max = 32 << 20, .elements_max = 450'000};

// PS3.4 J.3.2.1.2, J.3.3.1.2
inline constexpr int kRequestCommitment = 1;                    // ActionTypeID
inline constexpr int kAllCommitted = 1, kSomeNotCommitted = 2;  // EventTypeID

struct SopReference {
  std::string sop_class, sop_instance;
  friend auto operator<=>(const SopReference&, const SopReference&) = default;
};

struct CommitmentRequest {
  std::string transaction_uid;
  std::vector<SopReference> references;
};

struct NotCommitted {
  SopReference what;
  Status reason = statuses::kProcessingFailure;  // PS3.3 C.14.1.1
  friend bool operator==(const NotCommitted&, const NotCommitted&) = default;
};

struct CommitmentReport {
  std::string transaction_uid;
  std::vector<SopReference> committed = {};
  std::vector<NotCommitted> failed = {};

  int event_type() const { return failed.empty() ? kAllCommitted : kSomeNotCommitted; }
};

Dataset to_dataset(const CommitmentRequest&);
Dataset to_dataset(const CommitmentReport&);
// Errors: invalid_argument (an UID is missing or none; no reference), too_large.
Result<CommitmentRequest> parse_commitment_request(const Dataset&);
Result<CommitmentReport> parse_commitment_report(const Dataset&);

// To propose, as SCU to ask for it, as SCP to report.
ProposedContext commitment_context(Roles ours);

}  // namespace dcmfs::net
