#include "store/detail/schema.h"

#include <array>
#include <set>
#include <string>

#include "store/detail/level_sql.h"
#include "store/dicom/text.h"

namespace dcmfs::detail {
namespace {

constexpr std::int64_t kApplicationId = 0x44434d46;  // "DCMF", in the header of the file
constexpr char kUnfilledKey[] = "unfilled";

// AUTOINCREMENT: a number is never given twice, because inode numbers are made of it.
// Names are unique among siblings, folded; they are never changed.
// id64 is the beginning of the public id: whoever looks for it must compare the rest.
constexpr char kVersion1[] = R"sql(
CREATE TABLE patient(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  id64 INTEGER NOT NULL,
  name TEXT NOT NULL,
  name_fold TEXT NOT NULL UNIQUE,
  received INTEGER NOT NULL,
  PatientID TEXT NOT NULL UNIQUE
);
CREATE INDEX patient_id64 ON patient(id64);

-- place: StudyDate as a number, or Place::kNoDate
CREATE TABLE study(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  patient INTEGER NOT NULL,
  id64 INTEGER NOT NULL,
  name TEXT NOT NULL,
  name_fold TEXT NOT NULL,
  received INTEGER NOT NULL,
  place INTEGER NOT NULL,
  link TEXT NOT NULL,
  link_fold TEXT NOT NULL,
  StudyInstanceUID TEXT NOT NULL,
  UNIQUE(StudyInstanceUID, patient),
  UNIQUE(patient, name_fold),
  UNIQUE(place, link_fold)
);
CREATE INDEX study_id64 ON study(id64);
CREATE INDEX study_patient ON study(patient);
CREATE INDEX study_place ON study(place);

-- folder: of its modality; place: year and month of SeriesDate as a number, or Place::kNoDate
CREATE TABLE series(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  study INTEGER NOT NULL,
  id64 INTEGER NOT NULL,
  name TEXT NOT NULL,
  name_fold TEXT NOT NULL,
  received INTEGER NOT NULL,
  folder INTEGER NOT NULL,
  place INTEGER NOT NULL,
  link TEXT NOT NULL,
  link_fold TEXT NOT NULL,
  SeriesInstanceUID TEXT NOT NULL,
  UNIQUE(SeriesInstanceUID, study),
  UNIQUE(study, name_fold),
  UNIQUE(folder, place, link_fold)
);
CREATE INDEX series_id64 ON series(id64);
CREATE INDEX series_study ON series(study);
CREATE INDEX series_place ON series(folder, place);

-- link: its name in the view of all instances where that is not its SOPInstanceUID
CREATE TABLE instance(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  series INTEGER NOT NULL,
  id64 INTEGER NOT NULL,
  name TEXT NOT NULL,
  link TEXT,
  received INTEGER NOT NULL,
  size INTEGER NOT NULL,
  json_size INTEGER NOT NULL,
  picture_rows INTEGER NOT NULL,
  picture_columns INTEGER NOT NULL,
  picture_channels INTEGER NOT NULL,
  picture_frames INTEGER NOT NULL,
  sha256 BLOB NOT NULL,
  crc32 INTEGER NOT NULL,
  transfer_syntax INTEGER NOT NULL,
  SOPInstanceUID TEXT NOT NULL
);
-- size is there so that bytes are summed without visiting the rows
CREATE INDEX instance_series ON instance(series, id, size);
CREATE UNIQUE INDEX instance_name ON instance(series, name COLLATE NOCASE);
CREATE INDEX instance_uid ON instance(SOPInstanceUID);
CREATE INDEX instance_id64 ON instance(id64);
CREATE UNIQUE INDEX instance_link ON instance(link) WHERE link IS NOT NULL;

CREATE TABLE transfer_syntax(id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE);
CREATE TABLE modality(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  name_fold TEXT NOT NULL UNIQUE
);

-- But for id, from parent on NULL unless it is a removal: the rest is then asked of the resource.
CREATE TABLE change(
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  type INTEGER NOT NULL,
  level INTEGER NOT NULL,
  row INTEGER NOT NULL,
  at INTEGER NOT NULL,
  parent INTEGER,
  id TEXT,
  name TEXT,
  place TEXT,
  link TEXT
);
CREATE INDEX change_row ON change(level, row);

-- Instances that were removed and whose files may still be there.
CREATE TABLE doomed(instance INTEGER PRIMARY KEY);
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- For letters in the middle of a PatientName. Keeps no copy of the names.
CREATE VIRTUAL TABLE patient_trigram USING fts5(PatientName_fold, content='', tokenize='trigram');
)sql";

// 0: no PDF in it. What was indexed before is filled by renewal.cpp.
constexpr char kVersion2[] = R"sql(
ALTER TABLE instance ADD COLUMN pdf_size INTEGER NOT NULL DEFAULT 0;
)sql";

