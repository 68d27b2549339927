#include "store/detail/sqlite.h"

#include <array>
#include <cassert>
#include <cerrno>
#include <chrono>
#include <thread>

#include <sqlite3.h>

#include "store/detail/series_size.h"
#include "store/dicom/match.h"
#include "store/dicom/text.h"

namespace dcmfs::detail {
namespace {

using namespace std::chrono_literals;

// How long to wait for another process that writes. Its batches are short.
constexpr std::chrono::milliseconds kBusyMax = 60s;
constexpr std::chrono::milliseconds kBusyPause = 2ms;
constexpr char kMatcherType[] = "dcmfs::Matcher";

int wait_for_turn(void*, int tries) {
  if (tries * kBusyPause > kBusyMax) return 0;
  std::this_thread::sleep_for(kBusyPause);
  return 1;
}

Error error_of(sqlite3* db, int status) {
  const std::string what = db ? sqlite3_errmsg(db) : sqlite3_errstr(status);
  const int os_error = db ? sqlite3_system_errno(db) : 0;
  switch (status & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Errc::busy, "index: another process is writing"};
    case SQLITE_FULL:
      return {Errc::no_space, "index: no space left on its disk"};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {Errc::corrupt,
              "index: damaged (" + what + "); run `dcmfs-check STORE --rebuild` to make it anew"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return {Errc::denied, "index: " + what};
    case SQLITE_INTERRUPT:
      return {Errc::cancelled, "index: interrupted"};
    case SQLITE_TOOBIG:
      return {Errc::too_large, "index: " + what};
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      break;
    default:
      return {Errc::io, "index: " + what};
  }
  if (os_error == ENOSPC || os_error == EDQUOT) return {Errc::no_space, "index: " + what};
  if (os_error == EACCES || os_error == EPERM) return {Errc::denied, "index: " + what};
  if (os_error == ENOENT) return {Errc::not_found, "index: " + what};
  return {Errc::io, "index: " + what};
}

std::string_view text_of(sqlite3_value* value) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
  return {text ? text : "", static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

// dcm_match(matcher, value): what decides every condition of a query.
void dcm_match(sqlite3_context* context, int, sqlite3_value** arguments) {
  const auto* matcher =
      static_cast<const Matcher*>(sqlite3_value_pointer(arguments[0], kMatcherType));
  if (!matcher) return sqlite3_result_error(context, "dcm_match without a matcher", -1);
  std::optional<std::string_view> stored;
  if (sqlite3_value_type(arguments[1]) != SQLITE_NULL) stored = text_of(arguments[1]);
  sqlite3_result_int(context, matcher->matches(stored));
}

// dcm_fold(text): for columns that are searched without case and accents.
void dcm_fold(sqlite3_context* context, int, sqlite3_value** arguments) {
  if (sqlite3_value_type(arguments[0]) == SQLITE_NULL) return sqlite3_result_null(context);
  const std::string folded = fold(text_of(arguments[0]));
  sqlite3_result_text(context, folded.data(), static_cast<int>(folded.size()), SQLITE_TRANSIENT);
}

// dcm_id_rest(PatientID, StudyInstanceUID, ...): ResourceId::rest() of the level that the last one identifies.
void dcm_id_rest(sqlite3_context* context, int count, sqlite3_value** arguments) {
  Uids uids;
  const Level level = kLevels[static_cast<std::size_t>(count) - 1].level;
  for (const LevelInfo& each : levels_down_to(level))
    uid_of(uids, each.level) = text_of(arguments[index_of(each.level)]);
  const ResourceId id = ResourceId::of(level, uids);
  sqlite3_result_blob(context, id.rest().data(), static_cast<int>(id.rest().size()),
                      SQLITE_TRANSIENT);
}

// A function of texts that may be NULL, whose answer is a number or NULL.
template <std::size_t count, std::optional<std::int64_t> (*function)(std::span<const Text, count>)>
void number_of_texts(sqlite3_context* context, int, sqlite3_value** arguments) {
  std::array<Text, count> texts;
  for (std::size_t i = 0; i < count; ++i) {
    if (sqlite3_value_type(arguments[i]) != SQLITE_NULL) texts[i] = text_of(arguments[i]);
  }
  const auto answer = function(texts);
  return answer ? sqlite3_result_int64(context, *answer) : sqlite3_result_null(context);
}

std::string uri_of(const std::filesystem::path& file) {
  std::string uri = "file:";
  for (const char c : file.string()) {
    if (c == '%' || c == '?' || c == '#') {
      constexpr char kHex[] = "0123456789abcdef";
      uri += {'%', kHex[c >> 4], kHex[c & 15]};
    } else {
      uri += c;
    }
  }
  return uri;
}

}  // namespace

Statement::Statement(sqlite3* db, sqlite3_stmt* statement, bool* in_use, int prepared)
    : db_(db), statement_(statement), in_use_(in_use), status_(prepared) {
  if (in_use_) *in_use_ = true;
}

Statement::Statement(Statement&& other) noexcept
    : db_(other.db_),
      statement_(std::exchange(other.statement_, nullptr)),
      in_use_(std::exchange(other.in_use_, nullptr)),
      status_(other.status_),
      bound_(other.bound_) {}

Statement::~Statement() {
  if (!in_use_) {
    sqlite3_finalize(statement_);
    return;
  }
  if (statement_ != nullptr) {  // SQLite takes no null pointer here: it could not be prepared
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  *in_use_ = false;
}

Statement& Statement::bind(std::nullptr_t) {
  sqlite3_bind_null(statement_, ++bound_);
  return *this;
}
Statement& Statement::bind(std::int64_t number) {
  sqlite3_bind_int64(statement_, ++bound_, number);
  return *this;
}
Statement& Statement::bind(std::string_view text) {
  // A null pointer would be NULL, not "".
  sqlite3_bind_text64(statement_, ++bound_, text.empty() ? "" : text.data(), text.size(),
                      SQLITE_TRANSIENT, SQLITE_UTF8);
  return *this;
}
Statement& Statement::bind(const std::optional<std::string>& text) {
  return text ? bind(std::string_view(*text)) : bind(nullptr);
}
Statement& Statement::bind(std::span<const std::uint8_t> bytes) {
  sqlite3_bind_blob64(statement_, ++bound_, bytes.data(), bytes.size(), SQLITE_TRANSIENT);
  return *this;
}
Statement& Statement::bind(const Matcher* matcher) {
  sqlite3_bind_pointer(statement_, ++bound_, const_cast<Matcher*>(matcher), kMatcherType, nullptr);
  return *this;
}

Result<bool> Statement::step() {
  if (status_ != SQLITE_OK) return error_of(db_, status_);
  const int status = sqlite3_step(statement_);
  if (status == SQLITE_ROW) return true;
  if (status == SQLITE_DONE) return false;
  return error_of(db_, status);
}

Result<> Statement::run() {
  for (;;) {
    DCMFS_TRY(const bool more, step());
    if (!more) return {};
  }
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}
bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}
std::string Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (!text) return {};
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}
std::optional<std::string> Statement::text_or_null(int column) const {
  if (is_null(column)) return std::nullopt;
  return text(column);
}
std::span<const std::uint8_t> Statement::blob(int column) const {
  const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Result<std::unique_ptr<Connection>> Connection::open(const std::filesystem::path& file,
                                                     Access access) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI | SQLITE_OPEN_EXRESCODE;
  std::string uri = uri_of(file);
  switch (access) {
    case Access::read_write:
      flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
      break;
    case Access::immutable:
      uri += "?immutable=1";
      [[fallthrough]];
    case Access::read_only:
      flags |= SQLITE_OPEN_READONLY;
      break;
  }
  // Else SQLite counts its memory, and takes a lock for each piece of it, which all threads share.
  // Refused where somebody uses SQLite already, which does no harm.
  static const int uncounted = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(uncounted);

  sqlite3* db = nullptr;
  const int status = sqlite3_open_v2(uri.c_str(), &db, flags, nullptr);
  std::unique_ptr<Connection> connection(new Connection(db));
  if (status != SQLITE_OK) return error_of(db, status);
  sqlite3_busy_handler(db, wait_for_turn, nullptr);
  DCMFS_CHECK(connection->add_functions());
  return connection;
}

Result<> Connection::add_functions() {
  const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
  struct Function {
    const char* name;
    int arguments;
    void (*body)(sqlite3_context*, int, sqlite3_value**);
  };
  for (const Function& f :
       {Function{"dcm_match", 2, dcm_match}, Function{"dcm_fold", 1, dcm_fold},
        Function{"dcm_id_rest", 1, dcm_id_rest}, Function{"dcm_id_rest", 2, dcm_id_rest},
        Function{"dcm_id_rest", 3, dcm_id_rest}, Function{"dcm_id_rest", 4, dcm_id_rest},
        Function{"dcm_expected_instances", 5, number_of_texts<5, expected_instances>},
        Function{"dcm_index_in_series", 2, number_of_texts<2, index_in_series>}}) {
    const int status =
        sqlite3_create_function(db_, f.name, f.arguments, flags, nullptr, f.body, nullptr, nullptr);
    if (status != SQLITE_OK) return error_of(db_, status);
  }
  return {};
}

Connection::~Connection() {
  for (auto& [sql, kept] : kept_) {
    assert(!kept.in_use);
    sqlite3_finalize(kept.statement);
  }
  sqlite3_close(db_);
}

Statement Connection::prepare(std::string_view sql) {
  auto found = kept_.find(sql);
  if (found == kept_.end()) found = kept_.emplace(sql, Kept{}).first;
  Kept& kept = found->second;
  if (kept.in_use) return prepare_once(sql);
  int status = SQLITE_OK;
  if (!kept.statement) {
    status = sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()),
                                SQLITE_PREPARE_PERSISTENT, &kept.statement, nullptr);
  }
  return {db_, kept.statement, &kept.in_use, status};
}

Statement Connection::prepare_once(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int status =
      sqlite3_prepare_v2(db_, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  return {db_, statement, nullptr, status};
}

Result<> Connection::script(const std::string& sql) {
  const int status = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
  if (status != SQLITE_OK) return error_of(db_, status);
  return {};
}

bool Connection::in_transaction() const {
  return sqlite3_get_autocommit(db_) == 0;
}
std::int64_t Connection::changes() const {
  return sqlite3_changes64(db_);
}
RowId Connection::last_insert() const {
  return RowId{sqlite3_last_insert_rowid(db_)};
}

void Connection::keep_log() {
  int keep = 1;
  sqlite3_file_control(db_, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
}

}  // namespace dcmfs::detail
