#pragma once
// What handlers may use.
#include "rest/orthanc/facts.h"
#include "store/store.h"

namespace dcmfs::rest {

class Jobs;

struct Services {
  Store& store;
  const Facts& facts;
  // Not null where a route is served that needs it.
  Jobs* jobs = nullptr;
};

}  // namespace dcmfs::rest
