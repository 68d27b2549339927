#pragma once
// The list of other DICOM nodes, and what is asked of one at once.
#include "rest/http/route.h"

namespace dcmfs::rest {

Result<Response> list_modalities(const Services&, Request&);
Result<Response> show_modality(const Services&, Request&);  // what can be done with it
Result<Response> put_modality(const Services&, Request&);
Result<Response> remove_modality(const Services&, Request&);
Result<Response> show_modality_configuration(const Services&, Request&);
Result<Response> echo_modality(const Services&, Request&);
Result<Response> echo_node(const Services&, Request&);  // that is in no list
Result<Response> store_straight(const Services&, Request&);

}  // namespace dcmfs::rest
