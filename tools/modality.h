#pragma once
// Another DICOM node, as DicomModalities of dcmfs.json tells it, in both forms of Orthanc:
// [AET, HOST, PORT] and {"AET", "Host", "Port", "AllowEcho", "UseDicomTls", ...}.
#include <string>

#include "net/access.h"

namespace Json {
class Value;
}

namespace dcmfs::tools {

struct Modality {
  std::string aet;
  std::string host;
  int port = 0;
  int associations = 1;  // at a time, for sending
  bool storage_commitment = false;  // is asked for what is sent to it
  net::Privileges may = {};  // ask us for
  bool uses_tls = false;     // we to it
  friend bool operator==(const Modality&, const Modality&) = default;
};

// Whether it is a modality. Brings it into the second form.
bool is_modality(Json::Value&);
// Of one in the second form.
Modality modality_of(const Json::Value&);

}  // namespace dcmfs::tools
