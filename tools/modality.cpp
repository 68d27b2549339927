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

struct Allow {
  const char* member;
  bool net::Privileges::*privilege;
};
constexpr const char* kUseTls = "UseDicomTls";
constexpr Allow kAllows[] = {
    {"AllowEcho", &net::Privileges::echo},
    {"AllowStore", &net::Privileges::store},
    {"AllowFind", &net::Privileges::find},
    {"AllowFindWorklist", &net::Privileges::find_worklist},
    {"AllowGet", &net::Privileges::get},
    {"AllowMove", &net::Privileges::move},
    {"AllowStorageCommitment", &net::Privileges::storage_commitment},
};

}  // namespace

bool is_modality(Json::Value& v) {
  if (v.isArray()) {
    if (v.size() < std::size(kPlaces)) return false;
    Json::Value object(Json::objectValue);
    for (Json::ArrayIndex i = 0; i < std::size(kPlaces); ++i) object[kPlaces[i]] = v[i];
    v = object;
  }
  if (!v.isObject()) return false;
  const auto is_flag = [&v](const char* member) { return !v.isMember(member) || v[member].isBool(); };
  if (v.isMember(kAssociations) && !number<1, 64>(v[kAssociations])) return false;
  return is_ae_title(v["AET"]) && v["Host"].isString() && number<1, 65535>(v["Port"]) &&
         is_flag(kUseTls) && is_flag(kCommitment) &&
         std::ranges::all_of(kAllows, is_flag, &Allow::member);
}

Modality modality_of(const Json::Value& v) {
  Modality modality{
      .aet = v["AET"].asString(),
      .host = v["Host"].asString(),
      .port = v["Port"].asInt(),
      .associations = v.get(kAssociations, 1).asInt(),
      .storage_commitment = v.get(kCommitment, false).asBool()};
  for (const Allow& allow : kAllows) {
    modality.may.*allow.privilege = v.get(allow.member, true).asBool();
  }
  modality.uses_tls = v.get(kUseTls, false).asBool();
  return modality;
}

}  // namespace dcmfs::tools
