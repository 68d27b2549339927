#pragma once
// What a Store is made of, in the order in which it is made.
#include <memory>
#include <optional>

#include "store/derived_files.h"
#include "store/detail/committer.h"
#include "store/detail/doomed_files.h"
#include "store/detail/folders.h"
#include "store/detail/index.h"
#include "store/detail/lock.h"
#include "store/detail/quota.h"
#include "store/detail/spool_folder.h"
#include "store/detail/syncer.h"
#include "store/detail/trash.h"
#include "store/rejected.h"
#include "store/store.h"

namespace dcmfs {

struct Store::Parts {
  Parts(const std::filesystem::path& root, StoreOptions opened_with)
      : options(std::move(opened_with)),
        folders(root),
        rejected(folders.rejected()),
        derived(folders.derived()),
        trash(folders) {}
  ~Parts() {
    // The index need not forget now: the next start would find it out.
    if (doomed) (void)doomed->forget();
  }

  const StoreOptions options;
  const detail::Folders folders;
  Rejected rejected;
  DerivedFiles derived;
  const detail::Trash trash;
  std::optional<detail::StoreLock> lock;
  std::unique_ptr<detail::Index> index;
  std::optional<Outbox> outbox;
  std::optional<KeptValues> kept_values;
  std::optional<Labels> labels;
  std::optional<Metadata> metadata;
  std::optional<Attachments> attachments;
  std::optional<PublicChanges> public_changes;
  std::optional<ExportLog> exports;
  std::optional<Stability> stability;
  // The rest is for writing.
  std::optional<detail::SpoolFolder> spool;
  std::optional<detail::Quota> quota;
  std::optional<detail::DoomedFiles> doomed;
  std::optional<detail::Syncer> syncer;
  detail::DurableFiles durable{folders};
  std::optional<detail::Committer> committer;

  void use_index() {
    outbox.emplace(*index, folders);
    kept_values.emplace(*index);
    labels.emplace(*index);
    metadata.emplace(*index);
    attachments.emplace(*index, folders);
    public_changes.emplace(*index);
    exports.emplace(*index);
    stability.emplace(*index);
  }
  // Store::add, at a given time.
  Result<Added> add(SpoolFile&, Time received, const Origin&, Overwrite);
  void report(std::string_view what, std::int64_t done, std::int64_t total) const {
    if (options.progress) options.progress(what, done, total);
  }
};

}  // namespace dcmfs
