#pragma once
// What people and programs say of resources: labels, metadata, whether a patient is protected.
#include "rest/http/route.h"

namespace dcmfs::rest {

Result<Response> list_labels(const Services&, Request&);
Result<Response> show_label(const Services&, Request&);
Result<Response> add_label(const Services&, Request&);
Result<Response> remove_label(const Services&, Request&);
Result<Response> labels_in_use(const Services&, Request&);

Result<Response> list_metadata(const Services&, Request&);
Result<Response> show_metadata(const Services&, Request&);
Result<Response> put_metadata(const Services&, Request&);
Result<Response> remove_metadata(const Services&, Request&);

Result<Response> show_protected(const Services&, Request&);
Result<Response> put_protected(const Services&, Request&);

// Makes the index say what the files say, which it always does.
Result<Response> reconstruct(const Services&, Request&);
Result<Response> reconstruct_all(const Services&, Request&);

}  // namespace dcmfs::rest
