#include "net/commitment_check.h"

#include <algorithm>
#include <map>
#include <span>

namespace dcmfs::net {
namespace {

constexpr std::size_t kAskedAtOnce = 500;

struct Held {
  RowId row{};
  std::string sop_class;
};
// By SOP Instance UID; one may be stored in two studies.
using Holdings = std::multimap<std::string, Held>;

Result<Holdings> holdings_of(const Store& store, std::span<const SopReference> references) {
  std::string uids;
  for (const SopReference& one : references)
    uids.append(uids.empty() ? "" : "\\").append(one.sop_instance);
  Query query;
  query.level = Level::instance;
  query.totals = Query::Totals::none;
  auto matcher = Matcher::parse(tags::SOPInstanceUID, uids);
  if (!matcher) return matcher.error();
  query.where.push_back({tags::SOPInstanceUID, *std::move(matcher)});
  Holdings holdings;
  DCMFS_CHECK(store.find(query, [&](const Resource& found) {
    const auto sop_class = found.attributes.find(tags::SOPClassUID);
    holdings.emplace(found.uids.sop_instance,
                     Held{found.key.row,
                          sop_class != found.attributes.end() ? sop_class->second : std::string()});
    return true;
  }));
  return holdings;
}

Result<Status> status_of_file(const Store& store, RowId instance) {
  const auto file = store.file(instance);
  const auto blob = store.open_file(instance);
  if (file && blob) {
    if (blob->size() != file->size) return statuses::kProcessingFailure;
    DCMFS_CHECK(store.make_durable(instance));
    return statuses::kSuccess;
  }
  // Removed a moment ago, or lost.
  const bool is_gone = !file && file.error().code == Errc::not_found;
  return is_gone ? statuses::kNoSuchSopInstance : statuses::kProcessingFailure;
}

// PS3.3 C.14.1.1
Result<Status> status_of_reference(const Store& store, const Holdings& holdings,
                                   const SopReference& one) {
  const auto [begin, end] = holdings.equal_range(one.sop_instance);
  Status best = begin == end ? statuses::kNoSuchSopInstance : statuses::kClassInstanceConflict;
  for (auto held = begin; held != end; ++held) {
    if (held->second.sop_class != one.sop_class) continue;
    DCMFS_TRY(best, status_of_file(store, held->second.row));
    if (best == statuses::kSuccess) break;
  }
  return best;
}

}  // namespace

Result<CommitmentReport> check_commitment(const Store& store, const CommitmentRequest& request) {
  CommitmentReport report{.transaction_uid = request.transaction_uid};
  std::span<const SopReference> left = request.references;
  while (!left.empty()) {
    const auto some = left.first(std::min(left.size(), kAskedAtOnce));
    left = left.subspan(some.size());
    DCMFS_TRY(const auto holdings, holdings_of(store, some));
    for (const SopReference& one : some) {
      DCMFS_TRY(const Status status, status_of_reference(store, holdings, one));
      if (status == statuses::kSuccess) {
        report.committed.push_back(one);
      } else {
        report.failed.push_back({one, status});
      }
    }
  }
  return report;
}

}  // namespace dcmfs::net
