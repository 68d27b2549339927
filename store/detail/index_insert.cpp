// How an instance becomes rows.
#include <array>
#include <cassert>

#include "store/detail/annotations.h"
#include "store/detail/early_dates.h"
#include "store/detail/index_state.h"
#include "store/detail/level_sql.h"
#include "store/detail/origin_rows.h"
#include "store/dicom/text.h"
#include "store/entry_names.h"

namespace dcmfs::detail {
namespace {

// Names told apart by more and more letters; that so many are taken does not happen.
constexpr int kAttemptsMax = 32;

// Columns that are no attributes, in the order in which they are bound.
constexpr std::array<std::string_view, 4> kFixedColumns{
    "PatientID, id64, id_rest, received, name, name_fold",
    "StudyInstanceUID, id64, id_rest, received, name, name_fold, patient, place, link, link_fold",
    "SeriesInstanceUID, id64, id_rest, received, name, name_fold, study, folder, place, link, "
    "link_fold",
    "SOPInstanceUID, id64, id_rest, received, name, id, series, link, size, json_size, pdf_size,"
    " picture_rows, picture_columns, picture_channels, picture_frames, sha256, crc32, "
    "transfer_syntax, origin",
};

std::string insert_sql(Level level) {
  std::string columns(kFixedColumns[index_of(level)]);
  for (const Attribute& attribute : attributes(level)) {
    if (!is_unique_key(attribute)) columns.append(", ").append(attribute.column);
    if (is_folded(attribute)) columns.append(", ").append(attribute.column).append("_fold");
  }
  std::string values = "?";
  for (const char c : columns)
    if (c == ',') values += ", ?";
  return "INSERT INTO " + std::string(table(level)) + "(" + columns + ") VALUES(" + values + ")";
}

const std::string& insert_sql_of(Level level) {
  static const std::array kSql{
      insert_sql(Level::patient), insert_sql(Level::study), insert_sql(Level::series),
      insert_sql(Level::instance) + " ON CONFLICT(series, name COLLATE NOCASE) DO NOTHING"};
  return kSql[index_of(level)];
}

void bind_attributes(Statement& row, Level level, const NewInstance& instance) {
  for (const Attribute& attribute : attributes(level)) {
    std::optional<std::string> text;
    if (is_unique_key(attribute)) {
      text = uid_of(instance.uids, level);
    } else {
      const auto at = static_cast<std::size_t>(&attribute - attributes().data());
      if (at < instance.values.size()) text = normalised(attribute, instance.values[at]);
      row.bind(text);
    }
    if (is_folded(attribute)) row.bind(text ? std::optional(fold(*text)) : std::nullopt);
  }
}

// The first of `name`, and what `told` makes of it, that is not `taken`.
template <class Taken, class Told>
Result<std::string> free_name(const std::string& name, Taken taken, Told told) {
  std::string candidate = name;
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    DCMFS_TRY(const auto found, taken(candidate));
    if (!found) return candidate;
    candidate = told(attempt);
  }
  return Error{Errc::io, "index: no free name for a resource"};
}

Result<std::string> free_entry_name(Connection& db, Level level, std::optional<RowId> parent_row,
                                    const std::string& name, const std::string& uid) {
  constexpr std::array<std::string_view, 3> kTaken{
      "SELECT 1 FROM patient WHERE name_fold = ?1",
      "SELECT 1 FROM study WHERE name_fold = ?1 AND patient = ?2",
      "SELECT 1 FROM series WHERE name_fold = ?1 AND study = ?2",
  };
  const auto taken = [&](const std::string& candidate) {
    const auto sql = kTaken[index_of(level)];
    return parent_row ? db.integer(sql, fold(candidate), *parent_row)
                      : db.integer(sql, fold(candidate));
  };
  return free_name(name, taken, [&](int attempt) { return told_apart(name, uid, attempt); });
}

// Two links of a folder may be of one UID, under two patients: the public id tells them apart.
Result<std::string> free_study_link(Connection& db, std::int64_t place, const std::string& name,
                                    const std::string& id) {
  const auto taken = [&](const std::string& candidate) {
    return db.integer("SELECT 1 FROM study WHERE place = ?1 AND link_fold = ?2", place,
                      fold(candidate));
  };
  return free_name(name, taken, [&](int attempt) { return told_apart(name, id, attempt); });
}

Result<std::string> free_series_link(Connection& db, std::int64_t folder, std::int64_t place,
                                     const std::string& name, const std::string& id) {
  const auto taken = [&](const std::string& candidate) {
    return db.integer("SELECT 1 FROM series WHERE folder = ?1 AND place = ?2 AND link_fold = ?3",
                      folder, place, fold(candidate));
  };
  return free_name(name, taken, [&](int attempt) { return told_apart(name, id, attempt); });
}

Result<std::string> free_instance_link(Connection& db, const std::string& uid,
                                       const std::string& id) {
  const auto taken = [&](const std::string& candidate) {
    return db.integer("SELECT 1 FROM instance WHERE link = ?1", candidate);
  };
  return free_name(instance_told_apart(uid, id, 0), taken,
                   [&](int attempt) { return instance_told_apart(uid, id, attempt + 1); });
}

Result<std::int64_t> modality_row(Connection& db, const std::string& name) {
  const std::string folded = fold(name);
  DCMFS_TRY(const auto found, db.integer("SELECT id FROM modality WHERE name_fold = ?1", folded));
  if (found) return *found;
  DCMFS_CHECK(db.run("INSERT INTO modality(name, name_fold) VALUES(?1, ?2)", name, folded));
  return value(db.last_insert());
}

Result<std::int64_t> transfer_syntax_row(Connection& db, const std::string& uid) {
  DCMFS_TRY(const auto found, db.integer("SELECT id FROM transfer_syntax WHERE uid = ?1", uid));
  if (found) return *found;
  DCMFS_CHECK(db.run("INSERT INTO transfer_syntax(uid) VALUES(?1)", uid));
  return value(db.last_insert());
}

Result<RowId> insert_patient(Connection& db, const NewInstance& n) {
  const std::string& uid = n.uids.patient_id;
  DCMFS_TRY(const auto name,
            free_entry_name(db, Level::patient, std::nullopt, n.patient_name, uid));
  Statement row = db.prepare(insert_sql_of(Level::patient));
  const ResourceId id = ResourceId::of(Level::patient, n.uids);
  row.bind(uid).bind(id.prefix()).bind(id.rest());
  row.bind(to_ms(n.file.received)).bind(name).bind(fold(name));
  bind_attributes(row, Level::patient, n);
  DCMFS_CHECK(row.run());
  const RowId patient = db.last_insert();
  DCMFS_CHECK(add_trigrams(db, {Level::patient, patient}));
  return patient;
}

Result<RowId> insert_study(Connection& db, const NewInstance& n, RowId patient) {
  const std::string& uid = n.uids.study;
  const ResourceId id = ResourceId::of(Level::study, n.uids);
  const std::int64_t place = study_place(n.study_date);
  DCMFS_TRY(const auto name, free_entry_name(db, Level::study, patient, n.study_name, uid));
  DCMFS_TRY(const auto link, free_study_link(db, place, n.study_link, id.str()));
  Statement row = db.prepare(insert_sql_of(Level::study));
  row.bind(uid).bind(id.prefix()).bind(id.rest());
  row.bind(to_ms(n.file.received)).bind(name).bind(fold(name));
  row.bind(patient).bind(place).bind(link).bind(fold(link));
  bind_attributes(row, Level::study, n);
  DCMFS_CHECK(row.run());
  const RowId study = db.last_insert();
  DCMFS_CHECK(add_trigrams(db, {Level::study, study}));
  return study;
}

Result<RowId> insert_series(Connection& db, const NewInstance& n, RowId study) {
  const std::string& uid = n.uids.series;
  const ResourceId id = ResourceId::of(Level::series, n.uids);
  const std::int64_t place = series_place(n.series_date);
  DCMFS_TRY(const std::int64_t folder, modality_row(db, n.modality));
  DCMFS_TRY(const auto name, free_entry_name(db, Level::series, study, n.series_name, uid));
  DCMFS_TRY(const auto link, free_series_link(db, folder, place, n.series_link, id.str()));
  Statement row = db.prepare(insert_sql_of(Level::series));
  row.bind(uid).bind(id.prefix()).bind(id.rest());
  row.bind(to_ms(n.file.received)).bind(name).bind(fold(name));
  row.bind(study).bind(folder).bind(place).bind(link).bind(fold(link));
  bind_attributes(row, Level::series, n);
  DCMFS_CHECK(row.run());
  return db.last_insert();
}

struct InstancePlace {
  RowId row, series;
  ResourceId id;
  std::optional<std::string> link;
};

// False: the name is taken in the series, nothing was written.
Result<bool> try_instance(Connection& db, const NewInstance& n, const InstancePlace& at,
                          const std::string& name) {
  DCMFS_TRY(const std::int64_t syntax, transfer_syntax_row(db, n.file.transfer_syntax));
  DCMFS_TRY(const auto origin, origin_row(db, n.origin));
  Statement row = db.prepare(insert_sql_of(Level::instance));
  row.bind(n.uids.sop_instance).bind(at.id.prefix()).bind(at.id.rest());
  row.bind(to_ms(n.file.received)).bind(name).bind(at.row).bind(at.series).bind(at.link);
  row.bind(n.file.size).bind(n.sizes.json).bind(n.sizes.pdf);
  row.bind(n.sizes.rows).bind(n.sizes.columns).bind(n.sizes.channels).bind(n.sizes.frames);
  row.bind(std::span<const std::uint8_t>(n.file.sha256)).bind(std::int64_t{n.file.crc32});
  row.bind(syntax);
  if (origin) {
    row.bind(*origin);
  } else {
    row.bind(nullptr);
  }
  bind_attributes(row, Level::instance, n);
  DCMFS_CHECK(row.run());
  return db.changes() > 0;
}

Result<> insert_instance(Connection& db, const NewInstance& n, const InstancePlace& at) {
  const std::string& uid = n.uids.sop_instance;
  std::string name = n.instance_name;
  if (name.empty()) name = instance_told_apart(name, uid, 0);
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    DCMFS_TRY(const bool done, try_instance(db, n, at, name));
    if (done) return {};
    name = instance_told_apart(n.instance_name, uid, attempt);
  }
  return Error{Errc::io, "index: no free name for an instance"};
}