// What is to be sent (store/outbox.h). destination.claims numbers the claims; failures: in a row, to
// reach it. outgoing.instance is NULL where the entry has a file of its own. due: what SendState
// says, 0 where a state has none; size is in the index so that bytes are summed by it alone.
constexpr char kVersion3[] = R"sql(
CREATE TABLE destination(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  claims INTEGER NOT NULL DEFAULT 0,
  sent INTEGER NOT NULL DEFAULT 0,
  sent_bytes INTEGER NOT NULL DEFAULT 0,
  last_sent INTEGER NOT NULL DEFAULT 0,
  not_before INTEGER NOT NULL DEFAULT 0,
  failures INTEGER NOT NULL DEFAULT 0,
  troubles INTEGER NOT NULL DEFAULT 0,
  trouble INTEGER NOT NULL DEFAULT 0,
  reason TEXT NOT NULL DEFAULT '',
  last_failed INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE outgoing(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  destination INTEGER NOT NULL,
  state INTEGER NOT NULL,
  due INTEGER NOT NULL,
  claim INTEGER NOT NULL DEFAULT 0,
  instance INTEGER,
  name TEXT NOT NULL,
  put INTEGER NOT NULL,
  since INTEGER NOT NULL,
  size INTEGER NOT NULL,
  sop_class TEXT NOT NULL,
  sop_instance TEXT NOT NULL,
  transfer_syntax TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  trouble INTEGER NOT NULL DEFAULT 0,
  reason TEXT NOT NULL DEFAULT '',
  transaction_uid TEXT
);
CREATE INDEX outgoing_due ON outgoing(destination, state, due, id, size);
CREATE INDEX outgoing_instance ON outgoing(instance) WHERE instance IS NOT NULL;
CREATE INDEX outgoing_transaction ON outgoing(transaction_uid) WHERE transaction_uid IS NOT NULL;

CREATE TABLE kept_value(
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY(kind, name)
) WITHOUT ROWID;
)sql";

// What is said of resources beside their files; they are named by level and row. label_name and
// metadata_name: who has it. origin: store/origin.h, each once; instance.origin is NULL where nothing is
// known. stable_through, complete_through: the newest instance below when the change was written
// (store/stability.h). change_kind leaves out what comes with each instance, so that an arrival pays
// nothing. exported: the identifiers stay when the resource goes.
constexpr char kVersion4[] = R"sql(
CREATE TABLE label(
  level INTEGER NOT NULL,
  row INTEGER NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY(level, row, name)
) WITHOUT ROWID;
CREATE INDEX label_name ON label(name, level, row);

CREATE TABLE metadata(
  level INTEGER NOT NULL,
  row INTEGER NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  revision INTEGER NOT NULL,
  PRIMARY KEY(level, row, name)
) WITHOUT ROWID;
CREATE INDEX metadata_name ON metadata(name, level, row);

CREATE TABLE attachment(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  level INTEGER NOT NULL,
  row INTEGER NOT NULL,
  name TEXT NOT NULL,
  uuid TEXT NOT NULL,
  size INTEGER NOT NULL,
  md5 BLOB NOT NULL,
  revision INTEGER NOT NULL,
  added INTEGER NOT NULL,
  UNIQUE(level, row, name)
);
-- Attachments that were removed and whose files may still be there.
CREATE TABLE doomed_attachment(id INTEGER PRIMARY KEY);

