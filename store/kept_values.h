#pragma once
// Small texts that are set while the program runs and must outlive it: modalities that were added
// by REST, how far a follower of the change feed has come. Each has a kind and, within that, a
// name.
//
// Thread safe. What set() and remove() have answered survives a crash, and a rebuild of the index
// where the old one can still be read.
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "store/result.h"

namespace dcmfs {

namespace detail {
class Index;
}

class KeptValues {
 public:
  static constexpr std::size_t kNameBytesMax = 256;
  static constexpr std::size_t kValueBytesMax = 1 << 20;

  explicit KeptValues(detail::Index& index) : index_(index) {}

  Result<std::optional<std::string>> get(std::string_view kind, std::string_view name) const;
  Result<std::map<std::string, std::string>> all(std::string_view kind) const;  // by name
  Result<> set(std::string_view kind, std::string_view name, std::string_view value);
  // All of them by name, in one transaction: nobody sees some without the others.
  Result<> set_all(std::string_view kind, const std::map<std::string, std::string>& values);
  // Removing what is not there is not an error.
  Result<> remove(std::string_view kind, std::string_view name);
  // Unless it is the last of its kind. False: it is, or it is not there. Of two at a time one sees the other's.
  Result<bool> remove_unless_last(std::string_view kind, std::string_view name);

 private:
  detail::Index& index_;
};

}  // namespace dcmfs
