#include "rest/orthanc/downloads.h"

#include <array>

#include "rest/base_url.h"
#include "rest/http/error.h"
#include "rest/http/known_etag.h"
#include "rest/http/media_type.h"
#include "rest/http/percent.h"
#include "rest/instance_model.h"
#include "rest/orthanc/open_instance.h"
#include "rest/orthanc/resource_id.h"
#include "rest/orthanc/transcode_target.h"
#include "rest/services.h"
#include "store/dicom/document.h"
#include "store/spool_blob.h"
#include "store/transcode.h"

namespace dcmfs::rest {
namespace {

constexpr std::string_view kFileType = "application/dicom", kFileAsJson = "application/dicom+json",
                           kFileAsXml = "application/dicom+xml";
constexpr std::int64_t kInflatedDocumentMax = 256 << 20;

Result<Response> transcoded(const Services& services, const Request& request,
                            const StoredFile& stored, const Blob& blob, const std::string& uid) {
  DCMFS_TRY(const auto* target, transcode_target(uid));
  if (!may_become_uncompressed(stored.transfer_syntax))
    return Error{Errc::not_supported, "this cannot be transcoded to " + std::string(target->name)};
  const auto etag = etag_of(stored, "to." + uid);
  if (client_has(request, etag)) return Response{.type = std::string(kFileType), .etag = etag};
  DCMFS_TRY(const auto file,
            decodable(transcode(services.store, blob, *target, TranscodedAs::file)));
  DCMFS_TRY(auto made, blob_of(file));
  auto response = file_response(std::move(made), std::string(kFileType));
  response.etag = etag;
  return response;
}

// A browser that asks for text/html is to get the file, so only who names another type gets that.
std::string_view wanted_type(const Request& request) {
  const auto accepted = accepted_types(header(request.headers, "Accept"));
  constexpr std::array kTypes{kFileType, kFileAsJson, kFileAsXml};
  const auto best = best_of(accepted, {kTypes[0], kTypes[1], kTypes[2]});
  return best < kTypes.size() ? kTypes[best] : kFileType;
}

// Bulk data is where DICOMweb has it (PS3.18 F.2.6).
Result<Response> as_model(const Services& services, const Request& request, RowId row,
                          ModelForm form) {
  DCMFS_TRY(const auto instance, open_instance(services, row));
  return Response{.type = std::string(form == ModelForm::json ? kFileAsJson : kFileAsXml),
                  .headers = {{"Vary", "Accept"}},
                  .body = metadata_of(instance, base_url(services, request), form) + '\n'};
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
  const auto type = wanted_type(request);
  if (type == kFileAsJson) return as_model(services, request, key.row, ModelForm::json);
  if (type == kFileAsXml) return as_model(services, request, key.row, ModelForm::xml);
  DCMFS_TRY(const auto stored, services.store.file(key.row));
  DCMFS_TRY(auto blob, services.store.open_file(key.row));
  const std::string* target = request.query.find("transcode");
  Response response;
  if (target != nullptr && !target->empty() && *target != stored.transfer_syntax) {
    DCMFS_TRY(response, transcoded(services, request, stored, blob, *target));
  } else {
    response = file_response(std::move(blob), std::string(kFileType));
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
    if (range.length > kInflatedDocumentMax)
      return Error{Errc::too_large, "a document is too long"};
    DCMFS_TRY(response.body, read_bytes(file, range.offset, range.length));
  } else {
    DCMFS_TRY(auto blob, services.store.open_file(key.row));
    response.body =
        FileRange{std::make_shared<const Blob>(std::move(blob)), range.offset, range.length};
  }
  return response;
}

}  // namespace dcmfs::rest
