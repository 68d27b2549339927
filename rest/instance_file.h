#pragma once
// The stored file of an instance, read as DICOM.
#include <memory>
#include <string>
#include <string_view>

#include "rest/services.h"
#include "store/dicom/reader.h"
#include "store/resource.h"

namespace dcmfs::rest {

class InstanceFile {
 public:
  // Errors: not_found, those of read_dicom.
  static Result<InstanceFile> open(const Services&, RowId instance, const ReadOptions& = {});
  // Of the resource itself, or of the first instance below it.
  static Result<InstanceFile> below(const Services&, Key);

  const DicomFile& dicom() const { return dicom_; }
  // Shared with a response that is a part of it.
  const std::shared_ptr<const Blob>& blob() const { return blob_; }

 private:
  // Where they are does not change when this moves: the source refers to the blob, dicom_ to the source.
  std::shared_ptr<const Blob> blob_;
  std::unique_ptr<ByteSource> source_;
  DicomFile dicom_;
};

struct OpenInstance {
  StoredFile stored;
  InstanceFile file;
};
Result<OpenInstance> open_instance(const Services&, RowId);

// Of something that is always made alike of this instance: `what` tells it from others.
std::string etag_of(const StoredFile&, std::string_view what);

}  // namespace dcmfs::rest
