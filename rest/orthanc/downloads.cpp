#include "rest/orthanc/downloads.h"

#include <fcntl.h>

#include "rest/http/percent.h"
#include "rest/orthanc/open_instance.h"
#include "rest/orthanc/resource_id.h"
#include "rest/services.h"
#include "store/dicom/document.h"
#include "store/transcode.h"

namespace dcmfs::rest {
namespace {

constexpr std::string_view kDicomType = "application/dicom";
constexpr std::int64_t kInflatedDocumentMax = 256 << 20;

// A spool file that is sent as it is; its name goes, its bytes stay until they are sent.
Result<Blob> blob_of(const SpoolFile& file) {
  DCMFS_TRY(const auto size, file.size());
  const int fd = ::fcntl(file.fd(), F_DUPFD_CLOEXEC, 0);
  if (fd < 0) return Error{Errc::io, "no descriptor is left"};
  return Blob(fd, size);
}

Result<Response> transcoded(const Services& services, const StoredFile& stored, const Blob& blob,
                            const std::string& uid) {
  const TransferSyntax* target = find_transfer_syntax(uid);
  if (target == nullptr) return Error{Errc::invalid_argument, "transcode: not a transfer syntax"};
  if (!can_transcode_to(*target) || !may_become_uncompressed(stored.transfer_syntax))
    return Error{Errc::not_supported, "this cannot be transcoded to " + std::string(target->name)};
  DCMFS_TRY(const auto file, decodable(transcode(services.store, blob, *target, TranscodedAs::file)));
  DCMFS_TRY(auto made, blob_of(file));
  auto response = file_response(std::move(made), std::string(kDicomType));
  response.etag = etag_of(stored, "to." + uid);
  return response;
}

}  // namespace

std::string disposition(std::string_view filename) {
  std::string plain;
  bool is_whole = true;
  for (const char c : filename) {
    const bool is_plain = c >= ' ' && c <= '~' && c != '"' && c != '\\' && c != '/';
    plain += is_plain ? c : '_';
    is_whole = is_whole && is_plain;
  }
  std::string out = "filename=\"" + plain + '"';
  if (!is_whole) out += "; filename*=UTF-8''" + percent_encoded(filename);
  return out;
}

Result<Response> instance_file(const Services& services, Request& request) {
  DCMFS_TRY(const Key key, find_resource(services, Level::instance, request.part("id")));
  DCMFS_TRY(const auto stored, services.store.file(key.row));
  DCMFS_TRY(auto blob, services.store.open_file(key.row));
  const std::string* target = request.query.find("transcode");
  Response response;
  if (target != nullptr && !target->empty() && *target != stored.transfer_syntax) {
    DCMFS_TRY(response, transcoded(services, stored, blob, *target));
  } else {
    response = file_response(std::move(blob), std::string(kDicomType));
    response.etag = etag_of(stored, {});
  }
  const std::string name = request.query.text("filename", request.part("id") + ".dcm");
  response.headers.insert_or_assign("Content-Disposition", disposition(name));
  return response;
}

Result<Response> instance_pdf(const Services& services, Request& request) {
  DCMFS_TRY(const Key key, find_resource(services, Level::instance, request.part("id")));
  DCMFS_TRY(const auto instance, open_instance(services, key.row));
  const DicomFile& file = instance.file.dicom();
  DCMFS_TRY(const auto range, find_pdf(file));
  Response response{.type = "application/pdf", .etag = etag_of(instance.stored, "pdf")};
  if (file.syntax != nullptr && file.syntax->deflated) {
    if (range.length > kInflatedDocumentMax) return Error{Errc::too_large, "a document is too long"};
    DCMFS_TRY(response.body, read_bytes(file, range.offset, range.length));
  } else {
    DCMFS_TRY(auto blob, services.store.open_file(key.row));
    response.body = FileRange{std::make_shared<const Blob>(std::move(blob)), range.offset, range.length};
  }
  return response;
}

}  // namespace dcmfs::rest
