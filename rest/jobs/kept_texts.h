#pragma once
// Texts of any length in KeptValues, whose values are short: in pieces, of which a crash shows all
// or none. Private to this folder.
#include <map>
#include <string>
#include <string_view>

#include "store/kept_values.h"

namespace dcmfs::rest {

class KeptTexts {
 public:
  KeptTexts(KeptValues& values, std::string_view kind) : values_(values), kind_(kind) {}

  // All of them by name; what a crash left of others goes. Once, before the rest.
  Result<std::map<std::string, std::string>> load();
  // A name has no '/'. Not for one name by two threads at a time.
  Result<> set(const std::string& name, std::string_view text);
  Result<> remove(const std::string& name);

 private:
  Result<> drop_pieces(const std::string& name, const std::string& head);

  KeptValues& values_;
  const std::string kind_;
};

}  // namespace dcmfs::rest
