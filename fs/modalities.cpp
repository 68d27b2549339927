#include "fs/modalities.h"

#include <algorithm>

#include <unistd.h>

#include "fs/drop_item.h"
#include "fs/incoming_names.h"
#include "fs/modality_files.h"
#include "fs/peers.h"

namespace dcmfs::fs {
namespace {

constexpr OutboxId kNothing{0};
constexpr std::string_view kRetrieve = "retrieve";
constexpr std::size_t kFoundBytesMax = 1 << 20;  // of a study's attributes

bool is_to_retrieve(std::string_view destination, std::string_view path) {
  return !destination.starts_with(kPeersPrefix) && path.starts_with(kRetrieve) &&
         path.substr(kRetrieve.size()).starts_with('/');
}

// The value of a member that is a text without escapes, as UIDs are; "" if there is none.
std::string text_member(std::string_view json, std::string_view name) {
  const auto at = json.find("\"" + std::string(name) + "\"");
  if (at == std::string_view::npos) return {};
  json.remove_prefix(at + name.size() + 2);
  const auto colon = json.find_first_not_of(" \t\n");
  if (colon == std::string_view::npos || json[colon] != ':') return {};
  json.remove_prefix(colon + 1);
  const auto quote = json.find_first_not_of(" \t\n");
  if (quote == std::string_view::npos || json[quote] != '"') return {};
  json.remove_prefix(quote + 1);
  return std::string(json.substr(0, json.find('"')));
}

// A file of the tree that is made of an instance, and so nothing to send beside it.
bool is_made_of_instances(const Node& node) {
  return marked(node.kind, kGenerated);
}

}  // namespace

Modalities::Modalities(Tree& tree, std::string mountpoint, Time now)
    : Drop(tree.store(), tree.options(), {Kind::modality, Kind::modality_node}, now),
      tree_(tree),
      mountpoint_(std::move(mountpoint)) {}

Drop::ItemPtr Modalities::make_root(std::uint64_t number) {
  auto name = destination_of(options_, number);
  if (!name) return nullptr;
  auto root = add_root(number);
  root->name = *std::move(name);
  if (is_dicom_node(options_, number)) add_permanent_folder(root, kRetrieve);
  return root;
}

// mutex_ is held, and stays so for the disk: it is rare.
Result<> Modalities::may_make_folder(const Item& parent, std::string_view name) {
  if (!parent.is_permanent) return {};
  return options_.peers->retrieve(items_.at(parent.root)->name, std::string(name));
}

// -- within the mount

Result<std::size_t> Modalities::copy(Handle handle, const Copy& copy, Time now) {
  const Error bytes_needed{Errc::not_supported, "its bytes have to be written"};
  if (copy.source.kind != Kind::instance_dcm && !is_made_of_instances(copy.source)) {
    return bytes_needed;
  }
  DCMFS_TRY(const auto open, opened_to_write(handle));
  const auto& [item, draft, wrote] = open;
  const std::unique_lock content(draft->content);
  // From its beginning on, piece after piece: a file of more than 4 GiB comes in several.
  const bool begins = draft->source.kind == Kind::none;
  if (draft->spool || copy.from != copy.to || copy.from != draft->size ||
      (!begins && draft->source != copy.source)) {
    return bytes_needed;
  }
  const auto length = std::clamp<std::int64_t>(copy.length, 0, copy.source_size - copy.from);
  if (length <= 0) return std::size_t{0};
  draft->source = copy.source;
  draft->size += length;
  draft->written = true;
  draft->closed = false;
  draft->failed = false;
  const std::scoped_lock lock(mutex_);
  item->mtime = to_timespec(now);
  item->last_use = now;
  return static_cast<std::size_t>(length);
}

// -- links

// From the root of the mount, wherever the link will stand: a link that was copied from a view still
// begins with the dots of its old place, and people forget them.
Result<Key> Modalities::resolve(std::string_view target) {
  const Error nothing{Errc::not_found, "the link does not lead to anything that can be sent"};
  if (target.starts_with('/')) {
    if (mountpoint_.empty() || !target.starts_with(mountpoint_)) return nothing;
    target.remove_prefix(mountpoint_.size());
    if (!target.empty() && !target.starts_with('/')) return nothing;
  }
  Node at{Kind::root};
  bool beginning = true;
  while (!target.empty()) {
    const auto end = std::min(target.find('/'), target.size());
    const auto part = target.substr(0, end);
    target.remove_prefix(std::min(end + 1, target.size()));
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (!beginning) return nothing;
      continue;
    }
    beginning = false;
    DCMFS_TRY(const auto found, tree_.lookup(at, part));
    at = found.node;
    if (!S_ISLNK(found.attr.st_mode)) continue;
    // A view's link leads to a resource.
    DCMFS_TRY(const auto further, tree_.read_link(at));
    target = {};
    DCMFS_TRY(const Key key, resolve(further));
    return key;
  }
  if (is_made_of_instances(at)) return nothing;
  const auto key = resource_of(at);
  if (!key) return nothing;
  return *key;
}

Result<Drop::Attributes> Modalities::make_link(const Node& in, std::string_view name,
                                               std::string_view target, Writer writer, Time now) {
  DCMFS_TRY(const Key key, resolve(target));
  std::string destination;
  {
    const std::scoped_lock lock(mutex_);
    DCMFS_TRY(const auto parent, folder(in));
    destination = items_.at(parent->root)->name;
    if (is_to_retrieve(destination, path(*parent) + "/"))
      return Error{Errc::denied, "it is here already"};
    if (child(*parent, name)) return Error{Errc::already_exists, "there is a file of that name"};
  }
  const bool one = key.level == Level::instance;
  DCMFS_TRY(const auto queued,
            store_.outbox().put({key, destination, one ? std::string(name) : std::string()}, now));
  if (queued.entries == 0) return Error{Errc::not_found, "it was removed meanwhile"};
  const std::scoped_lock lock(mutex_);
  DCMFS_TRY(const auto parent, folder(in));
  DCMFS_TRY(const auto item, add(parent, name, S_IFLNK | 0777, writer, now));
  item->target = target;
  return attributes(*item);
}

