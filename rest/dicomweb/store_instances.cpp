#include "rest/dicomweb/store_instances.h"

#include <optional>

#include "rest/base_url.h"
#include "rest/dicomweb/negotiation.h"
#include "rest/dicomweb/store_metadata.h"
#include "rest/dicomweb/store_report.h"
#include "rest/http/error.h"
#include "rest/http/intake.h"
#include "rest/http/multipart.h"
#include "rest/services.h"
#include "store/dicom/reader.h"

namespace dcmfs::rest {
namespace {

constexpr std::string_view kTaken = "application/dicom";

struct ReadFile {
  NamedInstance who;
  WarningReason warning = WarningReason::none;
};
Result<ReadFile> read_instance(ByteSource& source) {
  DCMFS_TRY(const auto read, read_dicom(source));
  ReadFile out{named_in(read.dataset)};
  // PS3.10 7.1: what the File Meta Information calls it is what it is.
  const auto said = read.meta.text_or(tags::MediaStorageSOPClassUID, "");
  if (!said.empty() && said != out.who.sop_class)
    out.warning = WarningReason::does_not_match_sop_class;
  return out;
}

Result<ReadFile> read_spooled(const SpoolFile& file) {
  DCMFS_TRY(const auto size, file.size());
  return read_instance(*file_source(file.fd(), size));
}

// Where a request stores.
struct Destination {
  const Services& services;
  Origin origin;
  std::string study;  // of the path; "" : any

  void add(SpoolFile& file, const NamedInstance& who, WarningReason warning,
           StoreReport& report) const {
    // What has no name cannot be told as stored, nor be had again by DICOMweb.
    if (who.uids.sop_instance.empty())
      return report.failed(std::nullopt, FailureReason::does_not_match);
    if (!study.empty() && who.uids.study != study)
      return report.failed(who, FailureReason::does_not_match);
    const auto added = services.store.add(file, origin);
    if (added)
      report.stored(who, warning);
    else
      report.failed(who, failure_reason(added.error().code));
  }
};

// Whatever goes wrong is told of this one alone: those before it are stored (PS3.18 10.5.3).
void store_one(const Destination& to, Body&& body, StoreReport& report) {
  // What is in memory says who it is, also where the spool has no room for it.
  std::optional<Result<ReadFile>> read;
  if (!body.file) read = read_instance(*memory_source(body.text));
  auto file = file_of(std::move(body), to.services.store);
  if (!read && file) read = read_spooled(*file);
  if (!file)
    return report.failed(read && *read ? std::optional((*read)->who) : std::nullopt,
                         failure_reason(file.error().code));
  if (!*read) return report.failed(std::nullopt, failure_reason(read->error().code));
  to.add(*file, (*read)->who, (*read)->warning, report);
}

Result<> store_described(const Destination& to, std::vector<Part>&& parts, StoreReport& report) {
  DCMFS_TRY(auto sent, SentInstances::read(to.services.store, std::move(parts)));
  while (auto instance = sent.next()) {
    if (instance->file)
      to.add(*instance->file, *instance->who, instance->warning, report);
    else
      report.failed(instance->who, instance->failure);
  }
  return {};
}

bool is_dicom(std::string_view content_type) {
  const auto type = MediaType::parse(content_type);
  return type && (type->name == kTaken || type->name == "application/octet-stream");
}

// The type of a multipart body: by its parameter (RFC 2387 3.1), else by its first part.
bool is_described(const MediaType& multipart, const std::vector<Part>& parts) {
  const auto said = multipart.parameters.find("type");
  const auto type =
      MediaType::parse(said != multipart.parameters.end() ? said->second
                       : parts.empty()                    ? std::string()
                                       : header(parts.front().headers, "Content-Type"));
  return type && (type->name == kDicomJson || type->name == kDicomXml);
}

Response not_taken(const Request& request) {
  return failure_response({415, orthanc_errors::kNotImplemented,
                           "only application/dicom is stored, and application/dicom+json or "
                           "application/dicom+xml with its bulk data"},
                          request);
}

}  // namespace

Result<Response> store_instances(const Services& services, Request& request) {
  // Before anything is stored, of which it could not tell.
  const auto form = report_form(request);
  if (!form) return failure_response(not_acceptable(kReportForms), request);
  const auto found = request.path.find("study");
  const Destination to{.services = services,
                       .origin = {.way = Origin::Way::rest_api,
                                  .remote_ip = request.address,
                                  .http_username = request.user,
                                  .http_host = std::string(header(request.headers, "Host"))},
                       .study = found == request.path.end() ? "" : found->second};
  const auto type = MediaType::parse(header(request.headers, "Content-Type"));
  StoreReport report(base_url(services, request));
  if (type && type->name == "multipart/related") {
    if (request.parts.empty())
      return failure_response({400, orthanc_errors::kBadRequest, "the body has no parts"}, request);
    if (is_described(*type, request.parts)) {
      const auto stored = store_described(to, std::move(request.parts), report);
      if (!stored && stored.error().code == Errc::invalid_argument)
        return failure_response({400, orthanc_errors::kBadRequest, stored.error().message},
                                request);
      DCMFS_CHECK(stored);
      return std::move(report).response(*form);
    }
    for (const auto& part : request.parts) {
      const auto of_part = header(part.headers, "Content-Type");
      if (!of_part.empty() && !is_dicom(of_part)) return not_taken(request);
    }
    for (auto& part : request.parts) store_one(to, std::move(part.body), report);
    return std::move(report).response(*form);
  }
  if (!type || type->name != kTaken) return not_taken(request);
  if (!request.body.file && request.body.text.empty())
    return failure_response({400, orthanc_errors::kBadRequest, "the body is empty"}, request);
  store_one(to, std::move(request.body), report);
  return std::move(report).response(*form);
}

}  // namespace dcmfs::rest
