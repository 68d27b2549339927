#include "rest/orthanc/archives.h"

#include <algorithm>

#include <json/json.h>

#include "rest/http/json.h"
#include "rest/jobs/answer_as_job.h"
#include "rest/orthanc/archive_source.h"
#include "rest/orthanc/downloads.h"
#include "rest/orthanc/resource_id.h"
#include "rest/orthanc/transcode_target.h"
#include "rest/services.h"

namespace dcmfs::rest {
namespace {

constexpr std::size_t kZipPieceBytes = 1 << 20;
constexpr std::string_view kZipType = "application/zip";

enum class ArchiveKind : std::uint8_t { archive, media, media_extended };
constexpr std::string_view kArchiveKindNames[] = {"archive", "media",
                                                  "media-extended"};  // in the parameters of jobs

// What is asked for, wherever it was said.
struct Wanted {
  ArchiveKind kind = ArchiveKind::archive;
  std::vector<std::string> resources{};
  ArchiveOptions options{};
  std::string filename{};
};

Result<ArchiveOptions> options_of(std::int64_t level, const std::string& transcode) {
  ArchiveOptions out;
  if (level < 0 || level > 9)
    return Error{Errc::invalid_argument, "a level of compression is from 0 to 9"};
  out.level = static_cast<int>(level);
  DCMFS_TRY(out.transcode, transcode_target(transcode));
  return out;
}

Result<Wanted> wanted_by_query(const Request& request, ArchiveKind kind) {
  Wanted out{.kind = kind};
  DCMFS_TRY(const auto level, request.query.number("compression-level"));
  DCMFS_TRY(out.options, options_of(level.value_or(0), request.query.text("transcode")));
  out.filename = request.query.text("filename");
  if (kind == ArchiveKind::media && request.query.flag("extended"))
    out.kind = ArchiveKind::media_extended;
  std::string_view ids;
  const std::string* listed = request.query.find("resources");
  if (listed != nullptr) ids = *listed;
  while (!ids.empty()) {
    const auto comma = ids.find(',');
    if (comma != 0) out.resources.emplace_back(ids.substr(0, comma));
    ids.remove_prefix(comma == ids.npos ? ids.size() : comma + 1);
  }
  return out;
}

// Of an object; what it does not say, the query does.
Result<Wanted> wanted_by_body(const Request& request, const Json::Value& body, ArchiveKind kind) {
  DCMFS_TRY(auto out, wanted_by_query(request, kind));
  if (body.isArray()) {
    Json::Value list;
    list["Resources"] = body;
    return wanted_by_body(request, list, kind);
  }
  if (!body.isObject())
    return Error{Errc::invalid_argument, "a list of resources, or an object, is expected"};
  DCMFS_TRY(const auto level, json_number(body, "CompressionLevel", out.options.level));
  DCMFS_TRY(const auto transcode,
            json_string(body, "Transcode",
                        out.options.transcode ? out.options.transcode->uid : std::string_view{}));
  DCMFS_TRY(out.options, options_of(level, transcode));
  DCMFS_TRY(out.filename, json_string(body, "Filename", out.filename));
  DCMFS_TRY(const bool extended, json_bool(body, "Extended", false));
  if (out.kind == ArchiveKind::media && extended) out.kind = ArchiveKind::media_extended;
  if (body.isMember("Resources")) {
    DCMFS_TRY(out.resources, json_strings(body, "Resources"));
  }
  return out;
}

Result<ArchiveContents> contents_of(const Services& services, const Wanted& wanted) {
  std::vector<Key> keys;
  for (const auto& id : wanted.resources) {
    DCMFS_TRY(const Key key, find_resource(services, id));
    keys.push_back(key);
  }
  if (wanted.kind == ArchiveKind::archive) return archive_of(services.store, keys, now());
  return media_of(
      services.store, keys,
      wanted.kind == ArchiveKind::media ? DirectoryKeys::required : DirectoryKeys::extended, now());
}

Result<Response> stream(const Services& services, const Wanted& wanted) {
  DCMFS_TRY(auto contents, contents_of(services, wanted));
  const auto etag = etag_of(contents);
  Response response{.type = std::string(kZipType)};
  response.headers.emplace("Content-Disposition", disposition(wanted.filename));
  auto body = archive_body(services.store, std::move(contents), wanted.options);
  if (body.size) response.etag = etag;  // the same again, so that a part fits the others
  response.body = std::move(body);
  return response;
}

NewJob job_of(const Wanted& wanted) {
  NewJob job{.type = wanted.kind == ArchiveKind::archive ? "Archive" : "Media"};
  job.parameters["Resources"] = Json::arrayValue;
  for (const auto& id : wanted.resources) job.parameters["Resources"].append(id);
  job.parameters["Kind"] = std::string(kArchiveKindNames[static_cast<std::size_t>(wanted.kind)]);
  job.parameters["CompressionLevel"] = wanted.options.level;
  if (wanted.options.transcode != nullptr)
    job.parameters["Transcode"] = std::string(wanted.options.transcode->uid);
  job.parameters["Filename"] = wanted.filename;
  job.content["Description"] = "REST API";
  return job;
}

Result<Response> answer_archive(const Services& services, const Request& request, ArchiveKind kind,
                                const std::string& filename) {
  Wanted wanted;
  JobWishes wishes;
  const bool is_of_one = request.path.contains("id");
  if (request.method == Method::post) {
    Json::Value body = Json::objectValue;
    if (!request.body.text.empty()) {
      DCMFS_TRY(body, parse_json(request.body.text));
    }
    if (!is_of_one && body.isObject() && !body.isMember("Resources"))
      return Error{Errc::invalid_argument, "\"Resources\" is missing"};
    DCMFS_TRY(wanted, wanted_by_body(request, body, kind));
    DCMFS_TRY(wishes, job_wishes(body));
  } else {
    DCMFS_TRY(wanted, wanted_by_query(request, kind));
    if (!is_of_one && request.query.find("resources") == nullptr)
      return Error{Errc::invalid_argument, "?resources= is missing"};
  }
  if (is_of_one) {
    DCMFS_CHECK(find_resource(services, request.level, request.part("id")));
    wanted.resources = {request.part("id")};
  }
  if (wanted.filename.empty()) wanted.filename = filename;
  if (wishes.waits == Waits::yes) return stream(services, wanted);
  // What is wrong now is told now.
  for (const auto& id : wanted.resources) DCMFS_CHECK(find_resource(services, id));
  return answer_as_job(services, request, wishes, job_of(wanted));
}

Result<Wanted> wanted_by_job(const Json::Value& parameters) {
  Wanted out;
  DCMFS_TRY(out.resources, json_strings(parameters, "Resources"));
  DCMFS_TRY(const auto kind, json_string(parameters, "Kind", kArchiveKindNames[0]));
  const auto found = std::ranges::find(kArchiveKindNames, kind);
  if (found == std::end(kArchiveKindNames))
    return Error{Errc::invalid_argument, "an unknown kind of archive"};
  out.kind = static_cast<ArchiveKind>(found - kArchiveKindNames);
  DCMFS_TRY(const auto level, json_number(parameters, "CompressionLevel", 0));
  DCMFS_TRY(const auto transcode, json_string(parameters, "Transcode", ""));
  DCMFS_TRY(out.options, options_of(level, transcode));
  DCMFS_TRY(out.filename, json_string(parameters, "Filename", ""));
  return out;
}

void put_size(Json::Value& v, const std::string& key, std::int64_t bytes) {
  v[key] = std::to_string(bytes);
  v[key + "MB"] = Json::Int64{bytes >> 20};
}

Result<Json::Value> make(const Services& services, const Json::Value& parameters, JobRun& run) {
  DCMFS_TRY(const auto wanted, wanted_by_job(parameters));
  DCMFS_TRY(auto contents, contents_of(services, wanted));
  Json::Value content;
  content["Description"] = "REST API";
  content["InstancesCount"] = Json::UInt64{contents.members.size()};
  const auto bytes = contents.bytes();
  put_size(content, "UncompressedSize", bytes);
  put_size(content, "ArchiveSize", 0);
  run.tell(content);
  auto body = archive_body(services.store, std::move(contents), wanted.options);
  DCMFS_TRY(auto file, services.store.spool());
  std::vector<std::byte> piece(kZipPieceBytes);
  for (std::int64_t done = 0;;) {
    DCMFS_CHECK(run.step(std::min(done, bytes), bytes));
    DCMFS_TRY(const auto n, body.source->read(piece));
    if (n == 0) break;
    DCMFS_CHECK(file.append(std::span(piece).first(n)));
    done += static_cast<std::int64_t>(n);
  }
  DCMFS_TRY(const auto size, file.size());
  put_size(content, "ArchiveSize", size);
  run.leave("archive",
            {.file = std::move(file), .type = std::string(kZipType), .filename = wanted.filename});
  return content;
}

}  // namespace

Result<Response> archive(const Services& services, Request& request) {
  return answer_archive(services, request, ArchiveKind::archive, request.part("id") + ".zip");
}
Result<Response> media(const Services& services, Request& request) {
  return answer_archive(services, request, ArchiveKind::media, request.part("id") + ".zip");
}
Result<Response> create_archive(const Services& services, Request& request) {
  return answer_archive(services, request, ArchiveKind::archive, "Archive.zip");
}
Result<Response> create_media(const Services& services, Request& request) {
  return answer_archive(services, request, ArchiveKind::media, "Archive.zip");
}
Result<Response> create_media_extended(const Services& services, Request& request) {
  return answer_archive(services, request, ArchiveKind::media_extended, "Archive.zip");
}

JobEnd make_archive(const Services& services, const Json::Value& parameters, JobRun& run) {
  auto made = make(services, parameters, run);
  if (!made) return made.error();
  return *std::move(made);
}

}  // namespace dcmfs::rest
