#pragma once
// Queries that other nodes have answered (C-FIND), in memory, until newer ones take their place.
// Thread safe.
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <json/value.h>

#include "store/dicom/dataset.h"
#include "store/level.h"

namespace dcmfs::rest {

struct RemoteQuery {
  std::string id;  // given by add()
  std::string modality;
  Json::Value wishes;  // how it was called: "LocalAet", "Timeout"
  Level level = Level::study;
  Dataset query;  // as it was asked for
  std::vector<Dataset> answers;
};
using RemoteQueryPtr =
    std::shared_ptr<const RemoteQuery>;  // shared with who looks at one that is forgotten

class Queries {
 public:
  explicit Queries(std::size_t queries_max)
      : queries_max_(queries_max) {}  // QueryRetrieveSize; 0: any

  std::string add(RemoteQuery);  // its id; the oldest one may go
  std::vector<std::string> ids() const;
  RemoteQueryPtr find(std::string_view id) const;  // null: there is none
  bool remove(std::string_view id);

 private:
  const std::size_t queries_max_;
  mutable std::mutex mutex_;
  std::deque<RemoteQueryPtr> all_;  // guarded by mutex_; the oldest first
};

}  // namespace dcmfs::rest