CREATE TABLE origin(
  id INTEGER PRIMARY KEY,
  way INTEGER NOT NULL,
  remote_aet TEXT NOT NULL,
  called_aet TEXT NOT NULL,
  remote_ip TEXT NOT NULL,
  http_username TEXT NOT NULL,
  http_host TEXT NOT NULL,
  UNIQUE(remote_aet, remote_ip, called_aet, http_username, http_host, way)
);
ALTER TABLE instance ADD COLUMN origin INTEGER;

ALTER TABLE patient ADD COLUMN protected INTEGER NOT NULL DEFAULT 0;
ALTER TABLE patient ADD COLUMN stable_through INTEGER NOT NULL DEFAULT 0;
ALTER TABLE study ADD COLUMN stable_through INTEGER NOT NULL DEFAULT 0;
ALTER TABLE series ADD COLUMN stable_through INTEGER NOT NULL DEFAULT 0;
ALTER TABLE series ADD COLUMN complete_through INTEGER NOT NULL DEFAULT 0;

CREATE INDEX change_kind ON change(type, level) WHERE type > 2 OR level < 3;
CREATE TABLE exported(
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  level INTEGER NOT NULL,
  id TEXT NOT NULL,
  patient_id TEXT NOT NULL,
  study TEXT NOT NULL,
  series TEXT NOT NULL,
  sop_instance TEXT NOT NULL,
  modality TEXT NOT NULL,
  at INTEGER NOT NULL
);
)sql";

// The whole public id, id64 and what follows, so that lists of ids hash nothing. It stands in the indexes of what is
// below a row, too: to list them is to read the index alone.
constexpr char kVersion5[] = R"sql(
ALTER TABLE patient ADD COLUMN id_rest BLOB NOT NULL DEFAULT x'';
ALTER TABLE study ADD COLUMN id_rest BLOB NOT NULL DEFAULT x'';
ALTER TABLE series ADD COLUMN id_rest BLOB NOT NULL DEFAULT x'';
ALTER TABLE instance ADD COLUMN id_rest BLOB NOT NULL DEFAULT x'';
UPDATE patient SET id_rest = dcm_id_rest(PatientID);
UPDATE study SET id_rest = (SELECT dcm_id_rest(p.PatientID, study.StudyInstanceUID)
  FROM patient p WHERE p.id = study.patient);
UPDATE series SET id_rest = (SELECT dcm_id_rest(p.PatientID, s.StudyInstanceUID, series.SeriesInstanceUID)
  FROM study s JOIN patient p ON p.id = s.patient WHERE s.id = series.study);
UPDATE instance SET id_rest = (
  SELECT dcm_id_rest(p.PatientID, s.StudyInstanceUID, e.SeriesInstanceUID, instance.SOPInstanceUID)
  FROM series e JOIN study s ON s.id = e.study JOIN patient p ON p.id = s.patient WHERE e.id = instance.series);
DROP INDEX study_patient;
CREATE INDEX study_patient ON study(patient, id, id64, id_rest);
DROP INDEX series_study;
CREATE INDEX series_study ON series(study, id, id64, id_rest);
DROP INDEX instance_series;
CREATE INDEX instance_series ON instance(series, id, size, id64, id_rest);
)sql";

// store/detail/synced_rows.h. Before it, one number stood for the first range.
constexpr char kVersion6[] = R"sql(
CREATE TABLE synced(first INTEGER PRIMARY KEY, last INTEGER NOT NULL);
INSERT INTO synced(first, last)
  SELECT 1, CAST(value AS INTEGER) FROM meta WHERE key = 'synced_through' AND CAST(value AS INTEGER) > 0;
DELETE FROM meta WHERE key = 'synced_through';
)sql";