// Whether other instances have its SOPInstanceUID. already_exists if one of them has the same
// parents.
Result<bool> has_twin(Connection& db, const std::string& sop_uid, std::optional<RowId> series) {
  Statement rows = db.prepare("SELECT series FROM instance WHERE SOPInstanceUID = ?1");
  rows.bind(sop_uid);
  for (bool any = false;; any = true) {
    DCMFS_TRY(const bool more, rows.step());
    if (!more) return any;
    if (series && rows.row(0) == *series)
      return Error{Errc::already_exists, "the instance is stored already"};
  }
}

std::string known_key(const Uids& uids) {
  return uids.patient_id + '\n' + uids.study + '\n' + uids.series;
}

std::optional<RowId> as_row(const std::optional<std::int64_t>& id) {
  return id ? std::optional(RowId{*id}) : std::nullopt;
}

}  // namespace

Result<RowId> Index::Batch::State::next_row() {
  if (!next) {
    DCMFS_TRY(const auto last,
              db.integer("SELECT seq FROM sqlite_sequence WHERE name = 'instance'"));
    next = RowId{last.value_or(0) + 1};
  }
  return *next;
}

Result<Ancestors> Index::Batch::State::ancestors(const Uids& uids) {
  if (const auto found = known.find(known_key(uids)); found != known.end()) return found->second;
  Ancestors rows;
  DCMFS_TRY(const auto patient,
            db.integer("SELECT id FROM patient WHERE PatientID = ?1", uids.patient_id));
  if (!(rows.patient = as_row(patient))) return rows;
  DCMFS_TRY(const auto study,
            db.integer("SELECT id FROM study WHERE StudyInstanceUID = ?1 AND patient = ?2",
                       uids.study, *rows.patient));
  if (!(rows.study = as_row(study))) return rows;
  DCMFS_TRY(const auto series,
            db.integer("SELECT id FROM series WHERE SeriesInstanceUID = ?1 AND study = ?2",
                       uids.series, *rows.study));
  rows.series = as_row(series);
  return rows;
}

