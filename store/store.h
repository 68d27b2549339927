#pragma once
// A DICOM store: files in a directory and an index of them.
//
// Thread safety: every method may be called from any thread.
// Durability: when add() or remove() returns, a crash undoes nothing of it
// (see Durability::relaxed for the exception that one can ask for).
// Files are written before rows and removed after them, so the index never
// names a file that is not there. Several processes may have one store open.
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/attachments.h"
#include "store/blob.h"
#include "store/change_feed.h"
#include "store/derived_files.h"
#include "store/export_log.h"
#include "store/ids.h"
#include "store/kept_values.h"
#include "store/labels.h"
#include "store/metadata.h"
#include "store/origin.h"
#include "store/outbox.h"
#include "store/public_changes.h"
#include "store/query.h"
#include "store/rejected.h"
#include "store/resource.h"
#include "store/spool.h"
#include "store/stability.h"
#include "store/view.h"

namespace dcmfs {

enum class Durability : std::uint8_t {
  full,     // on disk before it is reported
  relaxed,  // visible at once, on disk within a second: for bulk loads
};

// What add() does with other bytes under a SOPInstanceUID that is stored.
enum class Overwrite : std::uint8_t {
  never,       // refuses them (already_exists)
  always,      // replaces the instance, also with the same bytes
  if_changed,  // replaces the instance if the bytes differ
};

struct StoreOptions {
  Durability durability = Durability::full;
  Overwrite overwrite = Overwrite::never;
  std::int64_t size_max_bytes = 0;  // MaximumStorageSize; 0: no limit
  bool allow_network_filesystem = false;
  bool read_only = false;  // opens what is there, makes nothing
  // Told what open() is doing when that takes long: a phrase, and how much of it is done.
  std::function<void(std::string_view what, std::int64_t done, std::int64_t total)> progress = {};
};

struct Added {
  Key instance;
  Uids uids;
  ResourceId id;
  bool existed = false;  // the same bytes were stored before; nothing changed
};

class Store {
 public:
  // Makes the folder if it is not there, recovers what a crash left behind.
  static Result<std::unique_ptr<Store>> open(const std::filesystem::path& root,
                                             const StoreOptions& = {});
  ~Store();

  // -- in
  Result<SpoolFile> spool();
  Result<SpoolFile> spool(std::string_view name);  // with SpoolFile::set_name()
  // Whether add() could take a file of that size, for who receives one: what can never be stored need
  // not fill the disk first. too_large, over_quota, io.
  Result<> check_size(std::int64_t bytes) const;
  // Takes over a file that another program wrote below STORE/uploads, which is on the same file
  // system. denied: it is not there, or no plain file.
  Result<SpoolFile> adopt_upload(const std::filesystem::path&);
  // Stores the file. On success it has left the spool; on error it is as it was,
  // for the caller to reject or drop. Blocks until the commit, which concurrent
  // calls share. Errors: those of read_dicom, already_exists, no_space, over_quota, io.
  Result<Added> add(SpoolFile&, const Origin& = {});
  // The same, whatever the store was opened with.
  Result<Added> add(SpoolFile&, const Origin&, Overwrite);
  // Who it would be, if it were added: to tell of what was refused as already_exists.
  Result<Uids> identify(SpoolFile&) const;
  // Removes the resource and everything below it; parents left empty go too.
  // Removing what is not there is not an error. Open Blobs stay readable.
  enum class Removal : std::uint8_t { now, to_trash };
  Result<> remove(Key, Removal = Removal::now);
  // Takes the attributes of a resource, of all below it and of those above it again from the files; for
  // what is above instances the first one speaks. Names in the mounted tree stay.
  Result<> reread(Key);
  // For who promises to others what this store has. With Durability::relaxed all that is stored is on the
  // disk after the first, and the second does nothing. With Durability::full it is the other way round:
  // what may be seen and not be durable is an instance that another thread or process is storing.
  Result<> make_durable();
  Result<> make_durable(RowId instance) const;
  Rejected& rejected();
  // Empties trash and rejected/ of what has stood there for its time, and takes up
  // what processes left behind that died while this one lived. open() does it; a
  // daemon does it every hour.
  Result<> expire(Time now);

