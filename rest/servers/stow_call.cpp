#include "rest/servers/stow_call.h"

#include <cstdio>
#include <map>
#include <set>

#include <json/json.h>

#include "rest/dicomweb/multipart_source.h"
#include "rest/http/json.h"

namespace dcmfs::rest {
namespace {

constexpr std::string_view kDicomPart = "application/dicom";
constexpr const char* kFailedSops = "00081198";
constexpr const char* kStoredSops = "00081199";
constexpr const char* kOtherFailures = "0008119A";
constexpr const char* kSopInstance = "00081155";
constexpr const char* kReason = "00081197";
constexpr int kUntoldReason = 0x0110;

// PS3.18 table I.2-2, PS3.7 annex C, PS3.4 table B.2-1.
enum class Another : bool { in_vain, may_help };
struct FailureReasonRow {
  int from, to;
  Another another;
  std::string_view text;
};
constexpr FailureReasonRow kReasonRows[] = {
    {0x0110, 0x0110, Another::may_help, "processing failure"},
    {0x0111, 0x0111, Another::in_vain, "other bytes are stored under this SOP Instance UID"},
    {0x0117, 0x0117, Another::in_vain, "the SOP Instance UID is not valid"},
    {0x0122, 0x0122, Another::in_vain, "the SOP class is not supported"},
    {0x0124, 0x0124, Another::in_vain, "not authorized"},
    {0xa700, 0xa7ff, Another::may_help, "out of resources"},
    {0xa900, 0xa9ff, Another::in_vain, "the data set does not match its SOP class, or the study"},
    {0xc122, 0xc122, Another::in_vain, "the transfer syntax is not supported"},
    {0xc000, 0xcfff, Another::in_vain, "the server cannot understand it"},
};

struct StatusRow {
  int from, to;
  StowVerdict verdict;
};
constexpr StatusRow kStatusRows[] = {
    {202, 202, StowVerdict::later},  // some were stored, and we do not know which
    {200, 299, StowVerdict::stored},    {300, 399, StowVerdict::not_now},  // it moved
    {401, 401, StowVerdict::not_now},   {403, 405, StowVerdict::not_now},
    {407, 408, StowVerdict::not_now},   {429, 429, StowVerdict::not_now},
    {400, 499, StowVerdict::not_these}, {502, 504, StowVerdict::not_now},
    {507, 507, StowVerdict::not_now},
};

const FailureReasonRow* row_of(int reason) {
  for (const auto& row : kReasonRows)
    if (reason >= row.from && reason <= row.to) return &row;
  return nullptr;
}

// The first value of an attribute of the DICOM JSON model.
const Json::Value& first_value(const Json::Value& item, const char* key) {
  static const Json::Value kNothing;
  if (!item.isObject() || !item[key].isObject()) return kNothing;
  const Json::Value& values = item[key]["Value"];
  return values.isArray() && !values.empty() ? values[0] : kNothing;
}

int reason_in(const Json::Value& item) {
  const auto& reason = first_value(item, kReason);
  return reason.isInt() ? reason.asInt() : kUntoldReason;
}

const Json::Value& items_of(const Json::Value& response, const char* key) {
  static const Json::Value kNone(Json::arrayValue);
  if (!response[key].isObject() || !response[key]["Value"].isArray()) return kNone;
  return response[key]["Value"];
}

// PS3.18 I.2. Empty: this is no such response.
std::vector<std::optional<int>> failures_in(const std::string& body, int status,
                                            const std::vector<std::string>& instances) {
  const auto response = parse_json(body);
  if (!response || !response->isObject()) return {};
  std::map<std::string, int> failed;
  std::set<std::string> stored;
  const auto uid_in = [](const Json::Value& item) {
    const auto& uid = first_value(item, kSopInstance);
    return uid.isString() ? uid.asString() : std::string();
  };
  for (const auto& item : items_of(*response, kFailedSops)) failed[uid_in(item)] = reason_in(item);
  for (const auto& item : items_of(*response, kStoredSops)) stored.insert(uid_in(item));
  const auto& others = items_of(*response, kOtherFailures);
  if (failed.empty() && stored.empty() && others.empty()) return {};
  // What nothing is said of has failed, but where the status says that all is well.
  const bool all_is_well = status != 202 && status < 300 && others.empty();
  const int otherwise = others.empty() ? kUntoldReason : reason_in(others[0]);
  std::vector<std::optional<int>> failures;
  for (const auto& uid : instances) {
    const auto found = failed.find(uid);
    if (found != failed.end())
      failures.emplace_back(found->second);
    else if (all_is_well || stored.contains(uid))
      failures.emplace_back(std::nullopt);
    else
      failures.emplace_back(otherwise);
  }
  return failures;
}

}  // namespace

StowVerdict stow_verdict(int status) {
  for (const auto& row : kStatusRows)
    if (status >= row.from && status <= row.to) return row.verdict;
  return StowVerdict::later;
}

std::string failure_reason_text(int reason) {
  char number[16];
  std::snprintf(number, sizeof number, "%04XH", static_cast<unsigned>(reason) & 0xffff);
  const auto* row = row_of(reason);
  return row == nullptr ? number : number + (": " + std::string(row->text));
}

bool is_worth_another_try(int reason) {
  const auto* row = row_of(reason);
  return row != nullptr && row->another == Another::may_help;
}

Result<StowAnswer> stow(Peers& servers, const Peer& server, const std::string& uri,
                        std::vector<StowInstance> instances, Headers headers,
                        std::stop_token stop) {
  std::vector<std::string> uids;
  std::vector<OutgoingPart> parts;
  for (auto& one : instances) {
    uids.push_back(std::move(one.sop_instance));
    parts.push_back(part_of(std::move(one.file), std::string(kDicomPart)));
  }
  auto body = multipart_response(kDicomPart, std::move(parts));
  headers.emplace("Accept", "application/dicom+json");
  DCMFS_TRY(const auto reply,
            servers.call(server, {.method = Method::post,
                                  .path = uri,
                                  .type = std::move(body.type),
                                  .body = std::get<Streamed>(std::move(body.body)),
                                  .headers = std::move(headers),
                                  .stop = std::move(stop)}));
  StowAnswer answer{.status = reply.status, .failed = {}};
  const bool is_response = reply.status == 409 || reply.is_success();
  if (is_response) answer.failed = failures_in(reply.body, reply.status, uids);
  return answer;
}

}  // namespace dcmfs::rest
