#include "store/store.h"

#include <cerrno>

#include <sys/statvfs.h>

#include "store/detail/annotations.h"
#include "store/detail/attachment_files.h"
#include "store/detail/file_ops.h"
#include "store/detail/ingest.h"
#include "store/detail/outbox_files.h"
#include "store/detail/parts.h"
#include "store/detail/rebuild.h"
#include "store/detail/recovery.h"
#include "store/detail/renewal.h"
#include "store/detail/search.h"

namespace dcmfs {
namespace {

using detail::Index;
using detail::StoreLock;
namespace file_ops = detail::file_ops;

// A large file is made durable by who brings it, not by the group that it would hold up. For small
// ones that only costs.
constexpr std::int64_t kLargeBytes = 4 << 20;

const Error kReadOnly{Errc::denied, "the store is open for reading only"};

Result<> open_for_reading(Store::Parts& parts) {
  DCMFS_TRY(parts.lock, StoreLock::take(parts.folders.lock(), StoreLock::Mode::read_only));
  DCMFS_TRY(parts.index,
            Index::open(parts.folders.index(), Index::Mode::read_only, parts.options.durability));
  parts.use_index();
  return {};
}

// A new index beside stored files would take them for what a crash left.
Result<> require_index(const detail::Folders& folders) {
  std::error_code error;
  const auto size = std::filesystem::file_size(folders.index(), error);
  if (!error && size > 0) return {};
  bool is_empty = true;
  DCMFS_CHECK(folders.each_blob(RowId{0}, [&](RowId) { return is_empty = false; }));
  DCMFS_TRY(const auto unsent, detail::outbox_names(folders));
  if (is_empty && unsent.empty()) return {};
  return Error{Errc::corrupt,
               "index: missing, but there are stored files; run `dcmfs-check STORE --rebuild` to "
               "make it anew"};
}

Result<> open_for_writing(Store::Parts& parts, Time now) {
  const StoreOptions& options = parts.options;
  const detail::Folders& folders = parts.folders;
  DCMFS_CHECK(folders.make());
  DCMFS_TRY(parts.lock, StoreLock::take(folders.lock(), StoreLock::Mode::read_write));
  if (parts.lock->alone()) {
    DCMFS_CHECK(detail::finish_rebuild(folders));
    DCMFS_CHECK(require_index(folders));
  }
  DCMFS_TRY(parts.index, Index::open(folders.index(), Index::Mode::read_write, options.durability));
  parts.use_index();
  DCMFS_TRY(auto spool, detail::SpoolFolder::make(folders.spool()));
  parts.spool.emplace(std::move(spool));
  parts.quota.emplace(*parts.index, options.size_max_bytes);
  parts.doomed.emplace(*parts.index, folders, *parts.quota);
  parts.syncer.emplace(*parts.index, folders, options.durability);
  parts.committer.emplace(
      detail::Committer::Works{*parts.index, folders, *parts.spool, *parts.doomed, *parts.quota,
                               *parts.syncer, parts.durable},
      options.durability);

  DCMFS_CHECK(detail::recover(parts, now));
  DCMFS_CHECK(detail::renew(parts));
  return parts.lock->alone() ? parts.lock->share() : Result<>();
}

}  // namespace

Result<Added> Store::Parts::add(SpoolFile& file, Time received, const Origin& origin,
                                Overwrite overwrite) {
  DCMFS_TRY(const auto size, file.size());
  const bool syncs = options.durability == Durability::full;
  // It goes to the disk while it is parsed: of small ones a fifth more come through, in a group a
  // third.
  if (syncs) file_ops::start_writeback(file.fd());
  DCMFS_TRY(auto instance, detail::read_instance(
                               file.fd(), [&] { return file.digest(); }, received));
  instance.origin = origin;
  // What a rebuilt index will take for the time of reception.
  DCMFS_CHECK(file_ops::set_modified(file.fd(), received));
  if (syncs && size >= kLargeBytes) {
    DCMFS_CHECK(file_ops::sync_data(file.fd(), "syncing a spool file"));
  }
  return committer->add(file, instance, overwrite);
}

Result<std::unique_ptr<Store>> Store::open(const std::filesystem::path& root,
                                           const StoreOptions& options) {
  std::error_code error;
  const auto absolute = std::filesystem::absolute(root, error);
  if (error) return system_error(error.value(), "the folder of the store");
  auto parts = std::make_unique<Parts>(absolute, options);
  if (!options.read_only) DCMFS_CHECK(parts->folders.make_root());
  if (!options.allow_network_filesystem) DCMFS_CHECK(parts->folders.check_filesystem());
  DCMFS_CHECK(options.read_only ? open_for_reading(*parts) : open_for_writing(*parts, now()));
  auto store = std::unique_ptr<Store>(new Store(std::move(parts)));
  if (!options.read_only) DCMFS_CHECK(store->expire(now()));
  return store;
}

Store::Store(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Store::~Store() = default;

// -- in

Result<SpoolFile> Store::spool() {
  if (!parts_->spool) return kReadOnly;
  return parts_->spool->file();
}

Result<SpoolFile> Store::spool(std::string_view name) {
  if (!parts_->spool) return kReadOnly;
  return parts_->spool->file(name);
}

Result<> Store::check_size(std::int64_t bytes) const {
  DCMFS_CHECK(detail::check_instance_size(bytes));
  return parts_->quota->check(bytes);
}

Result<SpoolFile> Store::adopt_upload(const std::filesystem::path& path) {
  if (!parts_->spool) return kReadOnly;
  const Error denied{Errc::denied, "an upload must be a file in the folder for uploads"};
  std::error_code failed;
  const auto real = std::filesystem::canonical(path, failed);
  if (failed || !std::filesystem::is_regular_file(std::filesystem::symlink_status(real, failed)))
    return denied;
  const auto below =
      real.lexically_relative(std::filesystem::canonical(parts_->folders.uploads(), failed));
  if (failed || below.empty() || *below.begin() == "..") return denied;
  return parts_->spool->adopt(real, {});
}

Result<Added> Store::add(SpoolFile& file, const Origin& origin) {
  return add(file, origin, overwrite());
}

Result<Added> Store::add(SpoolFile& file, const Origin& origin, Overwrite overwrite) {
  if (!parts_->committer) return kReadOnly;
  return parts_->add(file, now(), origin, overwrite);
}

Result<Uids> Store::identify(SpoolFile& file) const {
  return detail::read_uids(file.fd(), [&] { return file.digest(); });
}

Result<> Store::reread(Key key) {
  if (!parts_->committer) return kReadOnly;
  return detail::reread(*parts_, key);
}

Result<> Store::remove(Key key, Removal how) {
  if (!parts_->doomed) return kReadOnly;
  const Time at = now();
  std::vector<RowId> rows;
  {
    DCMFS_TRY(auto batch, parts_->index->begin());
    auto removed = batch.remove(key, at);
    if (!removed && removed.error().code != Errc::not_found) return std::move(removed).error();
    if (!removed || removed->empty()) return {};
    rows = *std::move(removed);
    DCMFS_TRY(const auto links, detail::keep_unsent(batch, parts_->folders, rows, at));
    auto committed = how == Removal::to_trash ? parts_->trash.keep(rows, at) : Result<>();
    if (committed) committed = file_ops::about_to_commit();
    if (committed) committed = batch.commit();
    if (!committed) {
      if (!batch.is_in_doubt()) detail::drop_links(links);
      if (how == Removal::to_trash && !batch.is_in_doubt()) parts_->trash.take_back(rows, at);
      return committed;
    }
  }
  // A removal that is not durable could come back after its file is gone.
  if (parts_->options.durability == Durability::relaxed) DCMFS_CHECK(parts_->index->sync());
  parts_->doomed->unlink(rows);
  // What is left now is unlinked the next time.
  (void)detail::unlink_doomed_attachments(*parts_->index, parts_->folders);
  return {};
}

Result<> Store::make_durable() {
  const bool is_durable = parts_->options.durability == Durability::full || !parts_->syncer;
  return is_durable ? Result<>() : parts_->syncer->sync_now();
}

Result<> Store::make_durable(RowId instance) const {
  if (parts_->options.durability == Durability::relaxed || !parts_->syncer) return {};
  return parts_->index->read(
      [&](detail::Connection& db) { return parts_->durable.ensure(db, instance); });
}

Rejected& Store::rejected() {
  return parts_->rejected;
}

Result<> Store::expire(Time now) {
  if (!parts_->spool) return kReadOnly;
  DCMFS_CHECK(detail::recover_spool(*parts_, now));
  DCMFS_CHECK(parts_->doomed->forget());
  DCMFS_CHECK(detail::unlink_doomed_attachments(*parts_->index, parts_->folders));
  DCMFS_CHECK(parts_->trash.expire(now));
  return parts_->rejected.expire(now);
}

// -- out

Result<Resource> Store::get(Key key) const {
  return parts_->index->get(key);
}

Result<Key> Store::key(Level level, const ResourceId& id) const {
  return parts_->index->key(level, id);
}

Result<Blob> Store::open_file(RowId instance) const {
  return parts_->folders.open_blob(instance);
}

Result<StoredFile> Store::file(RowId instance) const {
  return parts_->index->file(instance);
}

Result<> Store::find(const Query& query, const std::function<bool(const Resource&)>& each) const {
  return detail::search(*parts_->index, parts_->folders, query, each);
}

Result<std::int64_t> Store::count(const Query& query) const {
  return detail::count(*parts_->index, parts_->folders, query);
}

Result<std::vector<Identity>> Store::identities(const Query& query) const {
  return detail::identities(*parts_->index, parts_->folders, query);
}

Result<std::vector<Identity>> Store::identities(std::optional<Key> above, Level level, RowId after,
                                                std::size_t limit) const {
  return parts_->index->identities(above, level, after, limit);
}

Result<RowId> Store::first_instance(Key key) const {
  return parts_->index->first_instance(key);
}

// -- the mounted tree

Result<Entry> Store::entry(Key key) const {
  return parts_->index->entry(key);
}

Result<std::vector<std::string>> Store::names(Key key) const {
  return parts_->index->names(key);
}

Result<Entry> Store::entry_named(std::optional<Key> parent, std::string_view name) const {
  return parts_->index->entry_named(parent, name);
}

Result<std::vector<Entry>> Store::entries(std::optional<Key> parent, RowId after,
                                          std::size_t limit) const {
  return parts_->index->entries(parent, after, limit);
}

Result<std::vector<Entry>> Store::entries_by_name(Key series, std::string_view after,
                                                  std::size_t limit) const {
  return parts_->index->entries_by_name(series, after, limit);
}

Result<std::vector<Folder>> Store::folders(View view, const Place& place) const {
  return parts_->index->folders(view, place);
}

Result<std::vector<Link>> Store::links(View view, const Place& place, RowId after,
                                       std::size_t limit) const {
  return parts_->index->links(view, place, after, limit);
}

Result<Link> Store::link_named(View view, const Place& place, std::string_view name) const {
  return parts_->index->link_named(view, place, name);
}

Result<std::int64_t> Store::modality(std::string_view folder_name) const {
  return parts_->index->modality(folder_name);
}

// -- the whole

Outbox& Store::outbox() {
  return *parts_->outbox;
}

DerivedFiles& Store::derived() const {
  return parts_->derived;
}

KeptValues& Store::kept_values() {
  return *parts_->kept_values;
}

Labels& Store::labels() {
  return *parts_->labels;
}

Metadata& Store::metadata() {
  return *parts_->metadata;
}

Attachments& Store::attachments() {
  return *parts_->attachments;
}

PublicChanges& Store::public_changes() {
  return *parts_->public_changes;
}

ExportLog& Store::exports() {
  return *parts_->exports;
}

Stability& Store::stability() {
  return *parts_->stability;
}

Result<> Store::set_protected(Key patient, bool is_protected) {
  if (patient.level != Level::patient)
    return Error{Errc::invalid_argument, "only a patient can be protected"};
  return parts_->index->write_durably([&](detail::Connection& db) -> Result<> {
    DCMFS_CHECK(detail::require_resource(db, patient));
    return db.run("UPDATE patient SET protected = ?2 WHERE id = ?1", patient.row,
                  is_protected ? 1 : 0);
  });
}

ChangeFeed& Store::changes() const {
  return parts_->index->changes();
}

Result<RowId> Store::last_instance() const {
  return parts_->index->last_row();
}

Result<Store::Statistics> Store::statistics() const {
  return parts_->index->statistics();
}

Result<Store::Statistics> Store::statistics(Key key) const {
  return parts_->index->statistics(key);
}

Result<Store::Space> Store::space() const {
  struct statvfs status {};
  if (::statvfs(parts_->folders.root().c_str(), &status) != 0) {
    return system_error(errno, "asking for the free space of the store");
  }
  const auto block = static_cast<std::int64_t>(status.f_frsize);
  return Space{block * static_cast<std::int64_t>(status.f_blocks),
               block * static_cast<std::int64_t>(status.f_bfree),
               block * static_cast<std::int64_t>(status.f_bavail),
               static_cast<std::int64_t>(status.f_favail)};
}

const std::filesystem::path& Store::root() const {
  return parts_->folders.root();
}

Overwrite Store::overwrite() const {
  return parts_->options.overwrite;
}

}  // namespace dcmfs
