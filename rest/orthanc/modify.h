#pragma once
// Modifying, anonymizing, merging and splitting what is stored. The requests are checked at once, the
// work is a job (edit_jobs.h); of one instance the answer is the file, and nothing is stored.
#include "rest/http/message.h"
#include "rest/services.h"

namespace dcmfs::rest {

Result<Response> modify_resource(const Services&, Request&);
Result<Response> anonymize_resource(const Services&, Request&);
Result<Response> modify_instance(const Services&, Request&);
Result<Response> anonymize_instance(const Services&, Request&);
Result<Response> modify_many(const Services&, Request&);
Result<Response> anonymize_many(const Services&, Request&);
Result<Response> merge_into_study(const Services&, Request&);
Result<Response> split_study(const Services&, Request&);

}  // namespace dcmfs::rest
