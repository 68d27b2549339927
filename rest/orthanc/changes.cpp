#include "rest/orthanc/changes.h"

#include <algorithm>
#include <limits>

#include "rest/orthanc/change_names.h"
#include "rest/orthanc/change_stream.h"
#include "rest/orthanc/resource_id.h"
#include "rest/orthanc/resources.h"

namespace dcmfs::rest {
namespace {

constexpr std::int64_t kLimit = 100;         // unless another is asked for
constexpr std::int64_t kLimitMax = 100'000;  // of one answer

void write_change(JsonWriter& json, const PublicChange& change) {
  json.begin_object();
  json.key("Seq").number(change.seq);
  json.member("ChangeType", name_of_change(change.type, change.what.level));
  json.member("ResourceType", info(change.what.level).title);
  json.member("ID", change.id.str()).member("Path", path_of(change.what.level, change.id));
  json.member("Date", time_text(change.at));
  json.end_object();
}

// `none`: Last, if there is no entry.
Response changes_response(const std::vector<PublicChange>& changes, bool done, std::int64_t none) {
  JsonWriter json;
  json.reserve(changes.size() * 320);
  json.begin_object().key("Changes").begin_array();
  for (const PublicChange& change : changes) write_change(json, change);
  json.end_array();
  json.key("Done").boolean(done);
  if (!changes.empty()) json.key("First").number(std::min(changes.front().seq, changes.back().seq));
  json.key("Last").number(changes.empty() ? none
                                          : std::max(changes.front().seq, changes.back().seq));
  json.end_object();
  return written(std::move(json));
}

// As many as were asked for: one more is read, to know whether there are more.
Result<std::int64_t> limit_of(const Parameters& query) {
  DCMFS_TRY(const auto limit, query.number("limit"));
  return std::min(limit.value_or(kLimit), kLimitMax);
}

template <class Entry>
bool cut_to(std::vector<Entry>& entries, std::int64_t limit) {
  if (entries.size() <= static_cast<std::size_t>(limit)) return true;
  entries.resize(static_cast<std::size_t>(limit));
  return false;
}

}  // namespace

Result<Response> list_changes(const Services& services, Request& request) {
  PublicChanges& log = services.store.public_changes();
  if (request.query.flag("last")) {
    DCMFS_TRY(const auto last, log.last());
    DCMFS_TRY(const auto seq, log.last_seq());
    return changes_response(last ? std::vector{*last} : std::vector<PublicChange>{}, true, seq);
  }
  DCMFS_TRY(const auto since, request.query.number("since"));
  DCMFS_TRY(const auto to, request.query.number("to"));
  DCMFS_TRY(const auto limit, limit_of(request.query));
  PublicChanges::Window window;
  DCMFS_TRY(window.kinds, changes_named(request.query.text("type")));
  window.since = since.value_or(0);
  window.through = to.value_or(std::numeric_limits<std::int64_t>::max());
  window.limit = static_cast<std::size_t>(limit) + 1;
  // From below only if somebody says where: the newest before `to` otherwise.
  window.descending = to && !since;
  // Asked before: what comes in between is above it, and so in the answer or in the next.
  DCMFS_TRY(const auto last, log.last_seq());
  DCMFS_TRY(auto changes, log.read(window));
  const bool done = cut_to(changes, limit);
  return changes_response(changes, done, done && !to ? last : window.since);
}

Result<Response> clear_changes(const Services& services, Request&) {
  DCMFS_CHECK(services.store.public_changes().clear());
  return text_response({});
}

Result<Response> stream_changes(const Services& services, Request& request) {
  DCMFS_TRY(const auto since, request.query.number("since"));
  DCMFS_TRY(auto source, change_source(services, since, header(request.headers, "Last-Event-ID")));
  return Response{
      .type = "text/event-stream",
      .headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}},
      .body = Streamed{.source = std::move(source), .size = std::nullopt, .endless = true}};
}

Result<Response> list_exports(const Services& services, Request& request) {
  ExportLog& log = services.store.exports();
  DCMFS_TRY(auto since, request.query.number("since"));
  DCMFS_TRY(auto limit, limit_of(request.query));
  DCMFS_TRY(const auto last, log.last());
  const auto nothing_after = since.value_or(last);  // where the client goes on if there is nothing
  if (request.query.flag("last")) {
    since = last - 1;
    limit = 1;
  }
  DCMFS_TRY(auto exports, log.read(since.value_or(0), static_cast<std::size_t>(limit) + 1));
  const bool done = cut_to(exports, limit);
  JsonWriter json;
  json.begin_object().key("Exports").begin_array();
  for (const Exported& each : exports) {
    json.begin_object();
    json.key("Seq").number(each.seq);
    json.member("ResourceType", info(each.level).title);
    json.member("ID", each.id.str()).member("Path", path_of(each.level, each.id));
    json.member("RemoteModality", each.modality).member("Date", time_text(each.at));
    const std::pair<std::string_view, const std::string*> kUids[] = {
        {"PatientID", &each.uids.patient_id},
        {"StudyInstanceUID", &each.uids.study},
        {"SeriesInstanceUID", &each.uids.series},
        {"SOPInstanceUID", &each.uids.sop_instance}};
    for (std::size_t i = 0; i <= index_of(each.level); ++i)
      json.member(kUids[i].first, *kUids[i].second);
    json.end_object();
  }
  json.end_array();
  json.key("Done").boolean(done);
  json.key("Last").number(exports.empty() ? nothing_after : exports.back().seq);
  json.end_object();
  return written(std::move(json));
}

Result<Response> clear_exports(const Services& services, Request&) {
  DCMFS_CHECK(services.store.exports().clear());
  return text_response({});
}

}  // namespace dcmfs::rest
