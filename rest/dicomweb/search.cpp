#include "rest/dicomweb/search.h"

#include "rest/base_url.h"
#include "rest/dicomweb/multipart_source.h"
#include "rest/dicomweb/negotiation.h"
#include "rest/dicomweb/search_parameters.h"
#include "rest/http/error.h"
#include "rest/services.h"
#include "store/dicom/dicom_json.h"
#include "store/dicom/native_model.h"
#include "store/find/find_results.h"

namespace dcmfs::rest {
namespace {

constexpr Tag kRetrieveUrl{0x0008, 0x1190};
// PS3.18 8.3.4.4
constexpr std::string_view kMoreResults =
    "The number of results exceeded the maximum supported by the server. Additional results can be "
    "requested.";
constexpr std::string_view kIgnored =
    "Parameters that name no attribute, or one that cannot be matched, were ignored.";

// As 8.3.4 words it: "299 <service>: <text>".
std::string warning_of(std::string_view base, std::string_view text) {
  return "299 " + std::string(base) + "/dicom-web: " + std::string(text);
}

// From what C-FIND answers to what QIDO-RS does.
Dataset as_web_answer(Dataset answer, Level level, std::string_view base) {
  answer.erase(tags::QueryRetrieveLevel);
  answer.erase(tags::RetrieveAETitle);
  const auto uid = [&](Tag tag, Level of) {
    return of <= level ? answer.text_or(tag, "") : std::string();
  };
  const Uids uids{.patient_id = {},
                  .study = uid(tags::StudyInstanceUID, Level::study),
                  .series = uid(tags::SeriesInstanceUID, Level::series),
                  .sop_instance = uid(tags::SOPInstanceUID, Level::instance)};
  answer.set_text(kRetrieveUrl, Vr::UR, retrieve_url(base, uids));
  return answer;
}

Response as_array(const std::vector<std::string>& told) {
  std::string out = "[";
  for (const auto& one : told) {
    if (out.size() > 1) out += ',';
    out += one;
  }
  return {.type = std::string(kDicomJson), .body = out + "]\n"};
}
// PS3.18 10.6.3.1: a body of parts has one at least; without results there is none.
Response as_documents(std::vector<std::string> told) {
  if (told.empty()) return {.status = 204, .type = {}};
  return multipart_response(
      kDicomXml,
      [told = std::move(told),
       at = std::size_t{0}]() mutable -> Result<std::optional<OutgoingPart>> {
        if (at == told.size()) return std::optional<OutgoingPart>();
        return std::optional(part_of(std::move(told[at++]), std::string(kDicomXml)));
      });
}

Result<Response> search_at(Level level, const Services& services, Request& request) {
  const auto form = model_form(request);
  if (!form) return failure_response(not_acceptable(kModelForms), request);
  DCMFS_TRY(const auto asked, parse_search(request, level));
  DCMFS_TRY(const auto find, parse_find_request(asked.identifier, FindModel::patient_root,
                                                asked.how, Hierarchy::liberal, LowerLevels::told));
  std::vector<std::string> told;
  FindEnd end = FindEnd::limited;  // of no result at all there are more
  const auto base = base_url(services, request);
  if (asked.has_contradiction) {
    end = FindEnd::complete;
  } else if (asked.limit > 0) {
    const FindOptions options{
        .aet = services.facts.dicom_aet, .offset = asked.offset, .results_max = asked.limit};
    DCMFS_TRY(
        end, find_results(services.store, find, options, [&](const Dataset& answer) {
          const auto one = as_web_answer(answer, level, base);
          told.push_back(*form == ModelForm::json ? dicom_json(one) : native_dicom_model(one));
          return true;
        }));
  }
  Response response = *form == ModelForm::json ? as_array(told) : as_documents(std::move(told));
  std::string warnings;
  if (end == FindEnd::limited) warnings = warning_of(base, kMoreResults);
  if (asked.has_unknown || !find.all_supported)
    warnings += (warnings.empty() ? "" : ", ") + warning_of(base, kIgnored);
  if (!warnings.empty()) response.headers.emplace("Warning", std::move(warnings));
  return response;
}

}  // namespace

Result<Response> search_for_studies(const Services& services, Request& request) {
  return search_at(Level::study, services, request);
}
Result<Response> search_for_series(const Services& services, Request& request) {
  return search_at(Level::series, services, request);
}
Result<Response> search_for_instances(const Services& services, Request& request) {
  return search_at(Level::instance, services, request);
}

}  // namespace dcmfs::rest
