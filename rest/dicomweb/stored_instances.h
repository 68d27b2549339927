#pragma once
// The instances that a path or a query names by UIDs.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rest/http/message.h"
#include "store/blob.h"
#include "store/dicom/reader.h"
#include "store/store.h"

namespace dcmfs::rest {

struct Services;

struct NamedUids {
  std::string study, series, instance;  // "" : not said
};
// {study}, {series} and {instance} of the path.
NamedUids uids_of_path(const Request&);

// In the order of their arrival. Errors: not_found, also for what can be no UID.
Result<std::vector<RowId>> find_instances(const Store&, const NamedUids&);
// The one. If several patients have it: the first.
Result<RowId> find_instance(const Store&, const NamedUids&);

struct ReadInstance {
  StoredFile stored;
  std::shared_ptr<const Blob> blob;    // shared with a response that is a part of it
  std::shared_ptr<ByteSource> source;  // of the blob; shared with what is made of it while it is sent
  DicomFile file;                      // refers to the source
};
// Bulk data stays on disk.
Result<ReadInstance> read_instance(const Store&, RowId);

// For an ETag of what is always made alike of these bytes; `what` tells it from others.
std::string etag_of_bytes(const StoredFile&, std::string_view what);

}  // namespace dcmfs::rest
