#pragma once
// Files of resources as Orthanc's API tells them: what was attached, and of an instance "dicom", the
// stored file itself.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rest/services.h"
#include "store/resource.h"

namespace dcmfs {
class JsonWriter;
}

namespace dcmfs::rest {

inline constexpr std::string_view kDicomAttachment = "dicom";

struct AttachedFile {
  std::string name;
  std::string uuid;
  std::int64_t size = 0;
  std::string md5;  // hexadecimal; "" until it is asked for: that of the stored file is not kept
  Revision revision{};
};

// By name, "dicom" first. not_found: no such resource.
Result<std::vector<AttachedFile>> attached_files(const Services&, Key, const ResourceId&);
// not_found.
Result<AttachedFile> attached_file(const Services&, Key, const ResourceId&, std::string_view name);
Result<Blob> open_attached(const Services&, Key, std::string_view name);
// As it is kept, else from all the bytes.
Result<std::string> md5_of(const Services&, Key, const AttachedFile&);

// Uuid, ContentType, sizes, and checksums where they are known.
void write_file_info(JsonWriter&, const Services&, const AttachedFile&);
// The member Attachments.
Result<> write_attachments(JsonWriter&, const Services&, const Resource&);

}  // namespace dcmfs::rest
