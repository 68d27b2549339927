#pragma once
// Numbers for a monitoring system, in the text format of Prometheus (exposition format 0.0.4).
#include "rest/http/route.h"

namespace dcmfs::rest {

Result<Response> metrics(const Services&, Request&);
// They are always counted: that costs nothing.
Result<Response> show_metrics_switch(const Services&, Request&);
Result<Response> put_metrics_switch(const Services&, Request&);

}  // namespace dcmfs::rest
