#include "net/retrieve_plan.h"

#include <map>

namespace dcmfs::net {

Result<RetrievePlan> plan_retrieve(const Store& store, const Query& query) {
  std::map<StorageSyntax, std::size_t> numbers;  // in the order of their coming
  RetrievePlan plan;
  Result<> outcome;
  DCMFS_CHECK(store.find(query, [&](const Resource& found) {
    if (plan.instances.size() == kSubOperationsMax) {
      outcome = Error{Errc::too_large, "too many instances for one request"};
      return false;
    }
    const auto sop_class = found.attributes.find(tags::SOPClassUID);
    const auto file = store.file(found.key.row);
    // What is removed meanwhile is a sub-operation that fails.
    const StorageSyntax syntax{sop_class != found.attributes.end() ? sop_class->second : "",
                               file ? file->transfer_syntax : ""};
    const auto number = numbers.emplace(syntax, numbers.size()).first->second;
    plan.instances.push_back({found.key.row, number, found.uids.sop_instance});
    return true;
  }));
  DCMFS_CHECK(outcome);
  std::vector<std::size_t> sorted(numbers.size());
  for (const auto& [syntax, number] : numbers) {
    sorted[number] = plan.syntaxes.size();
    plan.syntaxes.push_back(syntax);
  }
  for (PlannedInstance& instance : plan.instances) instance.syntax = sorted[instance.syntax];
  return plan;
}

std::vector<std::set<StorageSyntax>> divide_by_association(const std::vector<StorageSyntax>& all) {
  std::vector<std::set<StorageSyntax>> parts;
  for (const StorageSyntax& syntax : all) {
    if (!parts.empty()) {
      auto more = parts.back();
      more.insert(syntax);
      if (contexts_for(more).size() <= kProposalsMax) {
        parts.back() = std::move(more);
        continue;
      }
    }
    parts.push_back({syntax});
  }
  return parts;
}

}  // namespace dcmfs::net
