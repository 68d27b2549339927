#pragma once
// What all requests have in common that call another DICOM node.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <json/value.h>

#include "rest/http/error.h"
#include "rest/http/message.h"
#include "rest/modalities.h"
#include "rest/services.h"
#include "store/ids.h"

namespace dcmfs::rest {

// A modality of the list, called as "LocalAet" with "Timeout" of these wishes, where they say so.
// not_found: no such modality; invalid_argument.
Result<Json::Value> node_named(const Services&, const std::string& name, const Json::Value& wishes);
// As whom it is called.
std::string local_aet(const Services&, const Json::Value& node);
// "LocalAet" and "Timeout" alone, to be kept with a job.
Json::Value node_wishes(const Json::Value& body);

// Of a call: the caller's mistake, or 500 with code 9. With the status, if the other node has answered one.
Failure call_failure(const Error&, std::optional<DimseStatus> = std::nullopt);

// Resources of any level by their ids. not_found: one of them is not there.
Result<std::vector<Key>> keys_of_ids(const Services&, const std::vector<std::string>& ids);
// All instances below, each once, in this order.
Result<std::vector<RowId>> instances_of(const Services&, const std::vector<Key>&);

// For GET /exports, where LogExportedResources is set: what is about to be sent to that modality or peer. Before
// its first byte leaves, and whatever becomes of it, as Orthanc does.
Result<> note_export(const Services&, const std::vector<Key>&, std::string_view to);

// The bodies of /store: a bare id, a JSON text, a list of ids, or an object with "Resources".
// As an object of the last kind. invalid_argument.
Result<Json::Value> resources_body(const Request&);

}  // namespace dcmfs::rest
