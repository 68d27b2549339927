#pragma once
// What a C-MOVE or C-GET is to send, known before the first byte of it goes out: so many
// sub-operations, and what has to be negotiated for them.
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "net/contexts.h"
#include "store/query.h"
#include "store/store.h"

namespace dcmfs::net {

// 100 bytes of memory each.
inline constexpr std::size_t kSubOperationsMax = 1'000'000;

struct PlannedInstance {
  RowId row{};
  std::size_t syntax = 0;  // of RetrievePlan::syntaxes
  std::string sop_instance;
};

struct RetrievePlan {
  std::vector<StorageSyntax> syntaxes;  // sorted, each once
  std::vector<PlannedInstance> instances;
};

// Errors: too_large (over kSubOperationsMax), and those of Store::find.
Result<RetrievePlan> plan_retrieve(const Store&, const Query&);

// The syntaxes, divided so that the contexts for each part fit into one association.
std::vector<std::set<StorageSyntax>> divide_by_association(const std::vector<StorageSyntax>&);

}  // namespace dcmfs::net
