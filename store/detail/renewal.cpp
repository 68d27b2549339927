#include "store/detail/renewal.h"

#include <algorithm>
#include <set>
#include <string>

#include "store/detail/annotations.h"
#include "store/detail/file_ops.h"
#include "store/detail/ingest.h"
#include "store/dicom/document.h"
#include "store/dicom/json.h"
#include "store/image/render.h"

namespace dcmfs::detail {
namespace {

constexpr std::size_t kRenewedAtOnce = 500;
constexpr std::string_view kSizesVersionKey = "sizes_version";

// Of everything that Sizes depends on.
std::string sizes_version() {
  return std::to_string(kKeywordJsonVersion) + "." + std::to_string(kRenderVersion) + "." +
         std::to_string(kDocumentVersion);
}

struct Value {
  Key key;
  const Attribute* attribute;
  std::optional<std::string> text;
};
struct Renewed {
  RowId instance;
  Sizes sizes;
  std::vector<Value> values;
};

std::vector<const Attribute*> all_attributes() {
  std::vector<const Attribute*> all;
  for (const LevelInfo& of : kLevels)
    for (const Attribute& attribute : attributes(of.level))
      if (!is_unique_key(attribute)) all.push_back(&attribute);
  return all;
}

// Else nobody who keeps what was known of them, the kernel and find/ above all, would ask again.
Result<> tell_reread(Index::Batch& batch, const std::set<Key>& what) {
  return batch.with([&](Connection& db) -> Result<> {
    for (const Key& key : what) DCMFS_CHECK(note_change(db, ChangeType::reread, key, now()));
    return {};
  });
}

class Renewal {
 public:
  // What this program sees, and the one that wrote the index did not.
  Renewal(Store::Parts& parts, bool sizes)
      : parts_(parts), sizes_(sizes), attributes_(parts.index->unfilled()) {}
  // All, while others look; `known`, what is above it and it itself, has been read already.
  Renewal(Store::Parts& parts, std::set<Key> known)
      : parts_(parts),
        sizes_(true),
        attributes_(all_attributes()),
        told_(known),
        seen_(std::move(known)) {}

  bool needed() const { return sizes_ || !attributes_.empty(); }

  Result<> run() {
    DCMFS_TRY(const RowId last, parts_.index->last_row());
    for (RowId after{0};;) {
      DCMFS_TRY(const auto files, parts_.index->files(after, kRenewedAtOnce));
      if (files.empty()) return {};
      // Read first, so that the batch, which keeps others from writing, is short.
      std::vector<Renewed> page;
      for (const StoredFile& file : files) read(file.instance, page);
      DCMFS_CHECK(write(page));
      after = files.back().instance;
      parts_.report("reading the stored files again", value(after), value(last));
    }
  }

  Result<> run_below(Key key) {
    if (key.level == Level::instance) {
      std::vector<Renewed> one;
      read(key.row, one);
      return write(one);
    }
    for (RowId after{0};;) {
      DCMFS_TRY(const auto found,
                parts_.index->identities(key, Level::instance, after, kRenewedAtOnce));
      if (found.empty()) return {};
      std::vector<Renewed> page;
      for (const Identity& each : found) read(each.key.row, page);
      DCMFS_CHECK(write(page));
      after = found.back().key.row;
    }
  }

 private:
  // Whom the instance speaks for as at ingest: itself, and of those above it whose first it is.
  std::vector<Key> spoken_for(RowId row) const {
    std::vector<Key> keys;
    if (attributes_.empty()) return keys;
    const auto resource = parts_.index->get({Level::instance, row});
    if (!resource) return keys;
    keys = resource->ancestors;
    keys.push_back(resource->key);
    std::erase_if(keys, [&](const Key& key) {
      return seen_.contains(key) || std::ranges::none_of(attributes_, [&](const Attribute* one) {
               return one->level == key.level;
             });
    });
    return keys;
  }

  // A file that cannot be read keeps what is known of it; dcmfs-check tells.
  void read(RowId row, std::vector<Renewed>& page) {
    const auto keys = spoken_for(row);
    if (!sizes_ && keys.empty()) return;
    const auto blob = parts_.folders.open_blob(row);
    if (!blob) return;
    const auto file = read_header(blob->fd());
    if (!file) return;
    Renewed& renewed = page.emplace_back(Renewed{row, {}, {}});
    if (sizes_) renewed.sizes = sizes_of(*file);
    for (const Key& key : keys) {
      if (key.level != Level::instance) seen_.insert(key);
      for (const Attribute* attribute : attributes_) {
        if (attribute->level != key.level) continue;
        renewed.values.push_back({key, attribute, indexed_value(*file, attribute->tag)});
      }
    }
  }

  Result<> write(const std::vector<Renewed>& page) {
    DCMFS_TRY(auto batch, parts_.index->begin());
    for (const Renewed& renewed : page) {
      if (sizes_) DCMFS_CHECK(batch.set_sizes(renewed.instance, renewed.sizes));
      for (const Value& v : renewed.values)
        DCMFS_CHECK(batch.set_value(v.key, *v.attribute, v.text));
    }
    if (!told_.empty()) {
      auto changed = told_;
      for (const Renewed& renewed : page)
        for (const Value& v : renewed.values)
          if (v.key.level != Level::instance) changed.insert(v.key);
      DCMFS_CHECK(tell_reread(batch, changed));
    }
    DCMFS_CHECK(file_ops::about_to_commit());
    return batch.commit();
  }

  Store::Parts& parts_;
  const bool sizes_;
  const std::vector<const Attribute*> attributes_;
  const std::set<Key> told_;  // with each page; none: nobody looks yet
  std::set<Key> seen_;
};

}  // namespace

Result<> renew(Store::Parts& parts) {
  DCMFS_TRY(const auto version, parts.index->meta(kSizesVersionKey));
  Renewal renewal(parts, version != sizes_version());
  if (!renewal.needed()) return {};
  DCMFS_CHECK(renewal.run());
  DCMFS_TRY(auto batch, parts.index->begin());
  DCMFS_CHECK(batch.set_meta(kSizesVersionKey, sizes_version()));
  DCMFS_CHECK(batch.set_filled());
  DCMFS_CHECK(file_ops::about_to_commit());
  return batch.commit();
}

Result<> reread(Store::Parts& parts, Key key) {
  DCMFS_TRY(const auto resource, parts.index->get(key));
  std::set<Key> keys(resource.ancestors.begin(), resource.ancestors.end());
  if (key.level != Level::instance) keys.insert(key);
  std::vector<Value> values;
  for (const Key& one : keys) {
    DCMFS_TRY(const RowId first, parts.index->first_instance(one));
    DCMFS_TRY(const auto blob, parts.folders.open_blob(first));
    DCMFS_TRY(const auto file, read_header(blob.fd()));
    for (const Attribute& attribute : attributes(one.level))
      if (!is_unique_key(attribute))
        values.push_back({one, &attribute, indexed_value(file, attribute.tag)});
  }
  DCMFS_TRY(auto batch, parts.index->begin());
  for (const Value& v : values) DCMFS_CHECK(batch.set_value(v.key, *v.attribute, v.text));
  DCMFS_CHECK(tell_reread(batch, keys));
  DCMFS_CHECK(file_ops::about_to_commit());
  DCMFS_CHECK(batch.commit());
  return Renewal(parts, std::move(keys)).run_below(key);
}

}  // namespace dcmfs::detail
