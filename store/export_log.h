#pragma once
// What was sent where: GET /exports. An entry stays when its resource goes.
//
// Thread safe. Entries are durable within a second, and what is cleared is at once.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/ids.h"
#include "store/result.h"
#include "store/time.h"

namespace dcmfs {

namespace detail {
class Index;
}

struct Exported {
  std::int64_t seq = 0;  // never given twice
  Level level = Level::instance;
  ResourceId id;
  Uids uids;             // down to its level
  std::string modality;  // that it was sent to
  Time at;
};

class ExportLog {
 public:
  explicit ExportLog(detail::Index& index) : index_(index) {}

  // not_found: no such resource.
  Result<> add(Key, std::string_view modality, Time now);
  Result<std::vector<Exported>> read(std::int64_t since, std::size_t limit) const;  // ascending
  Result<std::int64_t> last() const;  // the highest number ever given
  Result<> clear();

 private:
  detail::Index& index_;
};

}  // namespace dcmfs
