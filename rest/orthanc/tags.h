#pragma once
// What stands in the files: data sets as JSON, and single values as they are.
#include "rest/http/route.h"

namespace dcmfs::rest {

Result<Response> instance_tags(const Services&, Request&);
Result<Response> simplified_tags(const Services&, Request&);
Result<Response> file_header(const Services&, Request&);

// Attributes of the module that describes the level, from the first instance below.
Result<Response> module_tags(const Services&, Request&);
Result<Response> patient_module_tags(const Services&, Request&);
// Those that have the same value in all instances below.
Result<Response> shared_tags(const Services&, Request&);
// Of each instance below, by id.
Result<Response> instances_tags(const Services&, Request&);

// "", "0008-1140", "0008-1140/0", "0008-1140/0/0008-1150": a list of what is below, or bytes.
Result<Response> content(const Services&, Request&);

}  // namespace dcmfs::rest
