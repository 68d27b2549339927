#include "rest/orthanc/system.h"

#include <json/json.h>

#include "rest/http/json.h"
#include "rest/http/openapi.h"
#include "rest/services.h"

namespace dcmfs::rest {
namespace {

// Clients of Orthanc choose features by this number; none of those that have one exists here yet.
constexpr int kApiVersion = 1;
constexpr int kDatabaseVersion = 1;

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
  v["IsHttpServerSecure"] = false;  // no TLS
  v["DatabaseVersion"] = kDatabaseVersion;
  v["DatabaseBackendPlugin"] = Json::nullValue;
  v["StorageAreaPlugin"] = Json::nullValue;
  v["PluginsEnabled"] = false;
  v["CheckRevisions"] = false;
  v["HasLabels"] = false;
  for (const char* capability : {"HasExtendedChanges", "HasExtendedFind", "HasKeyValueStores",
                                 "HasQueues", "HasReserveQueueValue"})
    v["Capabilities"][capability] = false;
  v["UserMetadata"] = Json::objectValue;
  v["StorageCompression"] = false;
  v["IngestTranscoding"] = "";
  v["OverwriteInstances"] = facts.overwrite != "Never";
  v["OverwriteInstancesMode"] = facts.overwrite;
  v["MaximumStorageSize"] = Json::Int64{facts.size_max_mb};
  v["MaximumStorageMode"] = "Reject";
  v["MaximumPatientCount"] = 0;
  v["ReadOnly"] = !request.may_write;
  return json_response(v);
}

Result<Response> statistics(const Services& services, Request&) {
  DCMFS_TRY(const auto counted, services.store.statistics());
  Json::Value v;
  v["CountPatients"] = Json::Int64{counted.patients};
  v["CountStudies"] = Json::Int64{counted.studies};
  v["CountSeries"] = Json::Int64{counted.series};
  v["CountInstances"] = Json::Int64{counted.instances};
  // Sizes are texts in Orthanc's API: JavaScript's numbers end at 2^53.
  for (const char* key : {"TotalDiskSize", "TotalUncompressedSize"}) {
    v[key] = std::to_string(counted.bytes);
    v[std::string(key) + "MB"] = Json::Int64{in_megabytes(counted.bytes)};
  }
  return json_response(v);
}

Result<Response> openapi_json(const Services& services, Request&) {
  return json_response(openapi(route_tables(), {.title = services.facts.name, .version = services.facts.version}));
}

}  // namespace dcmfs::rest
