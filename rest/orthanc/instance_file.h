#pragma once
// The stored file of an instance, read as DICOM.
#include <memory>

#include "rest/services.h"
#include "store/dicom/reader.h"

namespace dcmfs::rest {

class InstanceFile {
 public:
  // Errors: not_found, those of read_dicom.
  static Result<InstanceFile> open(const Services&, RowId instance, const ReadOptions& = {});
  // Of the resource itself, or of the first instance below it.
  static Result<InstanceFile> below(const Services&, Key);

  const DicomFile& dicom() const { return dicom_; }
  const Blob& blob() const { return *blob_; }

 private:
  // Where they are does not change when this moves: the source refers to the blob, dicom_ to the source.
  std::unique_ptr<Blob> blob_;
  std::unique_ptr<ByteSource> source_;
  DicomFile dicom_;
};

// The first instance of a resource, in the order of arrival. not_found.
Result<RowId> first_instance(const Services&, Key);

}  // namespace dcmfs::rest
