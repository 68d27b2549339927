#include "rest/dicomweb/store_instances.h"

#include "rest/dicomweb/base_url.h"
#include "rest/dicomweb/negotiation.h"
#include "rest/http/error.h"
#include "rest/http/intake.h"
#include "rest/http/multipart.h"
#include "rest/services.h"
#include "store/dicom/dicom_json.h"
#include "store/dicom/reader.h"

namespace dcmfs::rest {
namespace {

constexpr Tag kRetrieveURL{0x0008, 0x1190}, kOtherFailuresSequence{0x0008, 0x119a};
constexpr std::string_view kTaken = "application/dicom";

// PS3.18 table I.2-2 and PS3.7 annex C.
enum Reason : int {
  kProcessingFailure = 0x0110,
  kDuplicateInstance = 0x0111,
  kSopClassNotSupported = 0x0122,
  kNotAuthorized = 0x0124,
  kOutOfResources = 0xa700,
  kDoesNotMatch = 0xa900,
  kCannotUnderstand = 0xc000,
};

Reason reason_of(Errc code) {
  switch (code) {
    case Errc::already_exists:
      return kDuplicateInstance;
    case Errc::not_dicom:
    case Errc::corrupt:
    case Errc::invalid_argument:
      return kCannotUnderstand;
    case Errc::not_supported:
      return kSopClassNotSupported;
    case Errc::too_large:
    case Errc::no_space:
    case Errc::over_quota:
      return kOutOfResources;
    case Errc::denied:
      return kNotAuthorized;
    case Errc::not_found:
    case Errc::io:
    case Errc::busy:
    case Errc::cancelled:
    case Errc::timed_out:
      return kProcessingFailure;
  }
  return kProcessingFailure;
}

// Who a file says it is.
struct NamedInstance {
  Uids uids;
  std::string sop_class;
};
Result<NamedInstance> named_in(const SpoolFile& file) {
  DCMFS_TRY(const auto size, file.size());
  const auto source = file_source(file.fd(), size);
  DCMFS_TRY(const auto read, read_dicom(*source));
  const auto text = [&](Tag tag) { return read.dataset.text_or(tag, ""); };
  return NamedInstance{{text(tags::PatientID), text(tags::StudyInstanceUID), text(tags::SeriesInstanceUID), text(tags::SOPInstanceUID)},
               text(tags::SOPClassUID)};
}

class StoreReport {
 public:
  explicit StoreReport(std::string base) : base_(std::move(base)) { answer_.character_set = CharacterSet::utf8(); }

  void stored(const NamedInstance& who) {
    ++stored_;
    Dataset& item = answer_.add_item(tags::ReferencedSOPSequence);
    item.set_text(tags::ReferencedSOPClassUID, who.sop_class);
    item.set_text(tags::ReferencedSOPInstanceUID, who.uids.sop_instance);
    item.set_text(kRetrieveURL, Vr::UR, retrieve_url(base_, who.uids));
    Uids study{.patient_id = {}, .study = who.uids.study, .series = {}, .sop_instance = {}};
    if (study_.study.empty()) study_ = study;
    one_study_ = one_study_ && study_ == study;
  }
  void failed(const std::optional<NamedInstance>& who, Reason reason) {
    ++failed_;
    const bool is_named = who && !who->uids.sop_instance.empty() && !who->sop_class.empty();
    Dataset& item = answer_.add_item(is_named ? tags::FailedSOPSequence : kOtherFailuresSequence);
    if (is_named) {
      item.set_text(tags::ReferencedSOPClassUID, who->sop_class);
      item.set_text(tags::ReferencedSOPInstanceUID, who->uids.sop_instance);
    }
    item.set_number(tags::FailureReason, reason);
  }

  Response response() && {
    if (stored_ > 0 && one_study_) answer_.set_text(kRetrieveURL, Vr::UR, retrieve_url(base_, study_));
    const int status = failed_ == 0 ? 200 : stored_ > 0 ? 202 : 409;
    return {.status = status, .type = std::string(kDicomJson), .body = dicom_json(answer_) + '\n'};
  }

 private:
  std::string base_;
  Dataset answer_;
  Uids study_;
  bool one_study_ = true;
  int stored_ = 0, failed_ = 0;
};

Result<> store_one(const Services& services, const Origin& origin, const std::string& study, Body&& body,
                   StoreReport& report) {
  DCMFS_TRY(auto file, file_of(std::move(body), services.store));
  const auto who = named_in(file);
  if (!who) {
    report.failed(std::nullopt, reason_of(who.error().code));
    return {};
  }
  if (!study.empty() && who->uids.study != study) {
    report.failed(*who, kDoesNotMatch);
    return {};
  }
  const auto added = services.store.add(file, origin);
  if (added) {
    report.stored(*who);
  } else {
    report.failed(*who, reason_of(added.error().code));
  }
  return {};
}

bool is_dicom(std::string_view content_type) {
  const auto type = MediaType::parse(content_type);
  return type && (type->name == kTaken || type->name == "application/octet-stream");
}

Response not_taken(const Request& request) {
  return failure_response({415, orthanc_errors::kNotImplemented, "only application/dicom is stored"}, request);
}

}  // namespace

Result<Response> store_instances(const Services& services, Request& request) {
  // Before anything is stored, of which it could not tell.
  if (!takes_dicom_json(request)) return failure_response(not_acceptable(kDicomJson), request);
  const Origin origin{.way = Origin::Way::rest_api,
                      .remote_ip = request.address,
                      .http_username = request.user,
                      .http_host = std::string(header(request.headers, "Host"))};
  const auto found = request.path.find("study");
  const std::string study = found == request.path.end() ? "" : found->second;
  const auto type = MediaType::parse(header(request.headers, "Content-Type"));
  StoreReport report(base_url(services, request));
  if (type && type->name == "multipart/related") {
    for (const auto& part : request.parts) {
      const auto of_part = header(part.headers, "Content-Type");
      if (!of_part.empty() && !is_dicom(of_part)) return not_taken(request);
    }
    if (request.parts.empty())
      return failure_response({400, orthanc_errors::kBadRequest, "the body has no parts"}, request);
    for (auto& part : request.parts)
      DCMFS_CHECK(store_one(services, origin, study, std::move(part.body), report));
    return std::move(report).response();
  }
  if (!type || type->name != kTaken) return not_taken(request);
  if (!request.body.file && request.body.text.empty())
    return failure_response({400, orthanc_errors::kBadRequest, "the body is empty"}, request);
  DCMFS_CHECK(store_one(services, origin, study, std::move(request.body), report));
  return std::move(report).response();
}

}  // namespace dcmfs::rest
