#include "net/asked_commitments.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "net/awaited_commitments.h"
#include "store/dicom/text.h"
#include "store/kept_texts.h"
#include "store/number.h"
#include "store/time.h"

namespace dcmfs::net {
namespace {

constexpr std::string_view kAskedKind = "asked-commitment";
// Who can say it at once says it on the same association, when that has been silent for a moment.
constexpr std::chrono::milliseconds kAskedReportWithin{1'000};
// Lines: when it was asked for (ms), who, "report" if there is one, then for each reference its UIDs and
// '?', "ok" or the reason why not. Separated by a tabulator.
constexpr std::string_view kIsReported = "report", kIsOpen = "?", kIsCommitted = "ok";

Time asked_at(std::string_view text) {
  return from_ms(take_whole<std::int64_t>(text).value_or(0));
}

std::string head_of(Time asked, const std::string& aet, bool reported) {
  return std::to_string(to_ms(asked)) + '\t' + aet + '\t' +
         std::string(reported ? kIsReported : "") + '\n';
}
void add_reference(std::string& text, const SopReference& one, std::string_view what) {
  text.append(one.sop_class)
      .append(1, '\t')
      .append(one.sop_instance)
      .append(1, '\t')
      .append(what) += '\n';
}

AskedCommitment parse_asked(const std::string& transaction_uid, std::string_view text) {
  AskedCommitment all;
  const auto lines = split(text, '\n');
  const auto head = split(lines.front(), '\t');
  if (head.size() == 3) all.aet = head[1];
  CommitmentReport report{transaction_uid};
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto fields = split(lines[i], '\t');
    if (fields.size() != 3) continue;
    SopReference one{std::string(fields[0]), std::string(fields[1])};
    if (fields[2] == kIsCommitted) report.committed.push_back(one);
    if (fields[2] != kIsCommitted && fields[2] != kIsOpen)
      report.failed.push_back({one, parse_whole<Status>(fields[2], 16).value_or(0)});
    all.asked.push_back(std::move(one));
  }
  if (head.size() == 3 && head[2] == kIsReported) all.report = std::move(report);
  return all;
}

// One writer at a time: reports may come in several threads.
std::mutex asked_writing;

Result<> forget_oldest_asked(KeptTexts& texts) {
  DCMFS_TRY(const auto all, texts.load());
  if (all.size() <= kAskedCommitmentsMax) return {};
  const auto age = [](const auto& one) { return asked_at(one.second); };
  const auto oldest = std::ranges::min_element(all, {}, age);
  return texts.remove(oldest->first);
}

}  // namespace

Result<std::string> ask_for_commitment(Store& store, const Peer& peer,
                                       std::vector<SopReference> references) {
  if (references.empty()) return Error{Errc::invalid_argument, "nothing to commit to"};
  if (references.size() > kReferencesMax)
    return Error{Errc::too_large, "too many instances for one request"};
  for (const auto& one : references)
    if (!looks_like_uid(one.sop_class) || !looks_like_uid(one.sop_instance))
      return Error{Errc::invalid_argument, "not a SOP Class UID and a SOP Instance UID"};
  DCMFS_TRY(auto association, Association::request(peer, {commitment_context(kScu)}));
  const CommitmentRequest request{make_transaction_uid(), std::move(references)};
  KeptTexts texts(store.kept_values(), kAskedKind);
  std::string text = head_of(now(), peer.aet, false);
  for (const auto& one : request.references) add_reference(text, one, kIsOpen);
  {
    const std::scoped_lock lock(asked_writing);
    // Before it is sent, so that its report finds it.
    DCMFS_CHECK(texts.set(request.transaction_uid, text));
    DCMFS_CHECK(forget_oldest_asked(texts));
  }
  auto status = request_commitment(store, association, request);
  if (status && class_of(*status) == StatusClass::failure)
    status = Error{Errc::not_supported, "storage commitment was refused: " + hexadecimal(*status)};
  if (!status) {
    const std::scoped_lock lock(asked_writing);
    DCMFS_CHECK(texts.remove(request.transaction_uid));
    return std::move(status).error();
  }
  // Without one in time it comes another way.
  if (await_report(store, association, request.transaction_uid, kAskedReportWithin))
    (void)association.release();
  return request.transaction_uid;
}

Result<AskedCommitment> asked_commitment(Store& store, std::string_view transaction_uid) {
  KeptTexts texts(store.kept_values(), kAskedKind);
  const std::scoped_lock lock(asked_writing);
  DCMFS_TRY(const auto text, texts.get(std::string(transaction_uid)));
  if (!text)
    return Error{Errc::not_found, "no storage commitment with this TransactionUID was asked for"};
  return parse_asked(std::string(transaction_uid), *text);
}

Result<> record_report(Store& store, const CommitmentReport& report) {
  KeptTexts texts(store.kept_values(), kAskedKind);
  const std::scoped_lock lock(asked_writing);
  DCMFS_TRY(const auto kept, texts.get(report.transaction_uid));
  if (!kept) return {};
  const auto before = parse_asked(report.transaction_uid, *kept);
  const std::set<SopReference> committed(report.committed.begin(), report.committed.end());
  std::map<std::string, Status> failed;
  for (const auto& one : report.failed) failed[one.what.sop_instance] = one.reason;
  std::string text = head_of(asked_at(*kept), before.aet, true);
  for (const auto& one : before.asked) {
    const auto failure = failed.find(one.sop_instance);
    if (failure != failed.end())
      add_reference(text, one, hexadecimal(failure->second));
    else  // what it says nothing of is not committed to
      add_reference(text, one,
                    committed.contains(one) ? std::string(kIsCommitted)
                                            : hexadecimal(statuses::kProcessingFailure));
  }
  return texts.set(report.transaction_uid, text);
}

}  // namespace dcmfs::net
