#pragma once
// A rule of autorouting, as DicomRoutes of dcmfs.json tells it:
// {"Match" : {KEYWORD : VALUE}, "To" : [MODALITY], "Remove" : false}.
#include <string>
#include <vector>

namespace Json {
class Value;
}

namespace dcmfs::tools {

// What arrives and fits is sent on.
struct Route {
  std::vector<std::string> conditions;  // KEYWORD=VALUE
  std::vector<std::string> to;          // names of modalities
  bool then_remove = false;
  friend bool operator==(const Route&, const Route&) = default;
};

// Whether it is a rule. A single destination becomes a list.
bool is_route(Json::Value&);
// Of one that is.
Route route_of(const Json::Value&);

}  // namespace dcmfs::tools
