#pragma once
// The index: what is known of every resource. Nothing outside store/ knows that
// it is SQLite.
//
// Reading: any thread, each on its own connection. Writing: one Batch at a time
// in the world (other processes included); begin() waits for its turn.
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/attributes.h"
#include "store/change_feed.h"
#include "store/detail/synced_rows.h"
#include "store/origin.h"
#include "store/query.h"
#include "store/resource.h"
#include "store/store.h"
#include "store/view.h"

namespace dcmfs::detail {

class Connection;

// The parts of NewInstance that a newer program may see differently.
struct Sizes {
  std::int64_t json = 0, pdf = 0;                       // bytes; 0: no PDF in it
  int rows = 0, columns = 0, channels = 0, frames = 0;  // of the picture; 0: none
};

// What ingest found in a file: all that becomes rows.
struct NewInstance {
  Uids uids;
  std::vector<std::optional<std::string>> values;  // by attributes(): value, "" or absent
  // Proposed names (store/entry_names.h); the index makes them unique.
  std::string patient_name, study_name, series_name, instance_name;
  std::string study_link, series_link, modality;
  int study_date = 0, series_date = 0;
  StoredFile file;  // but `instance`
  Sizes sizes;
  Origin origin = {};
  // Given by rebuild, which keeps numbers; else the next one is taken.
  std::optional<RowId> row;
};

class Index {
 public:
  enum class Mode : std::uint8_t { read_write, read_only };
  static Result<std::unique_ptr<Index>> open(const std::filesystem::path& file, Mode, Durability);
  ~Index();

  // One transaction. Rolled back unless committed. After any error but already_exists (which
  // changed nothing) it can only be dropped: what follows fails. Used by one thread.
  class Batch {
   public:
    Batch(Batch&&) noexcept;
    ~Batch();
    struct Existing {
      RowId row;
      StoredFile file;
    };
    Result<std::optional<Existing>> existing(const Uids&);
    // The row that the next insert() without `row` will have.
    Result<RowId> next_row();
    // Adds the instance and those of its ancestors that are new, and their changes.
    // already_exists: call existing() first.
    Result<Key> insert(const NewInstance&);
    // Removes rows; answers the instances whose files are to go. Their numbers stay in the
    // table of doomed files until forget_doomed() says that the files are gone. Parents that
    // are empty when the batch is committed go with them.
    Result<std::vector<RowId>> remove(Key, Time at);
    Result<> forget_doomed(const std::vector<RowId>&);
    Result<> set_sizes(RowId instance, const Sizes&);
    Result<> set_value(Key, const Attribute&, const std::optional<std::string>&);
    Result<> set_filled();  // all of unfilled() have been given their values
    Result<> set_meta(std::string_view key, std::string_view value);
    // What has files of its own: the outbox, kept values, labels ...
    Result<> with(const std::function<Result<>(Connection&)>&);
    Result<> reserve_rows(RowId through);  // the next instance gets a higher one
    Result<> commit();
    // After commit() has failed: a crash may yet make it succeed, so that what it speaks of must
    // stay both as it was and as it was to be. (begin() sees to that first, when it can again.)
    bool is_in_doubt() const;

   private:
    friend class Index;
    struct State;
    explicit Batch(std::unique_ptr<State>);
    std::unique_ptr<State> state_;
  };
  // How durable its commit is: what Durability says, or not before sync() or a sync of the whole
  // file system.
  enum class Commit : std::uint8_t { as_opened, unsynced };
  Result<Batch> begin(Commit = Commit::as_opened);
  // One transaction that is durable when it is answered, also where arrivals are relaxed.
  Result<> write_durably(const std::function<Result<>(Connection&)>&);
  Result<> make_durable();  // what was committed, if arrivals are relaxed; else it is
  Result<> read(const std::function<Result<>(Connection&)>&) const;

  // -- what Store offers under the same names
  Result<Resource> get(Key) const;
  Result<Key> key(Level, const ResourceId&) const;
  Result<StoredFile> file(RowId) const;
  Result<> find(const Query&, const std::function<bool(const Resource&)>& each) const;
  Result<std::int64_t> count(const Query&) const;
  Result<std::vector<Identity>> identities(const Query&) const;
  Result<std::vector<Identity>> identities(std::optional<Key> above, Level, RowId after,
                                           std::size_t limit) const;
  Result<RowId> first_instance(Key) const;
  Result<Entry> entry(Key) const;
  Result<std::vector<std::string>> names(Key) const;
  Result<Entry> entry_named(std::optional<Key> parent, std::string_view name) const;
  Result<std::vector<Entry>> entries(std::optional<Key> parent, RowId after,
                                     std::size_t limit) const;
  Result<std::vector<Entry>> entries_by_name(Key series, std::string_view after,
                                             std::size_t limit) const;
  Result<std::vector<Folder>> folders(View, const Place&) const;
  Result<std::vector<Link>> links(View, const Place&, RowId after, std::size_t limit) const;
  Result<Link> link_named(View, const Place&, std::string_view name) const;
  Result<std::int64_t> modality(std::string_view folder_name) const;
  Result<Store::Statistics> statistics() const;
  Result<Store::Statistics> statistics(Key) const;
  ChangeFeed& changes() const;

  // -- for recovery and dcmfs-check
  Result<RowId> last_row() const;  // the highest instance number ever given
  Result<std::vector<RowId>> doomed() const;
  Result<std::vector<StoredFile>> files(RowRange, std::size_t limit) const;
  Result<std::vector<StoredFile>> files(RowId after, std::size_t limit) const;
  Result<std::optional<std::string>> meta(std::string_view key) const;
  // Attributes whose column was just added: recovery fills them from the files.
  std::vector<const Attribute*> unfilled() const;
  // SQLite's own integrity_check; an error describes what it found.
  Result<> verify() const;
  // Writes the whole log into the database, durably, and begins it anew: all there is, is then in the
  // one file. busy while somebody reads what is older.
  Result<> write_log_back();
  // Makes what was committed without a sync durable.
  Result<> sync();

 private:
  struct State;
  explicit Index(std::unique_ptr<State>);
  std::unique_ptr<State> state_;
};

}  // namespace dcmfs::detail
