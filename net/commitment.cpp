#include "net/commitment.h"

#include "store/dicom/transfer_syntax.h"

namespace dcmfs::net {
namespace {

Error no_commitment(std::string why) {
  return {Errc::invalid_argument, std::move(why)};
}

Result<std::string> transaction_uid_of(const Dataset& dataset) {
  auto uid = dataset.text_or(tags::TransactionUID, "");
  if (!is_valid_uid(uid)) return no_commitment("TransactionUID is missing or none");
  return uid;
}

Result<SopReference> reference_of(const Dataset& item) {
  SopReference one{item.text_or(tags::ReferencedSOPClassUID, ""),
                   item.text_or(tags::ReferencedSOPInstanceUID, "")};
  if (!is_valid_uid(one.sop_class) || !is_valid_uid(one.sop_instance))
    return no_commitment("an item of ReferencedSOPSequence has not two UIDs");
  return one;
}

// Absent: none.
Result<std::vector<Dataset>> references_in(const Dataset& dataset, Tag sequence) {
  const Element* element = dataset.find(sequence);
  if (element == nullptr) return std::vector<Dataset>();
  if (element->items.size() > kReferencesMax)
    return Error{Errc::too_large, "more references than are taken in one request"};
  return element->items;
}

Result<std::vector<SopReference>> references_of(const Dataset& dataset) {
  DCMFS_TRY(const auto items, references_in(dataset, tags::ReferencedSOPSequence));
  std::vector<SopReference> references;
  references.reserve(items.size());
  for (const Dataset& item : items) {
    DCMFS_TRY(auto one, reference_of(item));
    references.push_back(std::move(one));
  }
  return references;
}

Dataset reference_item(const SopReference& reference) {
  Dataset item;
  item.set_text(tags::ReferencedSOPClassUID, reference.sop_class);
  item.set_text(tags::ReferencedSOPInstanceUID, reference.sop_instance);
  return item;
}

void set_references(Dataset& dataset, const std::vector<SopReference>& references) {
  for (const SopReference& one : references)
    dataset.add_item(tags::ReferencedSOPSequence) = reference_item(one);
}

}  // namespace

// PS3.4 table J.3-1
Dataset to_dataset(const CommitmentRequest& request) {
  Dataset dataset;
  dataset.set_text(tags::TransactionUID, request.transaction_uid);
  set_references(dataset, request.references);
  return dataset;
}

// PS3.4 table J.3-2
Dataset to_dataset(const CommitmentReport& report) {
  Dataset dataset;
  dataset.set_text(tags::TransactionUID, report.transaction_uid);
  // Type 1C: of a report of failures only there is none.
  if (!report.committed.empty()) set_references(dataset, report.committed);
  for (const NotCommitted& one : report.failed) {
    Dataset& item = dataset.add_item(tags::FailedSOPSequence);
    item = reference_item(one.what);
    item.set_number(tags::FailureReason, one.reason);
  }
  return dataset;
}

Result<CommitmentRequest> parse_commitment_request(const Dataset& dataset) {
  CommitmentRequest request;
  DCMFS_TRY(request.transaction_uid, transaction_uid_of(dataset));
  DCMFS_TRY(request.references, references_of(dataset));
  if (request.references.empty()) return no_commitment("ReferencedSOPSequence is missing or empty");
  return request;
}

Result<CommitmentReport> parse_commitment_report(const Dataset& dataset) {
  CommitmentReport report;
  DCMFS_TRY(report.transaction_uid, transaction_uid_of(dataset));
  DCMFS_TRY(report.committed, references_of(dataset));
  DCMFS_TRY(const auto failures, references_in(dataset, tags::FailedSOPSequence));
  for (const Dataset& item : failures) {
    DCMFS_TRY(auto one, reference_of(item));
    const auto reason = item.integer(tags::FailureReason).value_or(statuses::kProcessingFailure);
    report.failed.push_back({std::move(one), static_cast<Status>(reason)});
  }
  return report;
}

ProposedContext commitment_context(Roles ours) {
  return {.abstract_syntax = std::string(kCommitmentSopClasses.front()),
          .transfer_syntaxes = {std::string(uids::ExplicitVRLittleEndian),
                                std::string(uids::ImplicitVRLittleEndian)},
          .roles = ours};
}

}  // namespace dcmfs::net
