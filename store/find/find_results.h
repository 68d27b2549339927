#pragma once
// A C-FIND request carried out on the store.
#include <cstdint>
#include <functional>
#include <string>

#include "store/find/find_request.h"
#include "store/store.h"

namespace dcmfs {

struct FindOptions {
  std::string aet;               // ours, for RetrieveAETitle
  std::int64_t offset = 0;       // so many of the first are left out
  std::int64_t results_max = 0;  // behind them; 0: no limit
  // Asked before each file that is read: a search that finds nothing may read many.
  std::function<bool()> goes_on = [] { return true; };
};

enum class FindEnd : std::uint8_t {
  complete,  // all that match were told
  limited,   // there are more than results_max
  stopped,   // `each` had enough, or it does not go on
};

// Calls `each` with the identifier of every response until it answers false. What is removed
// meanwhile is left out. Reads files only where the request needs them.
Result<FindEnd> find_results(const Store&, const FindRequest&, const FindOptions&,
                             const std::function<bool(const Dataset&)>& each);

}  // namespace dcmfs
