#pragma once
// What handlers may use.
#include "rest/orthanc/facts.h"
#include "rest/orthanc/log_control.h"
#include "store/store.h"

namespace dcmfs::rest {

struct Services {
  Store& store;
  const Facts& facts;
  LogControl* log = nullptr;  // null: nobody may change how much is logged
};

}  // namespace dcmfs::rest
