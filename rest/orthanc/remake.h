#pragma once
// Other instances made of stored ones: read, edited, spooled and stored, a few at a time.
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "rest/jobs/job.h"
#include "rest/services.h"
#include "store/dicom/edit.h"
#include "store/resource.h"

namespace dcmfs::rest {

// The file that the edit makes of a stored instance, in the spool. `transfer_syntax`: "" for that of the
// instance. Errors: not_found, those of read_dicom and apply(), not_supported (the transfer syntax).
struct EditedFile {
  SpoolFile file;
  std::string sop_instance_uid;
};
Result<EditedFile> edited_file(const Services&, RowId instance,
                               const std::function<Edit(const Dataset&)>& edit_of,
                               std::string_view transfer_syntax);

struct Remaking {
  std::vector<Resource> sources;  // instances
  // Many threads ask at a time.
  std::function<Edit(const Resource& source, const Dataset&)> edit_of;
  std::string transfer_syntax;
  Origin origin;
};
struct Remade {
  struct One {
    std::size_t source;  // which of them
    Added made;
  };
  std::vector<One> made;  // in the order of the sources
  std::size_t failed = 0;
};
// All that it made is durable. What becomes the same resource as its source replaces it. Again after
// a restart it finds what it made before. The first failure ends it, unless the job is permissive.
Result<Remade> remake(const Services&, const Remaking&, JobRun&);

}  // namespace dcmfs::rest
