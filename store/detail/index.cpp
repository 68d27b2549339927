#include "store/detail/index.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <limits>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include "store/detail/early_dates.h"
#include "store/detail/index_state.h"
#include "store/detail/level_sql.h"
#include "store/detail/schema.h"

namespace dcmfs::detail {
namespace {

// page_size: of a new file only. The log is written back every 8,192 pages (32 MiB), because
// at each time most pages of the indexes on UIDs and ids are among them.
constexpr char kWriterPragmas[] =
    "PRAGMA page_size = 4096;"
    "PRAGMA wal_autocheckpoint = 8192;"
    "PRAGMA journal_size_limit = 67108864;"
    "PRAGMA cache_size = -65536;"
    "PRAGMA temp_store = MEMORY;";

constexpr int kFindingsMax = 20;  // of the integrity check

// Readers go on while one writes. Only the first time does this change the file.
Result<> use_log_once(Connection& db) {
  Statement row = db.prepare_once("PRAGMA journal_mode = WAL");
  DCMFS_CHECK(row.step());
  if (row.text(0) == "wal") return {};
  return Error{Errc::not_supported, "index: its file system allows no write-ahead log"};
}

// SQLite does not wait here for another that does the same, because each could wait for the other.
Result<> use_log(Connection& db) {
  constexpr int kAttemptsMax = 200;
  constexpr std::chrono::milliseconds kPause{10};
  auto done = use_log_once(db);
  for (int i = 0; !done && done.error().code == Errc::busy && i < kAttemptsMax; ++i) {
    std::this_thread::sleep_for(kPause);
    done = use_log_once(db);
  }
  return done;
}

// Makes a file's contents or a folder's entries durable; what is not there needs nothing.
Result<> sync_path(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return {};
  if (fd < 0) return system_error(errno, "index");
  const int failed = ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  if (failed != 0) return system_error(failed, "index");
  return {};
}

}  // namespace

Index::Index(std::unique_ptr<State> state) : state_(std::move(state)) {}
Index::~Index() = default;

Result<std::unique_ptr<Index>> Index::open(const std::filesystem::path& file, Mode mode,
                                           Durability durability) {
  auto state = std::make_unique<State>(file, mode, durability);
  if (mode == Mode::read_write) {
    DCMFS_TRY(state->writer, Connection::open(file, Connection::Access::read_write));
    Connection& db = *state->writer;
    DCMFS_CHECK(db.script(kWriterPragmas));
    DCMFS_CHECK(db.script(durability == Durability::full ? "PRAGMA synchronous = FULL"
                                                         : "PRAGMA synchronous = NORMAL"));
    DCMFS_CHECK(use_log(db));
    db.keep_log();
    DCMFS_CHECK(upgrade_schema(db));
    DCMFS_CHECK(settle_early_dates(db));
  } else {
    DCMFS_TRY(const auto db, state->readers.lease());
    DCMFS_CHECK(check_schema(*db));
  }
  return std::unique_ptr<Index>(new Index(std::move(state)));
}

ChangeFeed& Index::changes() const {
  return state_->changes;
}

// Counting visits all instances. Whatever changes the counts writes a change, so they are
// remembered until there is another one.
Result<Store::Statistics> Index::statistics() const {
  DCMFS_TRY(const auto db, state_->readers.lease());
  DCMFS_TRY(const auto last, db->integer("SELECT seq FROM sqlite_sequence WHERE name = 'change'"));
  {
    const std::lock_guard lock(state_->counting);
    if (state_->counted && state_->counted->seq == last.value_or(0)) return state_->counted->counts;
  }
  Statement row = db->prepare(
      "SELECT (SELECT count(*) FROM patient), (SELECT count(*) FROM study),"
      " (SELECT count(*) FROM series), count(*), total(size),"
      " (SELECT seq FROM sqlite_sequence WHERE name = 'change'),"
      " (SELECT total(size) FROM attachment) FROM instance");
  DCMFS_CHECK(row.step());
  const Counted counted{row.integer(5),
                        {row.integer(0), row.integer(1), row.integer(2), row.integer(3),
                         row.integer(4), row.integer(6)}};
  const std::lock_guard lock(state_->counting);
  state_->counted = counted;
  return counted.counts;
}

Result<Store::Statistics> Index::statistics(Key key) const {
  static const auto make = [](Level of) {
    const std::string from(table(of));
    std::string sql = "SELECT ";
    for (const LevelInfo& at : kLevels) sql += count_below(of, at.level) + ", ";
    return sql + sum_bytes(of) + ", " + sum_attachment_bytes(of) + " FROM " + from + " WHERE " +
           from + ".id = ?1";
  };
  static const std::array kSql{make(Level::patient), make(Level::study), make(Level::series),
                               make(Level::instance)};
  DCMFS_TRY(const auto db, state_->readers.lease());
  Statement row = db->prepare(kSql[index_of(key.level)]);
  DCMFS_TRY(const bool found, row.bind(key.row).step());
  if (!found) return Error{Errc::not_found, "no such " + std::string(info(key.level).singular)};
  return Store::Statistics{row.integer(0), row.integer(1), row.integer(2),
                           row.integer(3), row.integer(4), row.integer(5)};
}

Result<RowId> Index::last_row() const {
  DCMFS_TRY(const auto db, state_->readers.lease());
  DCMFS_TRY(const auto last,
            db->integer("SELECT seq FROM sqlite_sequence WHERE name = 'instance'"));
  return RowId{last.value_or(0)};
}

Result<std::vector<RowId>> Index::doomed() const {
  DCMFS_TRY(const auto db, state_->readers.lease());
  Statement rows = db->prepare("SELECT instance FROM doomed ORDER BY instance");
  return rows.all([](const Statement& row) { return row.row(0); });
}

StoredFile stored_file(const Statement& row) {
  StoredFile file;
  file.instance = row.row(0);
  file.size = row.integer(1);
  const auto hash = row.blob(2);
  std::copy_n(hash.begin(), std::min(hash.size(), file.sha256.size()), file.sha256.begin());
  file.crc32 = static_cast<std::uint32_t>(row.integer(3));
  file.received = from_ms(row.integer(4));
  file.transfer_syntax = row.text(5);
  return file;
}

Result<std::vector<StoredFile>> Index::files(RowId after, std::size_t limit) const {
  constexpr RowId kEnd{std::numeric_limits<std::int64_t>::max()};
  return files({RowId{value(after) + 1}, kEnd}, limit);
}

Result<std::vector<StoredFile>> Index::files(RowRange range, std::size_t limit) const {
  static const std::string kFiles =
      "SELECT " + std::string(kFileColumns) + " FROM instance" + std::string(kJoinFile) +
      " WHERE instance.id BETWEEN ?1 AND ?2 ORDER BY instance.id LIMIT ?3";
  DCMFS_TRY(const auto db, state_->readers.lease());
  Statement rows = db->prepare(kFiles);
  rows.bind(range.first).bind(range.last).bind(static_cast<std::int64_t>(limit));
  return rows.all(stored_file);
}

Result<StoredFile> Index::file(RowId instance) const {
  static const std::string kFile = "SELECT " + std::string(kFileColumns) + " FROM instance" +
                                   std::string(kJoinFile) + " WHERE instance.id = ?1";
  DCMFS_TRY(const auto db, state_->readers.lease());
  Statement row = db->prepare(kFile);
  DCMFS_TRY(const bool found, row.bind(instance).step());
  if (!found) return Error{Errc::not_found, "no such instance"};
  return stored_file(row);
}

Result<std::optional<std::string>> Index::meta(std::string_view key) const {
  DCMFS_TRY(const auto db, state_->readers.lease());
  Statement row = db->prepare("SELECT value FROM meta WHERE key = ?1");
  DCMFS_TRY(const bool found, row.bind(key).step());
  if (!found) return std::optional<std::string>();
  return row.text_or_null(0);
}

std::vector<const Attribute*> Index::unfilled() const {
  const auto db = state_->readers.lease();
  if (!db) return {};
  auto unfilled = unfilled_attributes(**db);
  return unfilled ? *std::move(unfilled) : std::vector<const Attribute*>();
}

Result<> Index::verify() const {
  DCMFS_TRY(const auto db, state_->readers.lease());
  Statement rows = db->prepare_once("PRAGMA integrity_check(" + std::to_string(kFindingsMax) + ")");
  std::string findings;
  for (;;) {
    DCMFS_TRY(const bool more, rows.step());
    if (!more) break;
    if (const std::string finding = rows.text(0); finding != "ok") findings += "; " + finding;
  }
  if (findings.empty()) return {};
  return Error{Errc::corrupt, "index: damaged" + findings};
}

Result<> Index::write_log_back() {
  const std::lock_guard turn(state_->writing);
  Statement row = state_->writer->prepare_once("PRAGMA wal_checkpoint(TRUNCATE)");
  DCMFS_TRY(const bool answered, row.step());
  if (answered && row.integer(0) == 0) return {};
  return Error{Errc::busy, "index: its log cannot be written back yet"};
}

// Commits without a sync are complete in the log, and SQLite syncs the log before
// it writes anything back, so the log is all that is to be synced. No checkpoint: it would
// have to wait for readers. (The database file itself must never be opened beside SQLite:
// closing it would drop SQLite's locks.)
Result<> Index::sync() {
  DCMFS_CHECK(sync_path(state_->file.string() + "-wal"));
  return sync_path(state_->file.has_parent_path() ? state_->file.parent_path() : ".");
}

}  // namespace dcmfs::detail
