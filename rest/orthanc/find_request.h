#pragma once
// The body of POST /tools/find and /tools/count-resources as a Query.
#include <variant>

#include <json/value.h>

#include "rest/http/error.h"
#include "rest/services.h"
#include "store/query.h"

namespace dcmfs::rest {

// Fills in what is searched for: Level, Query, Since, Limit, CaseSensitive, Labels, LabelsConstraint,
// MetadataQuery, OrderBy, ParentPatient, ParentStudy, ParentSeries. nullopt: it can match nothing,
// because a parent is not there. A Failure where Orthanc's clients expect its own code.
std::variant<std::optional<Query>, Failure> find_request(const Services&, const Json::Value& body);

}  // namespace dcmfs::rest
