#include "tools/modality.h"

#include <algorithm>
#include <iterator>

#include <json/json.h>

#include "tools/values.h"

namespace dcmfs::tools {
namespace {

constexpr const char* kPlaces[] = {"AET", "Host", "Port"};  // in the first form
constexpr const char* kAssociations = "Associations";
constexpr const char* kCommitment = "StorageCommitment";
constexpr const char* kUseTls = "UseDicomTls";
constexpr const char* kLocalAet = "LocalAet";
constexpr const char* kTimeout = "Timeout";

std::string allow(const net::NamedPrivilege& privilege) {
  return "Allow" + std::string(privilege.name);
}

}  // namespace

bool is_modality(Json::Value& v) {
  if (v.isArray()) {
    if (v.size() < std::size(kPlaces)) return false;
    Json::Value object(Json::objectValue);
    for (Json::ArrayIndex i = 0; i < std::size(kPlaces); ++i) object[kPlaces[i]] = v[i];
    v = object;
  }
  if (!v.isObject()) return false;
  const auto is_flag = [&v](const std::string& member) {
    return !v.isMember(member) || v[member].isBool();
  };
  if (v.isMember(kAssociations) && !number<1, 64>(v[kAssociations])) return false;
  if (v.isMember(kTimeout) && !number<0, 86400>(v[kTimeout])) return false;
  if (v.isMember(kLocalAet) && !is_ae_title(v[kLocalAet])) return false;
  return is_ae_title(v["AET"]) && v["Host"].isString() && number<1, 65535>(v["Port"]) &&
         is_flag(kUseTls) && is_flag(kCommitment) &&
         std::ranges::all_of(net::kPrivileges, is_flag, allow);
}

Modality modality_of(const Json::Value& v) {
  Modality modality{.aet = v["AET"].asString(),
                    .host = v["Host"].asString(),
                    .port = v["Port"].asInt(),
                    .associations_max = v.get(kAssociations, 1).asInt(),
                    .storage_commitment = v.get(kCommitment, false).asBool(),
                    .uses_tls = v.get(kUseTls, false).asBool(),
                    .local_aet = v.get(kLocalAet, "").asString(),
                    .timeout = std::chrono::seconds(v.get(kTimeout, 0).asInt())};
  for (const net::NamedPrivilege& privilege : net::kPrivileges) {
    modality.may.*privilege.may = v.get(allow(privilege), true).asBool();
  }
  return modality;
}

}  // namespace dcmfs::tools
