#pragma once
// Words that people and programs put on resources of any level, to find them by (Query::labelled).
// They go with their resource.
//
// Thread safe. What add() and remove() have answered survives a crash, and a rebuild of the index
// where the old one can still be read. A label makes no change in the feed.
#include <string>
#include <string_view>
#include <vector>

#include "store/ids.h"
#include "store/result.h"

namespace dcmfs {

namespace detail {
class Index;
}

class Labels {
 public:
  static constexpr std::size_t kLabelBytesMax = 64;
  static bool is_label(std::string_view);  // [0-9A-Za-z_-]{1,64}

  explicit Labels(detail::Index& index) : index_(index) {}

  // In alphabetical order. not_found: no such resource.
  Result<std::vector<std::string>> of(Key) const;
  Result<std::vector<std::string>> in_use() const;  // by any resource
  // Again is not an error. invalid_argument: not a label; not_found: no such resource.
  Result<> add(Key, std::string_view label);
  // Removing what is not there is not an error.
  Result<> remove(Key, std::string_view label);

 private:
  detail::Index& index_;
};

}  // namespace dcmfs