Result<Key> Index::Batch::State::insert(const NewInstance& n) {
  DCMFS_TRY(const Ancestors before, ancestors(n.uids));
  DCMFS_TRY(const bool twin, has_twin(db, n.uids.sop_instance, before.series));
  DCMFS_TRY(const RowId following, next_row());
  const RowId id = n.row.value_or(following);

  Ancestors rows = before;
  if (!rows.patient) {
    DCMFS_TRY(rows.patient, insert_patient(db, n));
  }
  if (!rows.study) {
    DCMFS_TRY(rows.study, insert_study(db, n, *rows.patient));
  }
  if (!rows.series) {
    DCMFS_TRY(rows.series, insert_series(db, n, *rows.study));
  }
  InstancePlace place{id, *rows.series, ResourceId::of(Level::instance, n.uids), std::nullopt};
  if (twin) {
    DCMFS_TRY(place.link, free_instance_link(db, n.uids.sop_instance, place.id.str()));
  }
  DCMFS_CHECK(insert_instance(db, n, place));

  // Child first, as Orthanc reports them.
  const auto added = [&](Level level, RowId row, const ResourceId& public_id) {
    return write_change(db, ChangeType::added, {level, row}, public_id, n.file.received);
  };
  const auto added_above = [&](Level level, RowId row) {
    return added(level, row, ResourceId::of(level, n.uids));
  };
  DCMFS_CHECK(added(Level::instance, id, place.id));
  if (!before.series) DCMFS_CHECK(added_above(Level::series, *rows.series));
  if (!before.study) DCMFS_CHECK(added_above(Level::study, *rows.study));
  if (!before.patient) DCMFS_CHECK(added_above(Level::patient, *rows.patient));

  known.insert_or_assign(known_key(n.uids), rows);
  next = std::max(following, RowId{value(id) + 1});
  return Key{Level::instance, id};
}

}  // namespace dcmfs::detail
