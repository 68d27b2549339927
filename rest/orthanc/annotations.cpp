#include "rest/orthanc/annotations.h"

#include <algorithm>

#include "rest/http/media_type.h"
#include "rest/orthanc/checksum.h"
#include "rest/orthanc/numbered_names.h"
#include "rest/orthanc/resource_id.h"
#include "rest/orthanc/resources.h"
#include "rest/orthanc/revision_etag.h"

namespace dcmfs::rest {
namespace {

Response texts_response(const std::vector<std::string>& texts) {
  JsonWriter json;
  json.begin_array();
  for (const std::string& text : texts) json.text(text);
  json.end_array();
  return written(std::move(json));
}

Result<Key> resource_of(const Services& services, const Request& request) {
  return find_resource(services, request.level, request.part("id"));
}

Response metadata_response(const MetadataValue& value, std::string text) {
  Response response = text_response(std::move(text));
  response.etag = etag_of(value.revision, md5_of_text(value.text));
  return response;
}

}  // namespace

Result<Response> list_labels(const Services& services, Request& request) {
  DCMFS_TRY(const Key key, resource_of(services, request));
  DCMFS_TRY(const auto labels, services.store.labels().of(key));
  return texts_response(labels);
}

Result<Response> show_label(const Services& services, Request& request) {
  DCMFS_TRY(const Key key, resource_of(services, request));
  DCMFS_TRY(const auto labels, services.store.labels().of(key));
  if (std::ranges::find(labels, request.part("label")) == labels.end())
    return Error{Errc::not_found, "it has no such label"};
  return text_response({});
}

Result<Response> add_label(const Services& services, Request& request) {
  DCMFS_TRY(const Key key, resource_of(services, request));
  DCMFS_CHECK(services.store.labels().add(key, request.part("label")));
  return text_response({});
}

Result<Response> remove_label(const Services& services, Request& request) {
  DCMFS_TRY(const Key key, resource_of(services, request));
  DCMFS_CHECK(services.store.labels().remove(key, request.part("label")));
  return text_response({});
}

Result<Response> labels_in_use(const Services& services, Request&) {
  DCMFS_TRY(const auto labels, services.store.labels().in_use());
  return texts_response(labels);
}

Result<Response> list_metadata(const Services& services, Request& request) {
  DCMFS_TRY(const Key key, resource_of(services, request));
  DCMFS_TRY(const auto all, services.store.metadata().all(key));
  JsonWriter json;
  if (request.query.flag("expand")) {
    json.begin_object();
    for (const auto& [name, value] : all) json.member(name, value.text);
    json.end_object();
  } else {
    json.begin_array();
    for (const auto& [name, value] : all) json.text(name);
    json.end_array();
  }
  return written(std::move(json));
}

Result<Response> show_metadata(const Services& services, Request& request) {
  DCMFS_TRY(const Key key, resource_of(services, request));
  const auto name = kept_name(services, Numbered::metadata, request.part("name"));
  DCMFS_TRY(const auto found, services.store.metadata().get(key, name));
  if (!found) return Error{Errc::not_found, "it has no such metadata"};
  return metadata_response(*found, found->text);
}

Result<Response> put_metadata(const Services& services, Request& request) {
  DCMFS_TRY(const Key key, resource_of(services, request));
  DCMFS_TRY(const auto expected, expected_by(services, request));
  DCMFS_TRY(const auto name, writable_name(services, Numbered::metadata, request.part("name")));
  DCMFS_TRY(const auto revision,
            services.store.metadata().put(key, name, request.body.text, now(), expected));
  Response response = text_response({});
  response.headers.emplace("ETag", '"' + etag_of(revision, md5_of_text(request.body.text)) + '"');
  return response;
}

Result<Response> remove_metadata(const Services& services, Request& request) {
  DCMFS_TRY(const Key key, resource_of(services, request));
  DCMFS_TRY(const auto expected, expected_by(services, request));
  DCMFS_TRY(const auto name, removable_name(services, Numbered::metadata, request.part("name")));
  DCMFS_TRY(const auto found, services.store.metadata().get(key, name));
  if (!found) return Error{Errc::not_found, "it has no such metadata"};
  DCMFS_CHECK(services.store.metadata().remove(key, name, now(), expected));
  return text_response({});
}

Result<Response> show_protected(const Services& services, Request& request) {
  DCMFS_TRY(const Key key, resource_of(services, request));
  DCMFS_TRY(const auto patient, services.store.get(key));
  return text_response(patient.is_protected ? "1" : "0");
}

Result<Response> put_protected(const Services& services, Request& request) {
  DCMFS_TRY(const Key key, resource_of(services, request));
  const auto asked = trimmed(request.body.text);
  if (asked != "0" && asked != "1") return Error{Errc::invalid_argument, "the body must be 0 or 1"};
  DCMFS_CHECK(services.store.set_protected(key, asked == "1"));
  return text_response({});
}

// Files are never written again, so "ReconstructFiles" asks for nothing.
Result<Response> reconstruct(const Services& services, Request& request) {
  DCMFS_TRY(const Key key, resource_of(services, request));
  DCMFS_CHECK(services.store.reread(key));
  return text_response({});
}

Result<Response> reconstruct_all(const Services& services, Request&) {
  constexpr std::size_t kAtOnce = 1000;
  for (RowId after{};;) {
    DCMFS_TRY(const auto patients,
              services.store.identities(std::nullopt, Level::patient, after, kAtOnce));
    for (const Identity& patient : patients) {
      const auto done = services.store.reread(patient.key);
      if (!done && done.error().code != Errc::not_found) return done.error();  // removed meanwhile
    }
    if (patients.size() < kAtOnce) return text_response({});
    after = patients.back().key.row;
  }
}

}  // namespace dcmfs::rest
