#include "tools/modality.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <string_view>

#include <json/json.h>

#include "store/number.h"
#include "tools/values.h"

namespace dcmfs::tools {
namespace {

constexpr const char* kPlaces[] = {"AET", "Host", "Port"};  // in the first form
constexpr const char* kAssociations = "Associations";
constexpr const char* kCommitment = "StorageCommitment";
constexpr const char* kUseTls = "UseDicomTls";
constexpr const char* kLocalAet = "LocalAet";
constexpr const char* kTimeout = "Timeout";
constexpr const char* kTranscoding = "AllowTranscoding";
constexpr const char* kManufacturer = "Manufacturer";
constexpr const char* kRetrieveMethod = "RetrieveMethod";
// Those of Orthanc, which knows no others. "SystemDefault": of us, C-MOVE.
constexpr std::string_view kManufacturers[] = {
    "Generic",       "GenericNoWildcardInDates", "GenericNoUniversalWildcard", "Vitrea", "GE",
    "SiemensSyngoCT"};
constexpr std::string_view kMethods[] = {"SystemDefault", "C-MOVE", "C-GET"};
constexpr const char* kAllowCommitment = "AllowStorageCommitment";
constexpr const char* kCommitmentHalves[] = {"AllowNAction", "AllowEventReport"};

std::string allow(const net::NamedPrivilege& privilege) {
  return "Allow" + std::string(privilege.name);
}

bool is_absent_or(const Json::Value& v, const char* member,
                  std::span<const std::string_view> words) {
  return !v.isMember(member) ||
         (v[member].isString() && std::ranges::find(words, v[member].asString()) != words.end());
}

// Orthanc has a word for each half of storage commitment, beside or instead of the one for both.
void join_commitment(Json::Value& v) {
  for (const char* half : kCommitmentHalves) {
    if (!v.isMember(half)) continue;
    const bool other = v[half].isBool() && !v[half].asBool();
    if (!v.isMember(kAllowCommitment) || other) v[kAllowCommitment] = v[half];
  }
}

// Orthanc's older files have it as a text.
void read_port(Json::Value& v) {
  if (!v.isString()) return;
  if (const auto port = parse_whole<int>(v.asString())) v = *port;
}

}  // namespace

bool is_modality(Json::Value& v) {
  if (v.isArray()) {
    if (v.size() < std::size(kPlaces)) return false;
    Json::Value object(Json::objectValue);
    for (Json::ArrayIndex i = 0; i < std::size(kPlaces); ++i) object[kPlaces[i]] = v[i];
    if (v.size() > std::size(kPlaces))
      object[kManufacturer] = v[static_cast<Json::ArrayIndex>(std::size(kPlaces))];
    v = object;
  }
  if (!v.isObject()) return false;
  join_commitment(v);
  if (v.isMember("Port")) read_port(v["Port"]);
  const auto is_flag = [&v](const std::string& member) {
    return !v.isMember(member) || v[member].isBool();
  };
  if (v.isMember(kAssociations) && !number<1, 64>(v[kAssociations])) return false;
  if (v.isMember(kTimeout) && !number<0, 86400>(v[kTimeout])) return false;
  const bool has_own_title =
      v.isMember(kLocalAet) && v[kLocalAet] != Json::Value("");  // empty: that of all
  if (has_own_title && !is_ae_title(v[kLocalAet])) return false;
  return is_ae_title(v["AET"]) && v["Host"].isString() && number<1, 65535>(v["Port"]) &&
         is_flag(kUseTls) && is_flag(kCommitment) && is_flag(kTranscoding) &&
         is_absent_or(v, kManufacturer, kManufacturers) &&
         is_absent_or(v, kRetrieveMethod, kMethods) &&
         std::ranges::all_of(net::kPrivileges, is_flag, allow);
}

Modality modality_of(const Json::Value& v) {
  Modality modality{
      .aet = v["AET"].asString(),
      .host = v["Host"].asString(),
      .port = v["Port"].asInt(),
      .associations_max = v.get(kAssociations, 1).asInt(),
      .storage_commitment = v.get(kCommitment, false).asBool(),
      .uses_tls = v.get(kUseTls, false).asBool(),
      .local_aet = v.get(kLocalAet, "").asString(),
      .timeout = std::chrono::seconds(v.get(kTimeout, 0).asInt()),
      .may_transcode = v.get(kTranscoding, true).asBool(),
      .retrieves_by_get = v.get(kRetrieveMethod, "") == "C-GET",
      .manufacturer = v.get(kManufacturer, std::string(kManufacturers[0])).asString()};
  for (const net::NamedPrivilege& privilege : net::kPrivileges) {
    modality.may.*privilege.may = v.get(allow(privilege), true).asBool();
  }
  return modality;
}

Json::Value json_of(const Modality& modality) {
  Json::Value v;
  v["AET"] = modality.aet;
  v["Host"] = modality.host;
  v["Port"] = modality.port;
  v[kAssociations] = modality.associations_max;
  v[kCommitment] = modality.storage_commitment;
  v[kUseTls] = modality.uses_tls;
  v[kLocalAet] = modality.local_aet;
  v[kTimeout] = Json::Int64{modality.timeout.count()};
  for (const net::NamedPrivilege& privilege : net::kPrivileges)
    v[allow(privilege)] = modality.may.*privilege.may;
  for (const char* half : kCommitmentHalves) v[half] = modality.may.storage_commitment;
  v[kTranscoding] = modality.may_transcode;
  v[kManufacturer] = modality.manufacturer;
  v[kRetrieveMethod] = modality.retrieves_by_get ? "C-GET" : "C-MOVE";
  return v;
}

std::vector<std::string> modality_members() {
  return json_of({}).getMemberNames();
}

}  // namespace dcmfs::tools
