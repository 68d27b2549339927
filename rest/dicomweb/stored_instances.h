#pragma once
// The instances that a path or a query names by UIDs.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rest/http/message.h"
#include "rest/instance_file.h"
#include "store/store.h"

namespace dcmfs::rest {

struct NamedUids {
  std::string study, series, instance;  // "" : not said
};
// {study}, {series} and {instance} of the path.
NamedUids uids_of_path(const Request&);

// In the order of their arrival. Errors: not_found, also for what can be no UID.
Result<std::vector<RowId>> find_instances(const Store&, const NamedUids&);
// The series that these are in. Errors: the same.
Result<std::vector<Identity>> find_series(const Store&, const NamedUids&);
// The one. If several patients have it: the first.
Result<RowId> find_instance(const Store&, const NamedUids&);

// For an ETag of what is always made alike of these bytes; `what` tells it from others.
std::string etag_of_bytes(const StoredFile&, std::string_view what);
// Of a picture of this type, which path and parameters describe; `state`: and this presentation state.
std::string etag_of_picture(const Request&, const StoredFile&, std::string_view type,
                            const StoredFile* state = nullptr);

}  // namespace dcmfs::rest
