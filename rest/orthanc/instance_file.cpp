#include "rest/orthanc/instance_file.h"

namespace dcmfs::rest {

Result<InstanceFile> InstanceFile::open(const Services& services, RowId instance, const ReadOptions& options) {
  DCMFS_TRY(auto blob, services.store.open_file(instance));
  InstanceFile file;
  file.blob_ = std::make_unique<Blob>(std::move(blob));
  file.source_ = file_source(file.blob_->fd(), file.blob_->size());
  DCMFS_TRY(file.dicom_, read_dicom(*file.source_, options));
  return file;
}

Result<InstanceFile> InstanceFile::below(const Services& services, Key key) {
  DCMFS_TRY(const RowId instance, first_instance(services, key));
  return open(services, instance);
}

Result<RowId> first_instance(const Services& services, Key key) {
  if (key.level == Level::instance) return key.row;
  DCMFS_TRY(const auto found, services.store.identities(key, Level::instance, RowId{}, 1));
  if (found.empty()) return Error{Errc::not_found, "the resource was removed"};
  return found.front().key.row;
}

}  // namespace dcmfs::rest
