#include "rest/dicomweb/search.h"

#include "rest/dicomweb/base_url.h"
#include "rest/dicomweb/negotiation.h"
#include "rest/dicomweb/search_parameters.h"
#include "rest/http/error.h"
#include "rest/services.h"
#include "store/dicom/dicom_json.h"
#include "store/find/find_results.h"

namespace dcmfs::rest {
namespace {

constexpr Tag kRetrieveUrl{0x0008, 0x1190};
constexpr std::string_view kMoreResults =
    "299 dcmfs \"The number of results exceeded the maximum. Additional results can be requested\"";
constexpr std::string_view kIgnored = "299 dcmfs \"Parameters that name no attribute were ignored\"";

// From what C-FIND answers to what QIDO-RS does.
Dataset as_web_answer(Dataset answer, Level level, std::string_view base) {
  answer.erase(tags::QueryRetrieveLevel);
  answer.erase(tags::RetrieveAETitle);
  const auto uid = [&](Tag tag, Level of) { return of <= level ? answer.text_or(tag, "") : std::string(); };
  const Uids uids{.patient_id = {},
                  .study = uid(tags::StudyInstanceUID, Level::study),
                  .series = uid(tags::SeriesInstanceUID, Level::series),
                  .sop_instance = uid(tags::SOPInstanceUID, Level::instance)};
  answer.set_text(kRetrieveUrl, Vr::UR, retrieve_url(base, uids));
  return answer;
}

Result<Response> search_at(Level level, const Services& services, Request& request) {
  if (!takes_dicom_json(request)) return failure_response(not_acceptable(kDicomJson), request);
  DCMFS_TRY(const auto asked, parse_search(request, level));
  FindNegotiation how;
  how.fuzzy_names = asked.fuzzy;
  DCMFS_TRY(auto find, parse_find_request(asked.identifier, FindModel::patient_root, how));

  const bool decided_by_query = find.by_dataset.empty() && find.moments.empty();
  std::int64_t to_skip = asked.offset;
  if (decided_by_query) {
    find.query.offset = asked.offset;
    to_skip = 0;
  }
  std::string out = "[";
  FindEnd end = FindEnd::limited;  // of no result at all there are more
  if (asked.limit > 0) {
    const auto base = base_url(services, request);
    const FindOptions options{.aet = services.facts.dicom_aet, .results_max = to_skip + asked.limit};
    DCMFS_TRY(end, find_results(services.store, find, options, [&](const Dataset& answer) {
                if (to_skip > 0) {
                  --to_skip;
                } else {
                  if (out.size() > 1) out += ',';
                  out += dicom_json(as_web_answer(answer, level, base));
                }
                return true;
              }));
  }
  Response response{.type = std::string(kDicomJson), .body = out + "]\n"};
  std::string warnings;
  if (end == FindEnd::limited) warnings = kMoreResults;
  if (asked.has_unknown) warnings += (warnings.empty() ? "" : ", ") + std::string(kIgnored);
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
