#include "rest/orthanc/system.h"

#include <json/json.h>

#include "rest/http/json.h"
#include "rest/http/openapi.h"
#include "rest/orthanc/checksum.h"
#include "rest/orthanc/main_tags.h"
#include "rest/services.h"

namespace dcmfs::rest {
namespace {

// Clients of Orthanc choose features by this number, which is that of Orthanc 1.13.0.
constexpr int kApiVersion = 31;
constexpr int kDatabaseVersion = 1;

struct Capability {
  const char* name;
  bool is_there;
};
constexpr Capability kCapabilities[] = {
    {"HasExtendedChanges", true},  // ?to and ?type of /changes
    {"HasExtendedFind", true},     // paging, order, labels and metadata of /tools/find
    {"HasKeyValueStores", false}, {"HasQueues", false}, {"HasReserveQueueValue", false},
};

constexpr std::int64_t in_megabytes(std::int64_t bytes) {
  return bytes >> 20;
}

}  // namespace

Result<Response> system(const Services& services, Request& request) {
  const Facts& facts = services.facts;
  Json::Value v;
  v["ApiVersion"] = kApiVersion;
  v["Version"] = facts.version;
  v["Product"] = "dcmfs";
  v["Name"] = facts.name;
  v["DicomAet"] = facts.dicom_aet;
  v["DicomPort"] = facts.dicom_port;
  v["HttpPort"] = facts.http_port;
  v["IsHttpServerSecure"] = facts.http_is_secure;
  v["DatabaseVersion"] = kDatabaseVersion;
  v["DatabaseBackendPlugin"] = Json::nullValue;
  v["StorageAreaPlugin"] = Json::nullValue;
  // Tells this store from others, and the place on the disk to nobody.
  v["DatabaseServerIdentifier"] = md5_of_text(services.store.root().native());
  v["PluginsEnabled"] = true;
  v["CheckRevisions"] = facts.check_revisions;
  v["HasLabels"] = true;
  for (const auto& [capability, is_there] : kCapabilities) v["Capabilities"][capability] = is_there;
  for (const LevelInfo& of : kLevels)
    v["MainDicomTags"][std::string(of.title)] = main_tags_text(of.level);
  v["PatientLevelEnabled"] = true;
  v["DicomDefaultRetrieveMethod"] = "C-MOVE";
  v["UserMetadata"] = Json::objectValue;
  for (const auto& [name, number] : facts.user_metadata) v["UserMetadata"][name] = number;
  v["StorageCompression"] = false;
  v["IngestTranscoding"] = "";
  v["OverwriteInstances"] = facts.overwrite != "Never";
  v["OverwriteInstancesMode"] = facts.overwrite;
  v["MaximumStorageSize"] = Json::Int64{facts.size_max_mb};
  v["MaximumStorageMode"] = "Reject";
  v["MaximumPatientCount"] = 0;
  v["ReadOnly"] = facts.read_only || !request.may_write;
  return json_response(v);
}

Result<Response> statistics(const Services& services, Request&) {
  DCMFS_TRY(const auto counted, services.store.statistics());
  Json::Value v;
  v["CountPatients"] = Json::Int64{counted.patients};
  v["CountStudies"] = Json::Int64{counted.studies};
  v["CountSeries"] = Json::Int64{counted.series};
  v["CountInstances"] = Json::Int64{counted.instances};
  const auto bytes = counted.bytes + counted.attachment_bytes;
  // Sizes are texts in Orthanc's API: JavaScript's numbers end at 2^53.
  for (const char* key : {"TotalDiskSize", "TotalUncompressedSize"}) {
    v[key] = std::to_string(bytes);
    v[std::string(key) + "MB"] = Json::Int64{in_megabytes(bytes)};
  }
  return json_response(v);
}

Result<Response> openapi_json(const Services& services, Request&) {
  return json_response(
      openapi(route_tables(), {.title = services.facts.name, .version = services.facts.version}));
}

}  // namespace dcmfs::rest
