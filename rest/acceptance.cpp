#include "rest/acceptance.h"

#include <algorithm>

#include "store/dicom/match.h"

namespace dcmfs::rest {

Acceptance::Acceptance(std::vector<std::string> transfer_syntaxes, bool unknown_sop_classes)
    : transfer_syntaxes_(std::move(transfer_syntaxes)), unknown_sop_classes_(unknown_sop_classes) {}

bool Acceptance::accepts_transfer_syntax(std::string_view uid) const {
  const std::scoped_lock lock(mutex_);
  return std::ranges::any_of(transfer_syntaxes_, [&](const std::string& pattern) {
    return matches_wildcard(pattern, uid);
  });
}

void Acceptance::accept_transfer_syntaxes(std::vector<std::string> patterns) {
  const std::scoped_lock lock(mutex_);
  transfer_syntaxes_ = std::move(patterns);
}

bool Acceptance::accepts_unknown_sop_classes() const {
  const std::scoped_lock lock(mutex_);
  return unknown_sop_classes_;
}

void Acceptance::accept_unknown_sop_classes(bool accepted) {
  const std::scoped_lock lock(mutex_);
  unknown_sop_classes_ = accepted;
}

}  // namespace dcmfs::rest
