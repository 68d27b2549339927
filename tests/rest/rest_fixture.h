#pragma once
#include "tests/rest/api.h"

namespace dcmfs::rest {

using RestFixture = Api;

}  // namespace dcmfs::rest
