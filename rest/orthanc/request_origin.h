#pragma once
// Where what a request stores comes from, also when a job stores it later.
#include <json/value.h>

#include "rest/http/message.h"
#include "store/origin.h"

namespace dcmfs::rest {

Origin origin_of(const Request&);

Json::Value origin_json(const Origin&);
Origin origin_from_json(const Json::Value&);  // as origin_json() wrote it

}  // namespace dcmfs::rest
