#pragma once
// Queries of other nodes (C-FIND), their answers, and what is retrieved of them.
#include "rest/http/route.h"
#include "store/level.h"

namespace dcmfs::rest {

Result<Response> query_modality(const Services&, Request&);
Result<Response> list_queries(const Services&, Request&);
Result<Response> show_query(const Services&, Request&);
Result<Response> remove_query(const Services&, Request&);
Result<Response> query_level(const Services&, Request&);
Result<Response> query_node(const Services&, Request&);  // its name
Result<Response> query_keys(const Services&, Request&);  // what was asked
Result<Response> list_answers(const Services&, Request&);
Result<Response> show_answer(const Services&, Request&);
Result<Response> answer_content(const Services&, Request&);
Result<Response> retrieve_answer(const Services&, Request&);
Result<Response> retrieve_answers(const Services&, Request&);

// What is below one answer, as a new query.
Result<Response> query_below(const Services&, Request&, Level);
template <Level level>
Result<Response> query_below(const Services& services, Request& request) {
  return query_below(services, request, level);
}

}  // namespace dcmfs::rest
