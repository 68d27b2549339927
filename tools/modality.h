#pragma once
// Another DICOM node, as DicomModalities of dcmfs.json tells it, in both forms of Orthanc:
// [AET, HOST, PORT] and {"AET", "Host", "Port", "AllowEcho", "UseDicomTls", "LocalAet", "Timeout", ...}.
#include "net/destinations.h"

namespace Json {
class Value;
}

namespace dcmfs::tools {

using Modality = net::Destination;

// Whether it is a modality. Brings it into the second form.
bool is_modality(Json::Value&);
// Of one in the second form.
Modality modality_of(const Json::Value&);
// All that there is to say of it, in the second form.
Json::Value json_of(const Modality&);
// What may be said of it there.
std::vector<std::string> modality_members();

}  // namespace dcmfs::tools
