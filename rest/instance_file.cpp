#include "rest/instance_file.h"

#include "rest/http/hexadecimal.h"

namespace dcmfs::rest {
namespace {

constexpr std::size_t kEtagBytes = 16;  // of the SHA-256: enough to tell files apart

}  // namespace

Result<InstanceFile> InstanceFile::open(const Services& services, RowId instance,
                                        const ReadOptions& options) {
  DCMFS_TRY(auto blob, services.store.open_file(instance));
  InstanceFile file;
  file.blob_ = std::make_shared<const Blob>(std::move(blob));
  file.source_ = file_source(file.blob_->fd(), file.blob_->size());
  DCMFS_TRY(file.dicom_, read_dicom(*file.source_, options));
  return file;
}

Result<InstanceFile> InstanceFile::below(const Services& services, Key key) {
  DCMFS_TRY(const RowId instance, services.store.first_instance(key));
  return open(services, instance);
}

Result<OpenInstance> open_instance(const Services& services, RowId row) {
  DCMFS_TRY(auto stored, services.store.file(row));
  DCMFS_TRY(auto file, InstanceFile::open(services, row));
  return OpenInstance{std::move(stored), std::move(file)};
}

std::string etag_of(const StoredFile& stored, std::string_view what) {
  std::string out = hexadecimal(std::span(stored.sha256).first(kEtagBytes));
  if (!what.empty()) out.append(1, '.').append(what);
  return out;
}

}  // namespace dcmfs::rest