  // -- out
  Result<Resource> get(Key) const;
  Result<Key> key(Level, const ResourceId&) const;
  Result<Blob> open_file(RowId instance) const;
  Result<StoredFile> file(RowId instance) const;
  // Calls `each` for every match until it returns false. Conditions on attributes
  // that the index does not keep are decided by reading one file of each
  // candidate that the others leave (of an instance its own, else any one below):
  // 0.1 ms and more each.
  Result<> find(const Query&, const std::function<bool(const Resource&)>& each) const;
  // How many match, whatever offset and limit say; nothing is made of them.
  Result<std::int64_t> count(const Query&) const;
  // Which ones match.
  Result<std::vector<Identity>> identities(const Query&) const;
  // Those of a level below a resource (nullopt: in the store), in row order after `after`: a cursor
  // that survives arrivals and removals. invalid_argument: the level is not below.
  Result<std::vector<Identity>> identities(std::optional<Key> above, Level, RowId after,
                                           std::size_t limit) const;
  // The one below a resource that came first, or itself: of what is above instances it speaks for all.
  // not_found: there is none (any more).
  Result<RowId> first_instance(Key) const;

  // -- the mounted tree
  Result<Entry> entry(Key) const;
  // Of its entries in the tree, from the patient's down.
  Result<std::vector<std::string>> names(Key) const;
  // nullopt as parent: the patients.
  Result<Entry> entry_named(std::optional<Key> parent, std::string_view name) const;
  // Entries in row order after `after`: a cursor that survives arrivals and removals.
  Result<std::vector<Entry>> entries(std::optional<Key> parent, RowId after,
                                     std::size_t limit) const;
  // Of the instances of a series, in the order of their names after `after`.
  Result<std::vector<Entry>> entries_by_name(Key series, std::string_view after,
                                             std::size_t limit) const;
  // -- its other views: folders by date that hold symbolic links
  Result<std::vector<Folder>> folders(View, const Place&) const;
  Result<std::vector<Link>> links(View, const Place&, RowId after, std::size_t limit) const;
  Result<Link> link_named(View, const Place&, std::string_view name) const;
  // Of the modality folder of that name in series/, for Place.
  Result<std::int64_t> modality(std::string_view folder_name) const;

  ChangeFeed& changes() const;
  Outbox& outbox();  // what is to be sent
  KeptValues& kept_values();
  DerivedFiles& derived() const;  // what can be made again

  // -- what is said of resources beside their files
  Labels& labels();
  Metadata& metadata();
  Attachments& attachments();
  PublicChanges& public_changes();
  ExportLog& exports();
  Stability& stability();
  // Of a patient: kept, and told by get(); the store itself removes nobody.
  Result<> set_protected(Key patient, bool);

  struct Statistics {
    std::int64_t patients = 0, studies = 0, series = 0, instances = 0;
    std::int64_t bytes = 0;             // of the instances
    std::int64_t attachment_bytes = 0;  // of what was attached
  };
  Result<Statistics> statistics() const;
  // Of one resource and all below it; above it nothing is counted. not_found.
  Result<Statistics> statistics(Key) const;
  // The highest number that an instance ever had: as many as there are, and were. Counts nothing.
  Result<RowId> last_instance() const;
  // Of the file system that holds the blobs.
  struct Space {
    std::int64_t total_bytes, free_bytes, available_bytes;
    std::int64_t free_files;  // that may still be made
  };
  Result<Space> space() const;

  const std::filesystem::path& root() const;
  Overwrite overwrite() const;  // as it was opened

  struct Parts;  // private to store/detail

 private:
  explicit Store(std::unique_ptr<Parts>);
  std::unique_ptr<Parts> parts_;
};

}  // namespace dcmfs
