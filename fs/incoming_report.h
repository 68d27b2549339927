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
  std::optional<Key> instance = {};   // the same; the line tells where it stands in the mount
};

// Writes into the line what the store made of its file.
void tell(ReportLine&, const Added&);

// The reason why company of images is ignored.
inline constexpr std::string_view kCompany = "accompanies images and is none";

// Thread safe.
class IncomingReport {
 public:
  static constexpr std::int64_t kBytesMax = 64 << 20;  // then the file becomes report.1.jsonl

  IncomingReport(const Store&, std::filesystem::path file);
  ~IncomingReport() { write(); }
  // Costs nothing; write() writes it. Who reads the report sees it in any case.
  void append(ReportLine);
  // A report that cannot be written stops no import: its lines are lost.
  void write();
  Result<Blob> open();
  std::int64_t size();
  Time modified();

 private:
  void write_text(const std::string&);

  const Store& store_;
  const std::filesystem::path file_;
  std::mutex lines_mutex_;
  std::vector<ReportLine> lines_;  // guarded by lines_mutex_
  std::mutex file_mutex_;          // held from the lines' leaving lines_ until they are written
};

}  // namespace dcmfs::fs
