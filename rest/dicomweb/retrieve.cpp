#include "rest/dicomweb/retrieve.h"

#include <algorithm>

#include "rest/dicomweb/multipart_source.h"
#include "rest/dicomweb/pixel_form.h"
#include "rest/dicomweb/stored_instances.h"
#include "rest/http/error.h"
#include "rest/http/known_etag.h"
#include "rest/instance_file.h"
#include "rest/orthanc/archive_source.h"
#include "rest/services.h"
#include "store/transcode.h"

namespace dcmfs::rest {
namespace {

constexpr std::string_view kDicom = "application/dicom";
constexpr std::string_view kZip = "application/zip";
constexpr std::string_view kForms =
    "multipart/related; type=\"application/dicom\", with transfer-syntax=* as it is stored";

std::string dicom_type(std::string_view transfer_syntax) {
  std::string type(kDicom);
  if (!transfer_syntax.empty()) type.append("; transfer-syntax=").append(transfer_syntax);
  return type;
}

// What is asked for: in which transfer syntaxes as parts, and as one file.
struct RetrieveAsked {
  std::vector<std::string> parts, single;
  bool single_first = false;
  std::optional<std::string> zip;  // rather than what is above: the transfer syntax of its files
};

RetrieveAsked asked_of(const Request& request) {
  RetrieveAsked asked;
  for (const Wanted& one : wanted(request)) {
    const bool has_none = asked.parts.empty() && asked.single.empty();
    if (has_none && one.single && !one.multipart && one.type.name == kZip) {
      asked.zip = one.transfer_syntax;
      return asked;
    }
    if (!one.type.accepts(kDicom)) continue;
    if (has_none) asked.single_first = !one.multipart;
    if (one.multipart) asked.parts.push_back(one.transfer_syntax);
    if (one.single) asked.single.push_back(one.transfer_syntax);
  }
  return asked;
}

// Of known size where the files are as they are stored.
Result<Response> zip_of(const Services& services, const Request& request,
                        const std::vector<RowId>& rows, const std::string& transfer_syntax) {
  ArchiveOptions options;
  if (transfer_syntax != "*") {
    options.transcode = find_transfer_syntax(transfer_syntax.empty() ? uids::ExplicitVRLittleEndian
                                                                     : transfer_syntax);
    if (options.transcode == nullptr || !can_transcode_to(*options.transcode))
      return failure_response(not_acceptable(kForms), request);
  }
  std::vector<Key> keys;
  keys.reserve(rows.size());
  for (const RowId row : rows) keys.push_back({Level::instance, row});
  DCMFS_TRY(auto contents, archive_of(services.store, keys, now()));
  const auto etag = etag_of(contents);
  auto body = archive_body(services.store, std::move(contents), options);
  Response response{.type = std::string(kZip)};
  response.headers.emplace("Content-Disposition", "attachment; filename=\"dicom.zip\"");
  if (body.size) response.etag = etag;
  response.body = std::move(body);
  return response;
}

}  // namespace

Result<std::optional<FileForm>> file_form(const Services& services, RowId row,
                                          const StoredFile& stored,
                                          const std::vector<std::string>& transfer_syntaxes) {
  const FileForm as_stored{nullptr, stored.transfer_syntax};
  const bool may_stay = std::ranges::any_of(transfer_syntaxes, [&](const std::string& one) {
    return one.empty() || one == "*" || one == stored.transfer_syntax;
  });
  for (const std::string& asked : transfer_syntaxes) {
    if (asked == "*" || asked == stored.transfer_syntax) return std::optional(as_stored);
    const auto* target = find_transfer_syntax(asked.empty() ? uids::ExplicitVRLittleEndian : asked);
    if (target == nullptr) continue;
    if (target->uid == stored.transfer_syntax) return std::optional(as_stored);
    if (!can_transcode_to(*target) || !may_become_uncompressed(stored.transfer_syntax)) continue;
    const auto* source = find_transfer_syntax(stored.transfer_syntax);
    if (target->encapsulated || source->encapsulated) {
      DCMFS_TRY(const auto file, InstanceFile::open(services, row));
      const auto possible = check_transcoding(file.dicom(), *target);
      if (!possible && possible.error().code == Errc::io) return possible.error();
      if (!possible) continue;
    }
    FileForm form{target, std::string(target->uid)};
    if (may_stay) form.otherwise = stored.transfer_syntax;
    return std::optional(std::move(form));
  }
  return may_stay ? std::optional(as_stored) : std::nullopt;
}

Result<OutgoingPart> dicom_part(Store& store, RowId row, const FileForm& form) {
  DCMFS_TRY(auto blob, store.open_file(row));
  const auto as_stored = [&](std::string_view transfer_syntax) {
    const auto size = blob.size();
    return part_of(FileRange{std::make_shared<const Blob>(std::move(blob)), 0, size},
                   dicom_type(transfer_syntax));
  };
  if (form.target == nullptr) return as_stored(form.transfer_syntax);
  auto made = transcode(store, blob, *form.target, TranscodedAs::file);
  if (made) return part_of(*std::move(made), dicom_type(form.transfer_syntax));
  if (!form.otherwise || !is_about_pixels(made.error())) return std::move(made).error();
  return as_stored(*form.otherwise);
}

Result<Response> retrieve_instances(const Services& services, Request& request) {
  const RetrieveAsked asked = asked_of(request);
  DCMFS_TRY(auto rows, find_instances(services.store, uids_of_path(request)));
  if (asked.zip) return zip_of(services, request, rows, *asked.zip);
  const bool as_single =
      rows.size() == 1 && !asked.single.empty() && (asked.single_first || asked.parts.empty());
  const auto& syntaxes = as_single ? asked.single : asked.parts;
  // Said before anything is sent: in the middle of an answer there is no other status.
  std::vector<FileForm> forms;
  bool any = false;
  for (const RowId row : rows) {
    DCMFS_TRY(const auto stored, services.store.file(row));
    DCMFS_TRY(auto form, file_form(services, row, stored, syntaxes));
    any = any || form;
    if (!form) form = FileForm{nullptr, stored.transfer_syntax};
    if (rows.size() > 1) form->otherwise = stored.transfer_syntax;
    forms.push_back(*std::move(form));
  }
  if (!any) return failure_response(not_acceptable(kForms), request);
  if (rows.size() == 1) {
    DCMFS_TRY(const auto stored, services.store.file(rows.front()));
    const auto etag =
        etag_of_bytes(stored, as_single ? "" : forms.front().transfer_syntax + " in parts");
    if (!as_single && client_has(request, etag))
      return with_weak_etag(Response{.type = std::string(kDicom)}, etag);
    // Whether its pixels can be decoded is known when they are.
    auto part = dicom_part(services.store, rows.front(), forms.front());
    if (!part && forms.front().target != nullptr && is_about_pixels(part.error()))
      return failure_response(not_acceptable(kForms), request);
    if (!part) return part.error();
    if (!as_single) return with_weak_etag(multipart_response(kDicom, *std::move(part)), etag);
    if (forms.front().target != nullptr) return single_response(*std::move(part));
    DCMFS_TRY(auto blob, services.store.open_file(rows.front()));
    Response response = file_response(std::move(blob), dicom_type(forms.front().transfer_syntax));
    response.etag = etag;
    return response;
  }
  return multipart_response(
      kDicom,
      [&store = services.store, rows = std::move(rows), forms = std::move(forms),
       at = std::size_t{0}]() mutable -> Result<std::optional<OutgoingPart>> {
        while (at < rows.size()) {
          auto part = dicom_part(store, rows[at], forms[at]);
          ++at;
          if (part) return std::optional(*std::move(part));
          if (part.error().code != Errc::not_found) return part.error();  // else removed meanwhile
        }
        return std::optional<OutgoingPart>();
      });
}

}  // namespace dcmfs::rest
