#pragma once
// SQLite as the index uses it: connections and statements that close
// themselves, errors as Result.
//
// A Connection is used by one thread at a time. A Statement is a lease of a
// prepared statement: it is reset when it goes, which also ends its read
// transaction, and must go before its connection.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/ids.h"
#include "store/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace dcmfs {
class Matcher;
}

namespace dcmfs::detail {

class Statement {
 public:
  Statement(Statement&&) noexcept;
  ~Statement();

  // Each binds the next parameter; text is copied. A Matcher (the first argument of
  // dcm_match) must live as long as the statement is stepped.
  Statement& bind(std::nullptr_t);
  Statement& bind(std::int64_t);
  Statement& bind(int number) { return bind(std::int64_t{number}); }
  Statement& bind(RowId row) { return bind(value(row)); }
  Statement& bind(std::string_view);
  Statement& bind(const std::string& text) { return bind(std::string_view(text)); }
  Statement& bind(const char* text) { return bind(std::string_view(text)); }
  Statement& bind(const std::optional<std::string>&);
  Statement& bind(std::span<const std::uint8_t>);
  Statement& bind(const Matcher*);

  // True: there is a row. An SQL error, also one of preparing, is reported here.
  Result<bool> step();
  Result<> run();  // to its end; rows are not looked at
  // What `make` makes of each row.
  template <class Make>
  auto all(const Make& make) -> Result<std::vector<decltype(make(*this))>> {
    std::vector<decltype(make(*this))> made;
    for (;;) {
      DCMFS_TRY(const bool more, step());
      if (!more) return made;
      made.push_back(make(*this));
    }
  }

  std::int64_t integer(int column) const;
  RowId row(int column) const { return RowId{integer(column)}; }
  bool is_null(int column) const;
  std::string text(int column) const;  // "" if NULL
  std::optional<std::string> text_or_null(int column) const;
  std::span<const std::uint8_t> blob(int column) const;  // until the next step

 private:
  friend class Connection;
  Statement(sqlite3* db, sqlite3_stmt*, bool* in_use, int prepared);

  sqlite3* db_;
  sqlite3_stmt* statement_;
  bool* in_use_;  // of the connection's kept statement; nullptr: our own, finalised at the end
  int status_;    // of preparing
  int bound_ = 0;
};

class Connection {
 public:
  enum class Access : std::uint8_t {
    read_write,
    read_only,
    immutable,  // read only, and no lock is taken: nobody may be writing
  };
  static Result<std::unique_ptr<Connection>> open(const std::filesystem::path&, Access);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Kept by its text for the next time.
  Statement prepare(std::string_view sql);
  // For SQL that is made for one occasion.
  Statement prepare_once(std::string_view sql);

  template <class... Values>
  Result<> run(std::string_view sql, const Values&... values) {
    Statement statement = prepare(sql);
    (statement.bind(values), ...);
    return statement.run();
  }
  // The first column of the first row.
  template <class... Values>
  Result<std::optional<std::int64_t>> integer(std::string_view sql, const Values&... values) {
    Statement statement = prepare(sql);
    (statement.bind(values), ...);
    DCMFS_TRY(const bool found, statement.step());
    if (!found) return std::optional<std::int64_t>();
    return std::optional(statement.integer(0));
  }
  Result<> script(const std::string& sql);  // several statements, no parameters

  bool in_transaction() const;
  std::int64_t changes() const;  // rows of the last INSERT, UPDATE or DELETE
  RowId last_insert() const;
  // The log file (-wal) stays when the last connection closes, so that a user who may
  // not write into the folder can read the database.
  void keep_log();

 private:
  explicit Connection(sqlite3* db) : db_(db) {}
  Result<> add_functions();

  struct Kept {
    sqlite3_stmt* statement = nullptr;
    bool in_use = false;
  };
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  sqlite3* db_;
  std::unordered_map<std::string, Kept, Hash, std::equal_to<>> kept_;
};

}  // namespace dcmfs::detail
