#pragma once
// What GET /system tells of this server.
#include <cstdint>
#include <string>

namespace dcmfs::rest {

struct Facts {
  std::string name = "dcmfs";
  std::string version;
  std::string dicom_aet;
  int dicom_port = 0;  // 0: no DICOM node
  int http_port = 0;
  bool http_is_secure = false;  // HTTPS
  std::string overwrite = "Never";
  std::int64_t size_max_mb = 0;
  bool check_revisions = false;  // metadata and attachments that are there change with If-Match only
};

}  // namespace dcmfs::rest
