#pragma once
// A found resource as text.
#include <map>
#include <string>

#include "store/store.h"

namespace dcmfs::find {

// One line of JSON: level, id, UIDs, and the attributes of the resource and of those above it.
class JsonLines {
 public:
  explicit JsonLines(const Store& store) : store_(store) {}
  Result<std::string> line(const Resource&);

 private:
  using Attributes = std::map<Tag, std::string>;
  Result<const Attributes*> attributes_above(const Resource&);

  const Store& store_;
  // Of the parent of the last one: most answers come sorted by it.
  Key parent_{};
  Attributes above_;
};

}  // namespace dcmfs::find
