#include "store/detail/change_log.h"

#include <algorithm>
#include <array>

#include "store/detail/level_sql.h"
#include "store/view.h"

namespace dcmfs::detail {
namespace {

constexpr char kRead[] =
    "SELECT seq, type, level, row, at, parent, id, name, place, link FROM change"
    " WHERE seq > ?1 ORDER BY seq LIMIT ?2";

// From the end: what changes the tree is most of the log.
constexpr char kTreeChanged[] =
    "SELECT seq, at FROM change WHERE +type IN (1, 2, 9) ORDER BY seq DESC LIMIT 1";
static_assert(changes_the_tree(ChangeType{1}) && changes_the_tree(ChangeType{2}) &&
              changes_the_tree(ChangeType{9}));

// parent, name, place, link, then the identifiers from the patient's down.
constexpr std::array kDescribe{
    "SELECT patient.id, patient.name, '', '', PatientID FROM patient WHERE patient.id = ?1",
    "SELECT study.patient, study.name, iif(study.place = 9, 'NoDate', study.place), study.link,"
    " PatientID, StudyInstanceUID"
    " FROM study JOIN patient ON patient.id = study.patient WHERE study.id = ?1",
    "SELECT series.study, series.name,"
    " modality.name || '/' || iif(series.place = 9, 'NoDate', series.place), series.link,"
    " PatientID, StudyInstanceUID, SeriesInstanceUID"
    " FROM series JOIN modality ON modality.id = series.folder"
    " JOIN study ON study.id = series.study JOIN patient ON patient.id = study.patient"
    " WHERE series.id = ?1",
    "SELECT instance.series, instance.name, coalesce(instance.link, SOPInstanceUID), '',"
    " PatientID, StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID"
    " FROM instance JOIN series ON series.id = instance.series"
    " JOIN study ON study.id = series.study JOIN patient ON patient.id = study.patient"
    " WHERE instance.id = ?1",
};
static_assert(Place::kNoDate == 9);

Key parent_key(Level level, RowId row) {
  return {parent(level).value_or(level), row};
}

Result<std::optional<Change>> change_of(Connection& db, const Statement& row) {
  const Key what{static_cast<Level>(row.integer(2)), row.row(3)};
  std::optional<Change> change;
  if (row.is_null(5)) {
    DCMFS_TRY(change, describe(db, what));
    if (!change) return change;
  } else {
    DCMFS_TRY(const auto id, ResourceId::parse(row.text(6)));
    change.emplace();
    change->what = what;
    change->parent = parent_key(what.level, row.row(5));
    change->id = id;
    change->name = row.text(7);
    change->place = row.text(8);
    change->link = row.text(9);
  }
  change->seq = row.integer(0);
  change->type = static_cast<ChangeType>(row.integer(1));
  change->at = from_ms(row.integer(4));
  return change;
}

}  // namespace

// By the identifiers, though the whole id is a column: a rebuild asks the index of an older program, too.
Result<std::optional<Change>> describe(Connection& db, Key key) {
  Statement row = db.prepare(kDescribe[index_of(key.level)]);
  DCMFS_TRY(const bool found, row.bind(key.row).step());
  if (!found) return std::optional<Change>();
  Uids uids;
  for (const LevelInfo& each : levels_down_to(key.level))
    uid_of(uids, each.level) = row.text(4 + static_cast<int>(index_of(each.level)));
  Change change;
  change.what = key;
  change.parent = parent_key(key.level, row.row(0));
  change.id = ResourceId::of(key.level, uids);
  change.name = row.text(1);
  change.place = row.text(2);
  change.link = row.text(3);
  return std::optional(std::move(change));
}

// The highest number ever given, also if its change is gone together with its resource.
std::int64_t ChangeLog::last() const {
  auto db = readers_.lease();
  if (!db) return 0;
  const auto seq = (*db)->integer("SELECT seq FROM sqlite_sequence WHERE name = 'change'");
  return seq ? seq->value_or(0) : 0;
}

Result<std::optional<TreeChange>> ChangeLog::tree_changed() const {
  DCMFS_TRY(const auto db, readers_.lease());
  Statement row = db->prepare(kTreeChanged);
  DCMFS_TRY(const bool found, row.step());
  if (!found) return std::optional<TreeChange>();
  return std::optional(TreeChange{row.integer(0), from_ms(row.integer(1))});
}

Result<std::vector<Change>> ChangeLog::read(std::int64_t seq, std::size_t limit) const {
  DCMFS_TRY(const auto db, readers_.lease());
  Statement rows = db->prepare(kRead);
  rows.bind(seq).bind(static_cast<std::int64_t>(limit));
  std::vector<Change> changes;
  for (;;) {
    DCMFS_TRY(const bool more, rows.step());
    if (!more) return changes;
    DCMFS_TRY(auto change, change_of(*db, rows));
    if (change) changes.push_back(*std::move(change));
  }
}

Result<std::vector<Change>> ChangeLog::wait(std::int64_t seq, std::size_t limit,
                                            std::stop_token stop, Clock::time_point end) const {
  for (;;) {
    std::uint64_t seen = 0;
    {
      const std::lock_guard lock(mutex_);
      seen = commits_;
    }
    if (stop.stop_requested()) return std::vector<Change>();
    DCMFS_TRY(auto changes, read(seq, limit));
    const auto now = Clock::now();
    if (!changes.empty() || now >= end) return changes;
    std::unique_lock lock(mutex_);
    woken_.wait_until(lock, stop, std::min(now + kPoll, end), [&] { return commits_ != seen; });
  }
}

void ChangeLog::committed() {
  {
    const std::lock_guard lock(mutex_);
    ++commits_;
  }
  woken_.notify_all();
}

}  // namespace dcmfs::detail
