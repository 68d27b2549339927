#pragma once
// What handlers may use.
#include "rest/orthanc/facts.h"
#include "store/store.h"

namespace dcmfs::rest {

struct Services {
  Store& store;
  const Facts& facts;
};

}  // namespace dcmfs::rest
