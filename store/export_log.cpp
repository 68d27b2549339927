#include "store/export_log.h"

#include <algorithm>
#include <limits>

#include "store/detail/annotations.h"
#include "store/detail/file_ops.h"
#include "store/detail/index.h"
#include "store/detail/resource_row.h"

namespace dcmfs {

using detail::Connection;
using detail::Statement;

Result<> ExportLog::add(Key key, std::string_view modality, Time now) {
  DCMFS_TRY(auto batch, index_.begin(detail::Index::Commit::unsynced));
  DCMFS_CHECK(batch.with([&](Connection& db) -> Result<> {
    DCMFS_TRY(const auto resource,
              detail::read_resource(
                  db, key, {.totals = Query::Totals::none, .labels = detail::LabelsToo::no}));
    if (!resource) return detail::require_resource(db, key);
    const Uids& uids = resource->uids;
    return db.run(
        "INSERT INTO exported(level, id, patient_id, study, series, sop_instance, modality, at)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        static_cast<int>(key.level), resource->id.str(), uids.patient_id, uids.study, uids.series,
        uids.sop_instance, modality, to_ms(now));
  }));
  DCMFS_CHECK(detail::file_ops::about_to_commit());
  return batch.commit();
}

Result<std::vector<Exported>> ExportLog::read(std::int64_t since, std::size_t limit) const {
  std::vector<Exported> found;
  DCMFS_CHECK(index_.read([&](Connection& db) -> Result<> {
    Statement rows = db.prepare(
        "SELECT seq, level, id, patient_id, study, series, sop_instance, modality, at"
        " FROM exported WHERE seq > ?1 ORDER BY seq LIMIT ?2");
    rows.bind(since).bind(
        static_cast<std::int64_t>(std::min<std::size_t>(limit, std::numeric_limits<int>::max())));
    for (;;) {
      DCMFS_TRY(const bool more, rows.step());
      if (!more) return {};
      DCMFS_TRY(const auto id, ResourceId::parse(rows.text(2)));
      found.push_back({.seq = rows.integer(0),
                       .level = static_cast<Level>(rows.integer(1)),
                       .id = id,
                       .uids = {rows.text(3), rows.text(4), rows.text(5), rows.text(6)},
                       .modality = rows.text(7),
                       .at = from_ms(rows.integer(8))});
    }
  }));
  return found;
}

Result<std::int64_t> ExportLog::last() const {
  std::int64_t seq = 0;
  DCMFS_CHECK(index_.read([&](Connection& db) -> Result<> {
    DCMFS_TRY(const auto last,
              db.integer("SELECT seq FROM sqlite_sequence WHERE name = 'exported'"));
    seq = last.value_or(0);
    return {};
  }));
  return seq;
}

Result<> ExportLog::clear() {
  return index_.write_durably([](Connection& db) { return db.run("DELETE FROM exported"); });
}

}  // namespace dcmfs
