#include "tools/check/report.h"

#include <array>
#include <cassert>

#include "store/dicom/json_writer.h"
#include "tools/progress.h"

namespace dcmfs::tools {
namespace {

using Kind = CheckProblem::Kind;

// clang-format off
constexpr std::array kKinds{
    KindText{Kind::index_damaged,  "indexDamaged",  "make a new index from the files: dcmfs-check --rebuild STORE"},
    KindText{Kind::file_missing,   "fileMissing",   "put the file back from a copy, or forget it: dcmfs-check --rebuild STORE"},
    KindText{Kind::file_damaged,   "fileDamaged",   "put the file back from a copy; the disk may be failing"},
    KindText{Kind::file_unknown,   "fileUnknown",   "index it: dcmfs-check --rebuild STORE"},
    KindText{Kind::file_replaced,  "fileReplaced",  "compare it, in rejected/, with the one that was kept"},
    KindText{Kind::unsendable,     "unsendable",    "put the file back from a copy, or give up sending it: rm it in failed/ of its destination"},
    KindText{Kind::attachment_damaged, "attachmentDamaged", "put the file back from a copy, or remove the attachment"},
    KindText{Kind::unreadable,     "unreadable",    "put the file back from a copy, or move it out of blobs/"},
};
// clang-format on

std::string place_of(const CheckProblem& problem) {
  const std::string file = file_of(problem).string();
  return file.empty() ? "" : file + ": ";
}

}  // namespace

const KindText& text_of(Kind kind) {
  const auto& row = kKinds[static_cast<std::size_t>(kind)];
  assert(row.kind == kind);
  return row;
}

std::string report_text(const CheckReport& report) {
  std::string text;
  for (const CheckProblem& problem : report.problems)
    text += place_of(problem) + problem.what + "\n    " +
            std::string(text_of(problem.kind).advice) + "\n";
  text += count_text(report.rows) + " instances, " + count_text(report.files) + " files, " +
          size_text(report.bytes) + ": ";
  const auto problems = static_cast<std::int64_t>(report.problems.size());
  return text +
         (problems == 0   ? "no problem"
          : problems == 1 ? "1 problem"
                          : count_text(problems) + " problems") +
         "\n";
}

std::string report_json(const CheckReport& report) {
  JsonWriter json(JsonWriter::Layout::one_line);
  json.begin_object();
  json.key("clean").boolean(report.clean());
  json.member("instances", report.rows).member("files", report.files).member("bytes", report.bytes);
  json.key("problems").begin_array();
  for (const CheckProblem& problem : report.problems) {
    const KindText& kind = text_of(problem.kind);
    json.begin_object();
    json.member("kind", kind.word).member("row", problem.row);
    json.member("file", file_of(problem).string());
    json.member("what", problem.what).member("advice", kind.advice);
    json.end_object();
  }
  json.end_array().end_object();
  return std::move(json).take();
}

}  // namespace dcmfs::tools
