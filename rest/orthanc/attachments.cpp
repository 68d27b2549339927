#include "rest/orthanc/attachments.h"

#include "rest/http/error.h"
#include "rest/http/hexadecimal.h"
#include "rest/http/intake.h"
#include "rest/http/json.h"
#include "rest/orthanc/attachment_json.h"
#include "rest/orthanc/checksum.h"
#include "rest/orthanc/numbered_names.h"
#include "rest/orthanc/resource_id.h"
#include "rest/orthanc/resources.h"
#include "rest/orthanc/revision_etag.h"

namespace dcmfs::rest {
namespace {

constexpr std::string_view kOperations[] = {
    "compress",       "compressed-data",
    "compressed-md5", "compressed-size",
    "data",           "info",
    "is-compressed",  "md5",
    "size",           "uncompress",
    "verify-md5",     "uuid",
};

struct Asked {
  Key key;
  AttachedFile file;
};

Result<Key> owner_of(const Services& services, const Request& request) {
  return find_resource(services, request.level, request.part("id"));
}

Result<Asked> asked_file(const Services& services, const Request& request) {
  DCMFS_TRY(const Key key, owner_of(services, request));
  DCMFS_TRY(const auto id, ResourceId::parse(request.part("id")));
  const auto name = kept_name(services, Numbered::attachments, request.part("name"));
  DCMFS_TRY(auto file, attached_file(services, key, id, name));
  return Asked{key, std::move(file)};
}

// The bytes below a uuid never change; of the stored file they are not read to answer a question.
std::string state_of(const AttachedFile& file) {
  return etag_of(file.revision, file.md5.empty() ? file.uuid : file.md5);
}

Response with_etag(Response response, const AttachedFile& file) {
  response.etag = state_of(file);
  return response;
}

Result<> refuse_stored_file(const Request& request) {
  if (request.part("name") != kDicomAttachment) return {};
  return Error{Errc::denied,
               "the stored file of an instance is no attachment that one could change"};
}

}  // namespace

Result<Response> list_attachments(const Services& services, Request& request) {
  DCMFS_TRY(const Key key, owner_of(services, request));
  DCMFS_TRY(const auto files, attached_files(services, key, {}));
  JsonWriter json;
  if (request.query.flag("full")) {
    json.begin_object();
    for (const AttachedFile& file : files)
      json.key(file.name).number(number_of(services, Numbered::attachments, file.name));
    json.end_object();
  } else {
    json.begin_array();
    for (const AttachedFile& file : files) json.text(file.name);
    json.end_array();
  }
  return written(std::move(json));
}

Result<Response> list_operations(const Services& services, Request& request) {
  DCMFS_TRY([[maybe_unused]] const auto asked, asked_file(services, request));
  JsonWriter json;
  json.begin_array();
  for (const std::string_view operation : kOperations) json.text(operation);
  json.end_array();
  return written(std::move(json));
}

Result<Response> put_attachment(const Services& services, Request& request) {
  DCMFS_CHECK(refuse_stored_file(request));
  DCMFS_TRY(const Key key, owner_of(services, request));
  DCMFS_TRY(const auto expected, expected_by(services, request));
  DCMFS_TRY(const auto name, writable_name(services, Numbered::attachments, request.part("name")));
  DCMFS_TRY(auto file, file_of(std::move(request.body), services.store));
  DCMFS_TRY(const auto attached,
            services.store.attachments().put(key, name, file, now(), expected));
  Response response = empty_object();
  response.headers.emplace("ETag",
                           '"' + etag_of(attached.revision, hexadecimal(attached.md5)) + '"');
  return response;
}

Result<Response> remove_attachment(const Services& services, Request& request) {
  DCMFS_CHECK(refuse_stored_file(request));
  DCMFS_CHECK(removable_name(services, Numbered::attachments, request.part("name")));
  DCMFS_TRY(const auto asked, asked_file(services, request));
  DCMFS_TRY(const auto expected, expected_by(services, request));
  DCMFS_CHECK(services.store.attachments().remove(asked.key, asked.file.name, now(), expected));
  return text_response({});
}

Result<Response> attachment_data(const Services& services, Request& request) {
  DCMFS_TRY(const auto asked, asked_file(services, request));
  DCMFS_TRY(auto blob, open_attached(services, asked.key, asked.file.name));
  const bool is_dicom = asked.key.level == Level::instance && asked.file.name == kDicomAttachment;
  auto response =
      file_response(std::move(blob), is_dicom ? "application/dicom" : "application/octet-stream");
  response.headers.emplace("Content-Disposition",
                           "attachment; filename=\"" + asked.file.uuid + '"');
  return with_etag(std::move(response), asked.file);
}

Result<Response> attachment_info(const Services& services, Request& request) {
  DCMFS_TRY(auto asked, asked_file(services, request));
  DCMFS_TRY(asked.file.md5, md5_of(services, asked.key, asked.file));
  JsonWriter json;
  write_file_info(json, services, asked.file);
  return with_etag(written(std::move(json)), asked.file);
}

Result<Response> attachment_md5(const Services& services, Request& request) {
  DCMFS_TRY(const auto asked, asked_file(services, request));
  DCMFS_TRY(auto md5, md5_of(services, asked.key, asked.file));
  return with_etag(text_response(std::move(md5)), asked.file);
}

Result<Response> attachment_size(const Services& services, Request& request) {
  DCMFS_TRY(const auto asked, asked_file(services, request));
  return with_etag(text_response(std::to_string(asked.file.size)), asked.file);
}

Result<Response> attachment_uuid(const Services& services, Request& request) {
  DCMFS_TRY(const auto asked, asked_file(services, request));
  return with_etag(text_response(asked.file.uuid), asked.file);
}

// Of the stored file the store keeps another checksum, and a better one.
Result<Response> verify_attachment(const Services& services, Request& request) {
  DCMFS_TRY(const auto asked, asked_file(services, request));
  DCMFS_TRY(const auto blob, open_attached(services, asked.key, asked.file.name));
  bool is_whole = false;
  if (asked.file.md5.empty()) {
    DCMFS_TRY(const auto stored, services.store.file(asked.key.row));
    DCMFS_TRY(const auto sha256, sha256_of(blob));
    is_whole = sha256 == stored.sha256;
  } else {
    DCMFS_TRY(const auto md5, md5_of(blob));
    is_whole = md5 == asked.file.md5;
  }
  if (is_whole) return empty_object();
  return failure_response({500, orthanc_errors::kCorrupted, "the file is not what was stored"},
                          request);
}

Result<Response> is_compressed(const Services& services, Request& request) {
  DCMFS_TRY(const auto asked, asked_file(services, request));
  return with_etag(text_response("0"), asked.file);
}

Result<Response> compress_attachment(const Services& services, Request& request) {
  DCMFS_TRY([[maybe_unused]] const auto asked, asked_file(services, request));
  return failure_response({501, orthanc_errors::kNotImplemented,
                           "files are stored as they are; see StorageCompression of /system"},
                          request);
}

Result<Response> uncompress_attachment(const Services& services, Request& request) {
  DCMFS_TRY([[maybe_unused]] const auto asked, asked_file(services, request));
  return empty_object();
}

}  // namespace dcmfs::rest
