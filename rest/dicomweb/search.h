#pragma once
// QIDO-RS (PS3.18 10.6): studies, series and instances by their attributes. Matching is that of
// C-FIND. What is no parameter and no attribute is ignored, and a Warning header says so; another
// one says that there are more than `limit`.
#include "rest/http/route.h"

namespace dcmfs::rest {

Result<Response> search_for_studies(const Services&, Request&);
Result<Response> search_for_series(const Services&, Request&);
Result<Response> search_for_instances(const Services&, Request&);

}  // namespace dcmfs::rest