Result<std::string> Modalities::read_link(const Node& node) {
  const std::scoped_lock lock(mutex_);
  const auto item = find(node);
  if (item == nullptr || !S_ISLNK(item->mode)) return no_such_file();
  return item->target;
}

// -- when a file is complete

Result<> Modalities::take(Item& item, const DraftPtr& draft, Handle by, const std::string& path,
                          Time now) {
  if (auto why = unwritten(*draft)) return fail(*draft, *std::move(why));
  auto queued = put(item, *draft, path, now);
  if (queued) return {};
  // What is named only has its bytes elsewhere.
  const bool again = draft->spool && !is_about_the_file(queued.error().code);
  return again ? put_off(*draft, by, std::move(queued).error(), now)
               : fail(*draft, std::move(queued).error());
}

Result<> Modalities::put(const Item& item, Draft& draft, const std::string& path, Time now) {
  std::string destination;
  {
    const std::scoped_lock lock(mutex_);
    destination = items_.at(item.root)->name;
  }
  if (is_to_retrieve(destination, path)) return fetch(draft, destination);
  const OutboxId earlier{draft.entry.load()};
  DCMFS_TRY(const auto entry, draft.spool ? put_bytes(draft, destination, path, now)
                                          : put_source(draft, destination, last_part(path), now));
  draft.entry = value(entry);
  // An earlier flush came before it was whole. What was sent since cannot be taken back.
  if (value(earlier) != 0) (void)store_.outbox().give_up(earlier);
  return {};
}

Result<> Modalities::fetch(Draft& draft, const std::string& destination) {
  const Error none{Errc::invalid_argument, "not a study that was found"};
  if (!draft.spool || draft.size > static_cast<std::int64_t>(kFoundBytesMax)) return none;
  std::string json(static_cast<std::size_t>(draft.size), '\0');
  const auto bytes = ::pread(draft.spool->fd(), json.data(), json.size(), 0);
  if (bytes != static_cast<ssize_t>(json.size())) return none;
  DCMFS_CHECK(options_.peers->retrieve(destination, text_member(json, "StudyInstanceUID")));
  draft.spool.reset();
  return {};
}

Result<OutboxId> Modalities::put_source(const Draft& draft, const std::string& destination,
                                        std::string_view name, Time now) {
  if (draft.source.kind != Kind::instance_dcm) return kNothing;  // made of what is sent beside it
  const Key key{Level::instance, RowId{static_cast<std::int64_t>(draft.source.row)}};
  DCMFS_TRY(const auto file, store_.file(key.row));
  if (draft.size != file.size) return Error{Errc::corrupt, "a part of a file only"};
  DCMFS_TRY(const auto queued, store_.outbox().put({key, destination, std::string(name)}, now));
  if (queued.entries == 0) return Error{Errc::not_found, "it was removed meanwhile"};
  return queued.first;
}

Result<OutboxId> Modalities::put_bytes(Draft& draft, const std::string& destination,
                                       const std::string& path, Time now) {
  auto& file = *draft.spool;
  const std::string name(last_part(path));
  auto entry = kNothing;
  std::int64_t row = 0;
  const bool company = is_company(file.fd(), path);
  if (company) {
    // Nothing to send; it can be read and written on until its name goes.
  } else if (options_.import_sent) {
    DCMFS_TRY(const auto added, store_.add(file, {.way = Origin::Way::file_system}));
    row = value(added.instance.row);
    draft.spool.reset();
    DCMFS_TRY(const auto queued, store_.outbox().put({added.instance, destination, name}, now));
    entry = queued.first;
  } else {
    DCMFS_TRY(entry, store_.outbox().put(file, name, destination, now));
  }
  if (!company) draft.spool.reset();
  draft.source = {};
  draft.row = row;
  return entry;
}

Result<Blob> Modalities::settled(const Draft& draft) const {
  if (draft.source.kind == Kind::instance_dcm) {
    return store_.open_file(RowId{static_cast<std::int64_t>(draft.source.row)});
  }
  if (draft.row != 0) return store_.open_file(RowId{draft.row.load()});
  if (draft.entry != 0) {
    const auto entry = store_.outbox().get(OutboxId{draft.entry.load()});
    if (entry) return store_.outbox().open(*entry);
  }
  return Error{Errc::io, "the bytes of this file were sent and not kept"};
}

Result<std::optional<OutboxId>> Modalities::queue(Handle handle, Time now) {
  ItemPtr item;
  DraftPtr draft;
  std::string at;
  {
    const std::scoped_lock lock(mutex_);
    DCMFS_TRY(const auto open, opened(handle));
    item = open.item;
    draft = open.draft;
    at = path(*item);
  }
  const std::unique_lock content(draft->content);
  if (is_temporary(at) || unwritten(*draft)) return std::optional<OutboxId>();
  if (draft->written) {
    // In the midst of a file, fsync is what it is anywhere.
    if (!put(*item, *draft, at, now)) return std::optional<OutboxId>();
    draft->written = false;
  }
  if (draft->entry == 0) return std::optional<OutboxId>();
  return std::optional(OutboxId{draft->entry.load()});
}

}  // namespace dcmfs::fs
