#include "rest/dicomweb/encapsulated_document.h"

#include <algorithm>

#include "rest/dicomweb/negotiation.h"
#include "rest/dicomweb/stored_instances.h"
#include "rest/http/media_type.h"
#include "store/dicom/document.h"

namespace dcmfs::rest {
namespace {

constexpr std::int64_t kInflatedBytesMax = 256 << 20;
constexpr std::string_view kPdf = "application/pdf", kAnything = "application/octet-stream";

// RFC 6838 4.2: the value goes into a header.
bool is_media_type(std::string_view text) {
  constexpr std::string_view kOthers = "!#$&-^_.+/";
  return std::ranges::count(text, '/') == 1 && std::ranges::all_of(text, [&](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  kOthers.find(c) != kOthers.npos;
         });
}

// Whether any of it is no picture, so that looking for a document is worth it.
bool takes_documents(const std::vector<Wanted>& all) {
  return std::ranges::any_of(
      all, [](const Wanted& one) { return one.single && !one.type.name.starts_with("image/"); });
}

}  // namespace

std::string document_type(const Dataset& dataset) {
  const auto type = MediaType::parse(dataset.text_or(tags::MIMETypeOfEncapsulatedDocument, ""));
  return type && is_media_type(type->name) && type->name != kAnything ? type->name : std::string();
}

Result<Response> document_response(std::shared_ptr<const OpenInstance> instance,
                                   const std::string& type) {
  const DicomFile& file = instance->file.dicom();
  DCMFS_TRY(const auto range, find_document(file));
  Response response{.type = type, .etag = etag_of_bytes(instance->stored, "document")};
  // HTML would run with the rights of this server's own page; viewers of PDF do not start in a sandbox.
  if (type != kPdf)
    response.headers.emplace("Content-Security-Policy",
                             "sandbox; default-src 'none'; style-src 'unsafe-inline'");
  if (file.syntax != nullptr && file.syntax->deflated) {
    if (range.length > kInflatedBytesMax) return Error{Errc::too_large, "a document is too long"};
    DCMFS_TRY(response.body, read_bytes(file, range.offset, range.length));
  } else {
    response.body = FileRange{instance->file.blob(), range.offset, range.length};
  }
  return response;
}

std::optional<Response> rendered_document(const Services& services, const Request& request) {
  const auto all = wanted(request);
  if (!request.path.contains("instance") || request.path.contains("frames") ||
      !takes_documents(all))
    return std::nullopt;
  const auto row = find_instance(services.store, uids_of_path(request));
  if (!row) return std::nullopt;
  auto read = open_instance(services, *row);
  if (!read) return std::nullopt;
  const auto type = document_type(read->file.dicom().dataset);
  if (type.empty() || std::ranges::none_of(all, [&](const Wanted& one) {
        return one.single && one.type.accepts(type);
      }))
    return std::nullopt;
  auto response = document_response(std::make_shared<const OpenInstance>(*std::move(read)), type);
  return response ? std::optional(*std::move(response)) : std::nullopt;
}

}  // namespace dcmfs::rest
