#pragma once
// Storage Commitment Push Model (PS3.4 J): as SCP the request, as SCU the report of who was asked.
#include "net/commitment.h"
#include "net/service.h"

namespace dcmfs::net {

// N-ACTION. The report follows by itself (commitments.h).
Result<> answer_commitment(const Call&);
// N-EVENT-REPORT: entries of the outbox that wait for it are done, or tried again.
Result<> take_commitment_report(const Call&);

}  // namespace dcmfs::net
