#pragma once
// What this server tells of itself and of the program that it is part of.
#include <cstdint>
#include <map>
#include <string>

#include "store/time.h"

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
  bool check_revisions =
      false;  // metadata and attachments that are there change with If-Match only
  std::map<std::string, int> user_metadata, user_content_types;  // that clients may name
  bool logs_exports = false;                                     // GET /exports tells what was sent
  bool read_only = false;                                        // nothing is stored or removed
  std::string conformance;  // the tables of the Conformance Statement (PS3.2), Markdown
  Time started{};
};

}  // namespace dcmfs::rest
