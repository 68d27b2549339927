#pragma once
// What handlers may use.
#include "rest/orthanc/facts.h"
#include "store/store.h"

namespace dcmfs::rest {

class Jobs;
class Modalities;
class Peers;
class Queries;

struct Services {
  Store& store;
  const Facts& facts;
  // Not null where a route is served that needs it.
  Jobs* jobs = nullptr;
  Modalities* modalities = nullptr;
  Queries* queries = nullptr;
  Peers* peers = nullptr;
};

}  // namespace dcmfs::rest
