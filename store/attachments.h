#pragma once
// Files that people and programs add to resources of any level. They go with their resource.
//
// Thread safe. What put() and remove() have answered survives a crash, and a rebuild of the index
// where the old one can still be read. Both write ChangeType::updated_attachment. Files are written
// before rows and unlinked after them: STORE/attachments/000/000000017.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/blob.h"
#include "store/ids.h"
#include "store/result.h"
#include "store/revision.h"
#include "store/spool.h"
#include "store/time.h"

namespace dcmfs {

namespace detail {
class Folders;
class Index;
}  // namespace detail

struct Attachment {
  std::string name;
  std::string uuid;  // of these bytes; others under the same name have another
  std::int64_t size = 0;
  Md5Sum md5{};
  Revision revision{};
  Time added;
  std::int64_t number = 0;  // never given twice: its file is called after it
};

class Attachments {
 public:
  static constexpr std::size_t kNameBytesMax = 64;
  // As Metadata::is_name, but not "dicom" nor what else Orthanc calls the files of its own.
  static bool is_name(std::string_view);

  Attachments(detail::Index& index, const detail::Folders& folders)
      : index_(index), folders_(folders) {}

  // By name. not_found: no such resource.
  Result<std::vector<Attachment>> of(Key) const;
  Result<Attachment> get(Key, std::string_view name) const;  // not_found
  Result<Blob> open(const Attachment&) const;  // not_found: it was removed or replaced meanwhile
  // Adds or replaces. On success the file has left the spool; on error it is as it was. Errors:
  // not_found (the resource), invalid_argument (the name), already_exists (not as expected), io.
  Result<Attachment> put(Key, std::string_view name, SpoolFile&, Time now,
                         Expected = Expected::any());
  // Removing what is not there is not an error, unless a revision was expected.
  Result<> remove(Key, std::string_view name, Time now, Expected = Expected::any());

 private:
  detail::Index& index_;
  const detail::Folders& folders_;
};

}  // namespace dcmfs
