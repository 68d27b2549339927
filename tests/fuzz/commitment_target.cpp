// The data set of a request for storage commitment or of its report (PS3.4 J.3): the first byte
// chooses its transfer syntax.
#include <array>

#include "net/commitment.h"
#include "store/dicom/reader.h"
#include "store/dicom/transfer_syntax.h"
#include "store/dicom/writer.h"
#include "tests/fuzz/target.h"

namespace dcmfs::fuzz {
namespace {

constexpr std::array kSyntaxes{uids::ImplicitVRLittleEndian, uids::ExplicitVRLittleEndian,
                               uids::ExplicitVRBigEndian};

bool same(const net::CommitmentRequest& a, const net::CommitmentRequest& b) {
  return a.transaction_uid == b.transaction_uid && a.references == b.references;
}
bool same(const net::CommitmentReport& a, const net::CommitmentReport& b) {
  return a.transaction_uid == b.transaction_uid && a.committed == b.committed &&
         a.failed == b.failed && a.event_type() == b.event_type();
}

// What was understood is told so that it is understood again.
template <class Value>
std::string check(const Result<Value>& parsed, Result<Value> (*parse)(const Dataset&)) {
  if (!parsed) return parsed.error().message.empty() ? "no reason" : "";
  const auto& syntax = *find_transfer_syntax(uids::ImplicitVRLittleEndian);
  const auto written = encode_dataset(to_dataset(*parsed), syntax);
  if (!written) return "what was read cannot be written";
  const auto read = read_bare_dataset(*written, syntax, net::kCommitmentLimits);
  if (!read) return "what was written cannot be read";
  const auto again = parse(*read);
  return again && same(*again, *parsed) ? "" : "it says something else when it is written";
}

}  // namespace

std::string commitment(std::string_view bytes) {
  if (bytes.empty()) return "";
  const auto chosen = static_cast<unsigned char>(bytes.front()) % kSyntaxes.size();
  const auto dataset = read_bare_dataset(bytes.substr(1), *find_transfer_syntax(kSyntaxes[chosen]),
                                         net::kCommitmentLimits);
  if (!dataset) return dataset.error().message.empty() ? "no reason" : "";
  auto wrong = check(net::parse_commitment_request(*dataset), net::parse_commitment_request);
  if (wrong.empty())
    wrong = check(net::parse_commitment_report(*dataset), net::parse_commitment_report);
  return wrong;
}

}  // namespace dcmfs::fuzz
