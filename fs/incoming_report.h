#pragma once
// incoming/report.jsonl: one line for every file that was dropped.
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "store/blob.h"
#include "store/result.h"
#include "store/store.h"
#include "store/time.h"

namespace dcmfs::fs {

struct ReportLine {
  Time at;
  std::string path;  // below incoming/
  uid_t uid = 0;     // of the writer
  std::int64_t bytes = 0;
  std::string result = {};  // "stored", "already stored", "ignored", "refused", "unpacked"
  std::string reason = {};  // of what was ignored or refused
  std::string sop_instance_uid = {};  // of what is stored
  std::string where = {};             // path from the root of the mount
};

// Writes into the line what the store made of its file.
void tell(ReportLine&, const Added&, const Store&);

// The reason why company of images is ignored.
inline constexpr std::string_view kCompany = "accompanies images and is none";

// Thread safe.
class IncomingReport {
 public:
  static constexpr std::int64_t kBytesMax = 64 << 20;  // then the file becomes report.1.jsonl

  explicit IncomingReport(std::filesystem::path file);
  // A report that cannot be written stops no import: the line is lost.
  void append(const ReportLine&);
  Result<Blob> open() const;
  std::int64_t size() const;
  Time modified() const;

 private:
  const std::filesystem::path file_;
  std::mutex mutex_;
};

}  // namespace dcmfs::fs
