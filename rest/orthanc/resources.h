#pragma once
// Patients, studies, series and instances: lists of them, one of them, what is above and below it.
#include "rest/http/route.h"
#include "rest/orthanc/resource_json.h"
#include "store/dicom/json_writer.h"
#include "store/resource.h"

namespace dcmfs::rest {

Result<Response> list_resources(const Services&, Request&);
Result<Response> show_resource(const Services&, Request&);
Result<Response> delete_resource(const Services&, Request&);
Result<Response> resource_statistics(const Services&, Request&);

// All of a level below {id}: objects, with ?expand=false ids.
template <Level level>
Result<Response> list_below(const Services& services, Request& request);
// The one of a level above {id}.
template <Level level>
Result<Response> show_above(const Services& services, Request& request);

Result<Response> list_below(const Services&, Request&, Level);
Result<Response> show_above(const Services&, Request&, Level);

template <Level level>
Result<Response> list_below(const Services& services, Request& request) {
  return list_below(services, request, level);
}
template <Level level>
Result<Response> show_above(const Services& services, Request& request) {
  return show_above(services, request, level);
}

// A list of ids as it stands: nothing is made of each but its text.
Response ids_response(const std::vector<Identity>&);
// A list of objects: of a Query that show() has seen.
Result<Response> objects_response(const Services&, const Query&, const ResourceView&);
Response written(JsonWriter&&);

// The ancestor of that level. not_found: the resource was removed.
Result<Key> above(const Services&, Key, Level);

}  // namespace dcmfs::rest
