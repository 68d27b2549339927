// The views beside patients/: folders of dates that hold links (store/view.h).
#include <array>
#include <charconv>
#include <utility>

#include "store/detail/index_state.h"
#include "store/detail/level_sql.h"
#include "store/dicom/text.h"

namespace dcmfs::detail {
namespace {

constexpr char kNoDateName[] = "NoDate";

// Where the folders of a date are cut: the studies' dates have days, the series' have not.
constexpr std::int64_t kYearOfDay = 10000, kMonthOfDay = 100, kYearOfMonth = 100;

struct Units {
  std::int64_t first, last, unit;  // a folder per `unit` of the dates from first to last
};

// What the folders below `date` are, in dates as `view` keeps them. `unit` 0: links, no folders.
Units units_below(View view, int date) {
  const bool days = view == View::studies;
  if (date == 0) return {0, 99991231, days ? kYearOfDay : kYearOfMonth};
  if (date == Place::kNoDate) return {date, date, 0};
  if (date <= 9999)
    return days ? Units{date * kYearOfDay, (date + 1) * kYearOfDay - 1, kMonthOfDay}
                : Units{date * kYearOfMonth, (date + 1) * kYearOfMonth - 1, 1};
  if (date <= 999912)
    return days ? Units{date * kMonthOfDay, (date + 1) * kMonthOfDay - 1, 1} : Units{date, date, 0};
  return {date, date, 0};
}

std::string folder_name(std::int64_t date) {
  if (date == Place::kNoDate) return kNoDateName;
  if (date <= 9999) return std::to_string(date);
  const std::int64_t part = date % 100;  // of YYYYMM the month, of YYYYMMDD the day
  return {static_cast<char>('0' + part / 10), static_cast<char>('0' + part % 10)};
}

// From folder to folder by a step in the index each, however many links they hold.
Result<std::vector<Folder>> date_folders(Connection& db, View view, const Place& place) {
  const Units units = units_below(view, place.date);
  std::vector<Folder> folders;
  if (units.unit == 0) return folders;
  bool no_date = false;
  for (std::int64_t from = units.first; from <= units.last;) {
    DCMFS_TRY(const auto date,
              view == View::studies
                  ? db.integer("SELECT place FROM study WHERE place BETWEEN ?1 AND ?2"
                               " ORDER BY place LIMIT 1",
                               from, units.last)
                  : db.integer("SELECT place FROM series WHERE folder = ?3"
                               " AND place BETWEEN ?1 AND ?2 ORDER BY place LIMIT 1",
                               from, units.last, place.modality));
    if (!date) break;
    if (*date == Place::kNoDate) {
      no_date = true;
      from = *date + 1;
      continue;
    }
    const std::int64_t folder = *date / units.unit;
    folders.push_back({{place.modality, static_cast<int>(folder)}, folder_name(folder)});
    from = (folder + 1) * units.unit;
  }
  if (no_date) folders.push_back({{place.modality, Place::kNoDate}, kNoDateName});
  return folders;
}

Result<std::vector<Folder>> modality_folders(Connection& db) {
  Statement rows = db.prepare(
      "SELECT id, name FROM modality"
      " WHERE EXISTS(SELECT 1 FROM series WHERE folder = modality.id) ORDER BY name");
  return rows.all([](const Statement& row) { return Folder{{row.integer(0), 0}, row.text(1)}; });
}

// "2004-01-19 <link>": links are unique per date only.
constexpr char kRecentName[] =
    "iif(place = 9, 'NoDate', format('%04d-%02d-%02d', place / 10000, place / 100 % 100, place % "
    "100))"
    " || ' ' || link";
constexpr char kIsRecent[] = "study.id IN (SELECT id FROM study ORDER BY id DESC LIMIT ?3)";

struct ViewSql {
  Level level;
  std::string links;  // parameters: after, limit, then those of the place
  std::string named;  // parameters: name, its folded form, then those of the place
};

const ViewSql& sql_of(View view) {
  const auto select = [](Level level, const std::string& name) {
    const std::string of(table(level));
    return "SELECT " + of + ".id, " + name + ", " + newest_reception(level) + " FROM " + of + " ";
  };
  const auto page = [](Level level) {
    const std::string id = std::string(table(level)) + ".id";
    return id + " > ?1 ORDER BY " + id + " LIMIT ?2";
  };
  static const std::string kInstanceName = "coalesce(instance.link, instance.SOPInstanceUID)";
  static const std::array kSql{
      ViewSql{Level::study,
              select(Level::study, "link") + "INDEXED BY study_place WHERE place = ?3 AND " +
                  page(Level::study),
              select(Level::study, "link") + "WHERE link = ?1 AND link_fold = ?2 AND place = ?3"},
      ViewSql{Level::series,
              select(Level::series, "link") +
                  "INDEXED BY series_place WHERE folder = ?4 AND place = ?3 AND " +
                  page(Level::series),
              select(Level::series, "link") +
                  "WHERE link = ?1 AND link_fold = ?2 AND place = ?3 AND folder = ?4"},
      ViewSql{Level::instance,
              select(Level::instance, kInstanceName) + "WHERE " + page(Level::instance),
              select(Level::instance, kInstanceName) +
                  "WHERE (SOPInstanceUID = ?1 AND link IS NULL) OR link = ?1"},
      // Newest first: `after` is the row before, 0 for none.
      ViewSql{Level::study,
              select(Level::study, kRecentName) + "WHERE (study.id < ?1 OR ?1 = 0) AND " +
                  kIsRecent + " ORDER BY study.id DESC LIMIT ?2",
              select(Level::study, kRecentName) + "WHERE " + kIsRecent + " AND ?2 = ?2 AND " +
                  kRecentName + " = ?1"},
  };
  return kSql[static_cast<std::size_t>(view)];
}

void bind_place(Statement& statement, View view, const Place& place) {
  switch (view) {
    case View::studies:
      statement.bind(place.date);
      return;
    case View::series:
      statement.bind(place.date).bind(place.modality);
      return;
    case View::instances:
      return;
    case View::recent:
      statement.bind(kRecentMax);
      return;
  }
}

Link link_of(Level level, const Statement& row) {
  return {{level, row.row(0)}, row.text(1), from_ms(row.integer(2))};
}

}  // namespace

Result<std::vector<Folder>> Index::folders(View view, const Place& place) const {
  if (view == View::instances || view == View::recent) return std::vector<Folder>();
  DCMFS_TRY(const auto db, state_->readers.lease());
  if (view == View::series && place.modality == 0) return modality_folders(*db);
  return date_folders(*db, view, place);
}

Result<std::vector<Link>> Index::links(View view, const Place& place, RowId after,
                                       std::size_t limit) const {
  const ViewSql& sql = sql_of(view);
  DCMFS_TRY(const auto db, state_->readers.lease());
  Statement rows = db->prepare(sql.links);
  rows.bind(after).bind(static_cast<std::int64_t>(limit));
  bind_place(rows, view, place);
  return rows.all([&sql](const Statement& row) { return link_of(sql.level, row); });
}

Result<Link> Index::link_named(View view, const Place& place, std::string_view name) const {
  const ViewSql& sql = sql_of(view);
  DCMFS_TRY(const auto db, state_->readers.lease());
  Statement row = db->prepare(sql.named);
  row.bind(name);
  if (view == View::instances) {
    // Their names are UIDs and need no folding.
  } else {
    row.bind(fold(name));
  }
  bind_place(row, view, place);
  DCMFS_TRY(const bool found, row.step());
  if (!found) return Error{Errc::not_found, "no such link"};
  return link_of(sql.level, row);
}

Result<std::int64_t> Index::modality(std::string_view folder_name) const {
  DCMFS_TRY(const auto db, state_->readers.lease());
  DCMFS_TRY(const auto row,
            db->integer("SELECT id FROM modality WHERE name_fold = ?1 AND name = ?2"
                        " AND EXISTS(SELECT 1 FROM series WHERE folder = modality.id)",
                        fold(folder_name), folder_name));
  if (!row) return Error{Errc::not_found, "no such modality"};
  return *row;
}

}  // namespace dcmfs::detail
