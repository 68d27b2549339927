#pragma once
// Identifiers of C-FIND as routes make them of JSON, and old routes that find at once.
#include <variant>

#include "rest/http/error.h"
#include "rest/http/route.h"
#include "rest/modalities.h"

namespace dcmfs::rest {

FindModel model_of(Level);
enum class Normalize : bool { no, yes };
// What is asked of this level, with QueryRetrieveLevel and, when normalized, the unique keys of it and of
// those above, without attributes of levels below (PS3.4 C.4.1.2.1).
Dataset query_identifier(Level, const Dataset& query, Normalize);

template <Level level>
Result<Response> find_at(const Services&, Request&);  // POST /modalities/{id}/find-study
Result<Response> find_tree(const Services&,
                           Request&);  // patients with their studies with their series
Result<Response> find_worklist(const Services&, Request&);

Result<Response> find_at(const Services&, Request&, Level);
template <Level level>
Result<Response> find_at(const Services& services, Request& request) {
  return find_at(services, request, level);
}

}  // namespace dcmfs::rest
