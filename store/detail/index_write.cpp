// Batch: what one transaction may do. Inserting is in index_insert.cpp, removing in
// index_remove.cpp.
#include <algorithm>
#include <array>

#include "store/detail/file_ops.h"
#include "store/detail/index_state.h"
#include "store/detail/level_sql.h"
#include "store/detail/schema.h"
#include "store/dicom/match.h"
#include "store/dicom/text.h"
#include "store/guarded.h"

namespace dcmfs::detail {
namespace {

// Each differs from the one before, or a failed one would not be written over by the next.
constexpr std::string_view kSettle =
    "INSERT INTO meta(key, value) VALUES('commits_failed', 1)"
    " ON CONFLICT(key) DO UPDATE SET value = value + 1";

enum class Letters : std::uint8_t { add, drop };

// Of row ?1 of the level, to its trigram table; "": it has none. A contentless FTS5 table must be
// told what it is to forget.
std::string trigram_sql(Level level, Letters what) {
  const auto of = attributes(level);
  const auto found = std::ranges::find(of, Search::letters, &Attribute::search);
  if (found == of.end()) return {};
  const std::string to = trigram_table(level), letters = std::string(found->column) + "_fold";
  const std::string into = what == Letters::drop ? to + ", rowid, " : "rowid, ";
  const std::string row = what == Letters::drop ? "'delete', id, " : "id, ";
  return "INSERT INTO " + to + "(" + into + letters + ") SELECT " + row + letters + " FROM " +
         std::string(table(level)) + " WHERE id = ?1 AND " + letters + " <> ''";
}

std::array<std::string, kLevels.size()> trigram_sqls(Letters what) {
  std::array<std::string, kLevels.size()> sql;
  for (const LevelInfo& of : kLevels) sql[index_of(of.level)] = trigram_sql(of.level, what);
  return sql;
}

}  // namespace

Result<Index::Batch> Index::begin(Commit how) {
  if (state_->mode == Mode::read_only)
    return Error{Errc::denied, "the store was opened for reading only"};
  std::unique_lock turn(state_->writing);
  if (state_->in_doubt) DCMFS_CHECK(state_->settle());
  if (how != state_->commit && state_->durability == Durability::full) {
    DCMFS_CHECK(state_->writer->script(how == Commit::unsynced ? "PRAGMA synchronous = NORMAL"
                                                               : "PRAGMA synchronous = FULL"));
    state_->commit = how;
  }
  DCMFS_CHECK(state_->writer->script("BEGIN IMMEDIATE"));
  return Batch(std::make_unique<Batch::State>(*state_, std::move(turn)));
}

Index::Batch::Batch(std::unique_ptr<State> state) : state_(std::move(state)) {}
Index::Batch::Batch(Batch&&) noexcept = default;

Index::Batch::~Batch() {
  // SQLite may have rolled back by itself, when the disk was full for instance.
  if (state_ && state_->open && state_->db.in_transaction()) (void)state_->db.script("ROLLBACK");
}

Result<> Index::State::settle() {
  if (writer->in_transaction()) DCMFS_CHECK(writer->script("ROLLBACK"));
  DCMFS_CHECK(writer->run(kSettle));
  in_doubt = false;
  return {};
}

bool Index::Batch::is_in_doubt() const {
  return state_->index.in_doubt;
}

Result<> Index::Batch::commit() {
  DCMFS_CHECK(state_->guarded([&] { return state_->remove_empty_parents(); }));
  // Also if there is no memory to tell of it.
  auto committed =
      dcmfs::guarded([&] { return state_->guarded([&] { return state_->db.script("COMMIT"); }); });
  if (!committed) {
    state_->index.in_doubt = true;
    (void)state_->index.settle();  // if it cannot: is_in_doubt()
    return committed;
  }
  state_->open = false;
  state_->turn.unlock();
  state_->index.changes.committed();
  return {};
}

Result<std::optional<Index::Batch::Existing>> Index::Batch::existing(const Uids& uids) {
  // The other identifiers are compared, not looked up: few instances share a UID.
  static const std::string kExisting =
      "SELECT " + std::string(kFileColumns) + " FROM instance" +
      join_upward(Level::instance, Level::patient) + std::string(kJoinFile) +
      " WHERE SOPInstanceUID = ?1 AND +SeriesInstanceUID = ?2 AND +StudyInstanceUID = ?3"
      " AND +PatientID = ?4";
  return state_->guarded([&]() -> Result<std::optional<Existing>> {
    Statement row = state_->db.prepare(kExisting);
    row.bind(uids.sop_instance).bind(uids.series).bind(uids.study).bind(uids.patient_id);
    DCMFS_TRY(const bool found, row.step());
    if (!found) return std::optional<Existing>();
    return std::optional(Existing{row.row(0), stored_file(row)});
  });
}

Result<RowId> Index::Batch::next_row() {
  return state_->guarded([&] { return state_->next_row(); });
}

Result<Key> Index::Batch::insert(const NewInstance& instance) {
  return state_->guarded([&] { return state_->insert(instance); });
}

Result<std::vector<RowId>> Index::Batch::remove(Key key, Time at) {
  return state_->guarded([&] { return state_->remove(key, at); });
}

Result<> Index::Batch::forget_doomed(const std::vector<RowId>& instances) {
  return state_->guarded([&]() -> Result<> {
    for (const RowId instance : instances)
      DCMFS_CHECK(state_->db.run("DELETE FROM doomed WHERE instance = ?1", instance));
    return {};
  });
}

Result<> Index::Batch::set_sizes(RowId instance, const Sizes& s) {
  return state_->guarded([&] {
    return state_->db.run(
        "UPDATE instance SET json_size = ?2, pdf_size = ?3, picture_rows = ?4,"
        " picture_columns = ?5, picture_channels = ?6, picture_frames = ?7 WHERE id = ?1",
        instance, s.json, s.pdf, s.rows, s.columns, s.channels, s.frames);
  });
}

Result<> Index::Batch::set_value(Key key, const Attribute& attribute,
                                 const std::optional<std::string>& text) {
  if (attribute.tag == info(attribute.level).unique_key || attribute.level != key.level)
    return Error{Errc::invalid_argument, "index: not an attribute that can be set here"};
  return state_->guarded([&] { return state_->set_value(key, attribute, text); });
}

Result<> Index::Batch::State::set_value(Key key, const Attribute& attribute,
                                        const std::optional<std::string>& text) {
  const std::string update = "UPDATE " + std::string(table(key.level)) + " SET ";
  const std::string name(attribute.column);
  const auto stored = normalised(attribute, text);
  DCMFS_CHECK(db.run(update + name + " = ?2 WHERE id = ?1", key.row, stored));
  if (!is_folded(attribute)) return {};
  const bool has_letters = attribute.search == Search::letters;
  if (has_letters) DCMFS_CHECK(drop_trigrams(db, key));
  DCMFS_CHECK(db.run(update + name + "_fold = dcm_fold(?2) WHERE id = ?1", key.row, stored));
  if (has_letters) DCMFS_CHECK(add_trigrams(db, key));
  return {};
}

Result<> Index::Batch::set_filled() {
  return state_->guarded([&] { return forget_unfilled(state_->db); });
}

Result<> Index::Batch::set_meta(std::string_view key, std::string_view value) {
  return state_->guarded([&] {
    return state_->db.run(
        "INSERT INTO meta(key, value) VALUES(?1, ?2)"
        " ON CONFLICT(key) DO UPDATE SET value = excluded.value",
        key, value);
  });
}

Result<> Index::Batch::with(const std::function<Result<>(Connection&)>& action) {
  return state_->guarded([&] { return action(state_->db); });
}

Result<> Index::write_durably(const std::function<Result<>(Connection&)>& action) {
  {
    DCMFS_TRY(auto batch, begin());
    DCMFS_CHECK(batch.with(action));
    DCMFS_CHECK(file_ops::about_to_commit());
    DCMFS_CHECK(batch.commit());
  }
  return make_durable();
}

Result<> Index::make_durable() {
  return state_->durability == Durability::relaxed ? sync() : Result<>();
}

Result<> Index::read(const std::function<Result<>(Connection&)>& action) const {
  DCMFS_TRY(const auto db, state_->readers.lease());
  return action(*db);
}

Result<> Index::Batch::reserve_rows(RowId through) {
  return state_->guarded([&]() -> Result<> {
    state_->next.reset();
    DCMFS_CHECK(
        state_->db.run("INSERT INTO sqlite_sequence(name, seq) SELECT 'instance', 0"
                       " WHERE NOT EXISTS(SELECT 1 FROM sqlite_sequence WHERE name = 'instance')"));
    return state_->db.run("UPDATE sqlite_sequence SET seq = max(seq, ?1) WHERE name = 'instance'",
                          through);
  });
}

std::optional<std::string> normalised(const Attribute& attribute,
                                      const std::optional<std::string>& text) {
  if (!text || text->empty()) return text;
  return normalise_value(vr_of(attribute.tag), *text);
}

Result<> add_trigrams(Connection& db, Key key) {
  static const auto kSql = trigram_sqls(Letters::add);
  const std::string& sql = kSql[index_of(key.level)];
  return sql.empty() ? Result<>() : db.run(sql, key.row);
}

Result<> drop_trigrams(Connection& db, Key key) {
  static const auto kSql = trigram_sqls(Letters::drop);
  const std::string& sql = kSql[index_of(key.level)];
  return sql.empty() ? Result<>() : db.run(sql, key.row);
}

}  // namespace dcmfs::detail