// As patient_trigram, of the PatientName that the study has. add_attributes() fills it.
constexpr char kVersion7[] = R"sql(
CREATE VIRTUAL TABLE study_trigram USING fts5(PatientName_fold, content='', tokenize='trigram');
)sql";

// Step n makes version n + 1. A step that was published is not edited any more. Columns of
// attributes are no steps: add_attributes() adds what attributes() has and the tables lack.
constexpr std::array kSteps{kVersion1, kVersion2, kVersion3, kVersion4,
                            kVersion5, kVersion6, kVersion7};
constexpr std::int64_t kCurrentVersion = kSteps.size();

Result<std::int64_t> version_of(Connection& db) {
  DCMFS_TRY(const auto version, db.integer("PRAGMA user_version"));
  DCMFS_TRY(const auto application, db.integer("PRAGMA application_id"));
  DCMFS_TRY(const auto tables, db.integer("SELECT count(*) FROM sqlite_schema"));
  if (tables != 0 && application != kApplicationId)
    return Error{Errc::corrupt, "index: the file is another program's database"};
  if (*version > kCurrentVersion)
    return Error{Errc::not_supported, "index: made by a newer dcmfs (version " +
                                          std::to_string(*version) + ", this one knows " +
                                          std::to_string(kCurrentVersion) + ")"};
  return *version;
}

Result<std::set<std::string>> columns_of(Connection& db, Level level) {
  Statement statement = db.prepare_once("SELECT name FROM pragma_table_info(?1)");
  statement.bind(table(level));
  std::set<std::string> names;
  for (;;) {
    DCMFS_TRY(const bool more, statement.step());
    if (!more) return names;
    names.insert(statement.text(0));
  }
}

struct Missing {
  const Attribute* attribute;
  bool value, folded;  // which of its columns
};

Result<std::vector<Missing>> missing_columns(Connection& db) {
  std::vector<Missing> missing;
  for (const LevelInfo& of : kLevels) {
    DCMFS_TRY(const auto columns, columns_of(db, of.level));
    for (const Attribute& attribute : attributes(of.level)) {
      const std::string name(attribute.column);
      const bool value = !columns.contains(name);
      const bool folded = is_folded(attribute) && !columns.contains(name + "_fold");
      if (value || folded) missing.push_back({&attribute, value, folded});
    }
  }
  return missing;
}

// Until it is filled from the files, what a level above says holds.
Result<> copy_from_above(Connection& db, const Attribute& attribute) {
  const Attribute& upper = *find_attribute(attribute.tag);
  if (upper.level == attribute.level) return {};
  const Level next = *parent(attribute.level);
  return db.script("UPDATE " + std::string(table(attribute.level)) + " SET " +
                   std::string(attribute.column) + " = (SELECT " + column(upper) + " FROM " +
                   std::string(table(next)) + join_upward(next, upper.level) + " WHERE " +
                   std::string(table(next)) + ".id = " + parent_of(attribute.level) + ")");
}

Result<> add_columns(Connection& db, const Missing& missing) {
  const Attribute& attribute = *missing.attribute;
  const std::string of(table(attribute.level));
  const std::string name(attribute.column);
  if (missing.value) {
    DCMFS_CHECK(db.script("ALTER TABLE " + of + " ADD COLUMN " + name + " TEXT"));
    DCMFS_CHECK(copy_from_above(db, attribute));
  }
  if (!missing.folded) return {};
  DCMFS_CHECK(db.script("ALTER TABLE " + of + " ADD COLUMN " + name + "_fold TEXT"));
  DCMFS_CHECK(db.script("UPDATE " + of + " SET " + name + "_fold = dcm_fold(" + name + ")"));
  if (attribute.search != Search::letters) return {};
  return db.script("INSERT INTO " + trigram_table(attribute.level) + "(rowid, " + name +
                   "_fold) SELECT id, " + name + "_fold FROM " + of + " WHERE " + name +
                   "_fold <> ''");
}

