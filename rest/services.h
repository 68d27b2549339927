#pragma once
// What handlers may use.
#include <functional>
#include <string>
#include <string_view>

#include "rest/facts.h"
#include "rest/life_control.h"
#include "rest/log_control.h"
#include "store/store.h"

namespace dcmfs::rest {

class Acceptance;
class Jobs;
class MetadataKeeper;
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
  Peers* servers = nullptr;  // of DICOMweb, that this one is a client of
  // Of the configuration: by it anonymized patients are the same in all jobs. Empty: in one job only.
  std::string deidentify_secret = {};
  Acceptance* acceptance = nullptr;
  MetadataKeeper* metadata = nullptr;  // null: no files of series' metadata are made
  LifeControl* life = nullptr;         // null: nobody may end the program
  LogControl* log = nullptr;           // null: nobody may change how much is logged
};

}  // namespace dcmfs::rest
