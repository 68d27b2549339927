#pragma once
// Autorouting: what arrives in the store is queued for the destinations of the rules that it fits.
//
// Driven by the change feed. How far it has come is kept together with what it queued, so nothing
// is queued twice or forgotten, whichever process stored it and whenever. A store that had no rules
// begins with what arrives from now on.
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "store/query.h"
#include "store/store.h"

namespace dcmfs::net {

struct Route {
  std::string name;
  std::vector<Query::Condition> where;  // all must hold, of an instance and what is above it
  std::vector<std::string> to;          // destinations
  bool then_remove = false;             // from the store, once all of `to` have it
};

class Router {
 public:
  using Log = std::function<void(std::string_view)>;
  // The store must outlive it.
  static Result<std::unique_ptr<Router>> start(Store&, std::vector<Route>, Log);
  ~Router();

 private:
  struct Parts;
  explicit Router(std::unique_ptr<Parts>);
  std::unique_ptr<Parts> parts_;
};

}  // namespace dcmfs::net
