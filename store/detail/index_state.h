#pragma once
// What the files of the index share.
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "store/detail/change_log.h"
#include "store/detail/index.h"
#include "store/detail/readers.h"
#include "store/detail/sqlite.h"

namespace dcmfs::detail {

struct Counted {
  std::int64_t seq;  // of the last change that is counted in
  Store::Statistics counts;
};

struct Index::State {
  State(std::filesystem::path path, Mode m, Durability d)
      : file(std::move(path)), mode(m), durability(d), readers(file) {}

  const std::filesystem::path file;
  const Mode mode;
  const Durability durability;
  std::mutex writing;                  // held by the one Batch
  std::unique_ptr<Connection> writer;  // guarded by writing; nullptr if read only
  Commit commit = Commit::as_opened;   // of the writer, guarded by writing
  bool in_doubt = false;               // guarded by writing: see settle()
  std::mutex counting;
  std::optional<Counted> counted;  // guarded by counting
  // Closed before the writer: the last connection writes the log back, which readers cannot.
  Readers readers;
  ChangeLog changes{readers};

  // After a failed commit. SQLite appends a transaction to its log and then syncs that; if the sync
  // fails, it forgets the transaction, but the log still holds all of it, and whoever recovers the
  // log after a crash takes it for committed. The next transaction is written over it: this is
  // one, that means nothing.
  Result<> settle();
};

// The rows above an instance, as far as they are there.
struct Ancestors {
  std::optional<RowId> patient, study, series;
};

struct Index::Batch::State {
  State(Index::State& of, std::unique_lock<std::mutex> lock)
      : index(of), turn(std::move(lock)), db(*of.writer) {}

  Index::State& index;
  std::unique_lock<std::mutex> turn;
  Connection& db;
  bool open = true;           // neither committed nor rolled back
  bool failed = false;        // half of something may be written: only to be rolled back
  std::optional<RowId> next;  // instance; asked of the database once
  // Most instances of a batch are of few series: their rows are looked up once.
  std::unordered_map<std::string, Ancestors> known;
  // Parents of what was removed, and when. Those that are empty at the end of the batch go
  // then: an instance that is replaced, removed and inserted again, keeps its series.
  std::map<Key, Time> bereft;

  Result<RowId> next_row();
  Result<Ancestors> ancestors(const Uids&);
  Result<Key> insert(const NewInstance&);
  Result<std::vector<RowId>> remove(Key, Time at);
  Result<> remove_empty_parents();
  Result<> set_value(Key, const Attribute&, const std::optional<std::string>&);

  // The result of `action`, unless something failed before. Remembers if it failed.
  template <class Action>
  auto guarded(Action action) -> decltype(action()) {
    if (!open || failed) return Error{Errc::io, "index: the batch can only be dropped"};
    auto result = action();
    if (!result && result.error().code != Errc::already_exists) failed = true;
    return result;
  }
};

// A StoredFile is read from these columns. They need kJoinFile.
inline constexpr std::string_view kFileColumns =
    "instance.id, instance.size, instance.sha256, instance.crc32, instance.received,"
    " transfer_syntax.uid";
inline constexpr std::string_view kJoinFile =
    " JOIN transfer_syntax ON transfer_syntax.id = instance.transfer_syntax";
StoredFile stored_file(const Statement&);

// As the column keeps it: what the Matcher's bounds speak of.
std::optional<std::string> normalised(const Attribute&, const std::optional<std::string>&);

// The letters of one row, as they are in it now. Of a level without Search::letters: nothing.
Result<> add_trigrams(Connection&, Key);
Result<> drop_trigrams(Connection&, Key);

}  // namespace dcmfs::detail