// "study_StudyDate"
std::string index_name(const Attribute& attribute) {
  return std::string(table(attribute.level)) + "_" + std::string(attribute.column) +
         (is_folded(attribute) ? "_fold" : "");
}

Result<bool> lacks_index(Connection& db) {
  for (const Attribute& attribute : attributes()) {
    if (attribute.search == Search::none) continue;
    DCMFS_TRY(const auto found,
              db.integer("SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = ?1",
                         index_name(attribute)));
    if (!found) return true;
  }
  return false;
}

Result<> add_index(Connection& db, const Attribute& attribute) {
  if (attribute.search == Search::none) return {};
  const std::string of(table(attribute.level));
  const std::string of_column =
      std::string(attribute.column) + (is_folded(attribute) ? "_fold" : "");
  return db.script("CREATE INDEX IF NOT EXISTS " + index_name(attribute) + " ON " + of + "(" +
                   of_column + ")");
}

Result<> add_attributes(Connection& db) {
  DCMFS_TRY(const auto missing, missing_columns(db));
  DCMFS_TRY(const auto any, db.integer("SELECT 1 FROM instance LIMIT 1"));
  for (const Missing& one : missing) {
    DCMFS_CHECK(add_columns(db, one));
    if (one.value && any) {
      DCMFS_CHECK(
          db.run("INSERT INTO meta(key, value) VALUES(?1, ?2)"
                 " ON CONFLICT(key) DO UPDATE SET value = value || ' ' || excluded.value",
                 kUnfilledKey, column(*one.attribute)));
    }
  }
  for (const Attribute& attribute : attributes()) DCMFS_CHECK(add_index(db, attribute));
  return {};
}

Result<> upgrade_in_transaction(Connection& db) {
  DCMFS_TRY(const std::int64_t version, version_of(db));
  for (std::int64_t step = version; step < kCurrentVersion; ++step)
    DCMFS_CHECK(db.script(kSteps[static_cast<std::size_t>(step)]));
  DCMFS_CHECK(add_attributes(db));
  DCMFS_CHECK(db.script("PRAGMA application_id = " + std::to_string(kApplicationId)));
  return db.script("PRAGMA user_version = " + std::to_string(kCurrentVersion));
}

Result<bool> is_current(Connection& db) {
  DCMFS_TRY(const std::int64_t version, version_of(db));
  if (version != kCurrentVersion) return false;
  DCMFS_TRY(const auto missing, missing_columns(db));
  DCMFS_TRY(const bool unindexed, lacks_index(db));
  return missing.empty() && !unindexed;
}

}  // namespace

Result<> upgrade_schema(Connection& db) {
  // Asked first without the write lock: opening must not wait for an import that runs.
  DCMFS_TRY(const bool current, is_current(db));
  if (current) return {};
  DCMFS_CHECK(db.script("BEGIN IMMEDIATE"));
  auto done = upgrade_in_transaction(db);
  if (done) done = db.script("COMMIT");
  if (!done && db.in_transaction()) (void)db.script("ROLLBACK");
  return done;
}

Result<> check_schema(Connection& db) {
  DCMFS_TRY(const bool current, is_current(db));
  if (current) return {};
  return Error{
      Errc::not_supported,
      "index: made by an older dcmfs; open the store once for writing to bring it up to date"};
}

Result<std::vector<const Attribute*>> unfilled_attributes(Connection& db) {
  Statement statement = db.prepare_once("SELECT value FROM meta WHERE key = ?1");
  statement.bind(kUnfilledKey);
  DCMFS_TRY(const bool found, statement.step());
  std::vector<const Attribute*> unfilled;
  if (!found) return unfilled;
  const std::string names = statement.text(0);
  for (const std::string_view name : split(names, ' ')) {
    for (const Attribute& attribute : attributes())
      if (column(attribute) == name) unfilled.push_back(&attribute);
  }
  return unfilled;
}

Result<> forget_unfilled(Connection& db) {
  return db.run("DELETE FROM meta WHERE key = ?1", kUnfilledKey);
}

}  // namespace dcmfs::detail
