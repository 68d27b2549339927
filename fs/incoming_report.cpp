#include "fs/incoming_report.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/time_text.h"
#include "fs/tree.h"
#include "store/dicom/json_writer.h"

namespace dcmfs::fs {
namespace {

std::string to_json(const ReportLine& line, const Store& store) {
  JsonWriter json(JsonWriter::Layout::one_line);
  const auto if_known = [&json](std::string_view name, std::string_view text) {
    if (!text.empty()) json.member(name, text);
  };
  json.begin_object();
  json.member("Time", iso_8601(line.at));
  if_known("Path", line.path);
  json.member("Uid", std::int64_t{line.uid}).member("Bytes", line.bytes);
  if_known("Result", line.result);
  if_known("Reason", line.reason);
  if_known("SOPInstanceUID", line.sop_instance_uid);
  if (line.instance) {
    if (const auto where = path_of(store, *line.instance)) if_known("Where", *where);
  }
  json.end_object();
  return std::move(json).take();
}

// A crash may have left half a line.
void cut_after_last_line(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
  struct stat st {};
  if (fd >= 0 && ::fstat(fd, &st) == 0 && st.st_size > 0) {
    off_t end = st.st_size;
    for (char c = 0; end > 0 && ::pread(fd, &c, 1, end - 1) == 1 && c != '\n';) --end;
    if (end < st.st_size) (void)!::ftruncate(fd, end);
  }
  if (fd >= 0) ::close(fd);
}

}  // namespace

IncomingReport::IncomingReport(const Store& store, std::filesystem::path file)
    : store_(store), file_(std::move(file)) {
  cut_after_last_line(file_);
}

void tell(ReportLine& line, const Added& added) {
  line.result = added.existed ? "already stored" : "stored";
  line.sop_instance_uid = added.uids.sop_instance;
  line.instance = added.instance;
}

void IncomingReport::append(ReportLine line) {
  const std::scoped_lock lock(lines_mutex_);
  lines_.push_back(std::move(line));
}

void IncomingReport::write() {
  const std::scoped_lock file_lock(file_mutex_);
  std::vector<ReportLine> lines;
  {
    const std::scoped_lock lock(lines_mutex_);
    lines.swap(lines_);
  }
  std::string text;
  for (const auto& line : lines) text += to_json(line, store_);
  if (!text.empty()) write_text(text);
}

// file_mutex_ is held.
void IncomingReport::write_text(const std::string& text) {
  struct stat st {};
  if (::stat(file_.c_str(), &st) == 0 && st.st_size > kBytesMax) {
    auto older = file_;
    older.replace_extension(".1.jsonl");
    ::rename(file_.c_str(), older.c_str());
  }
  const int fd = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return;
  struct stat before {};
  if (::fstat(fd, &before) == 0 &&
      ::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    // Nobody is there to tell; the file itself was imported or refused as reported to its writer.
    // The next line shall not be the end of half a line.
    (void)!::ftruncate(fd, before.st_size);
  }
  ::close(fd);
}

Result<Blob> IncomingReport::open() {
  write();
  const int fd = ::open(file_.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return system_error(errno, "report.jsonl");
  return Blob(fd, size());
}

std::int64_t IncomingReport::size() {
  write();
  struct stat st {};
  return ::stat(file_.c_str(), &st) == 0 ? st.st_size : 0;
}

Time IncomingReport::modified() {
  write();
  struct stat st {};
  if (::stat(file_.c_str(), &st) != 0) return {};
  return to_time(st.st_mtim);
}

}  // namespace dcmfs::fs
