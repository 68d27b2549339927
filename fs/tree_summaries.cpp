// Generated files: patient.json, study.json, series.json, study.zip, README.txt.
#include <algorithm>
#include <cassert>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include "fs/readme.h"
#include "fs/tree_table.h"
#include "store/dicom/json.h"
#include "store/zip_file.h"

namespace dcmfs::fs {
namespace {

constexpr std::size_t kSummedAtOnce = 1024;
constexpr std::size_t kZipChangesAtOnce = 1024;

// What a level counts below itself, as DICOM's computed attributes (PS3.4 C.6.1.1).
struct Counts {
  Tag children, instances;
};
constexpr Counts kCounts[] = {
    {tags::NumberOfPatientRelatedStudies, tags::NumberOfPatientRelatedInstances},
    {tags::NumberOfStudyRelatedSeries, tags::NumberOfStudyRelatedInstances},
    {tags::NumberOfSeriesRelatedInstances, tags::NumberOfSeriesRelatedInstances},
};

Result<std::string> summary(const Store& store, Key key) {
  DCMFS_TRY(const auto resource, store.get(key));
  Dataset dataset;
  dataset.character_set = CharacterSet::utf8();
  for (const auto& [tag, text] : resource.attributes) dataset.set_text(tag, text);
  const auto& counts = kCounts[index_of(key.level)];
  dataset.set_number(counts.children, static_cast<double>(resource.children));
  dataset.set_number(counts.instances, static_cast<double>(resource.instances));
  return keyword_json(dataset);
}

// `each`: called for every instance, with the name of its member.
template <class Each>
Result<Entry> walk_study(const Store& store, Key study, Each each) {
  DCMFS_TRY(auto study_entry, store.entry(study));
  RowId after_series{};
  for (;;) {
    DCMFS_TRY(const auto all_series, store.entries(study, after_series, kSummedAtOnce));
    for (const auto& one : all_series) {
      const auto folder = study_entry.name + "/" + one.name + "/";
      RowId after{};
      for (;;) {
        DCMFS_TRY(const auto instances, store.entries(one.key, after, kSummedAtOnce));
        for (const auto& instance : instances) {
          DCMFS_CHECK(each(folder + instance.name + ".dcm", instance));
          after = instance.key.row;
        }
        if (instances.size() < kSummedAtOnce) break;
      }
      after_series = one.key.row;
    }
    if (all_series.size() < kSummedAtOnce) return study_entry;
  }
}

// Laid out by its first read. Once the study is another, all reads fail with not_found: a copy that
// began before would get the beginning of one archive and the end of another.
class ZipContent final : public Content {
 public:
  ZipContent(const Store& store, Key study)
      : store_(store), study_(study), looked_at_(store.changes().last()) {}

  Result<std::size_t> read(std::int64_t offset, std::span<std::byte> into) override {
    std::call_once(made_, [this] { outcome_ = make(); });
    if (!outcome_) return outcome_.error();
    auto bytes = zip_->read(offset, into);
    DCMFS_CHECK(look_for_changes());  // behind it: a member that is gone cannot be read either
    return bytes;
  }

 private:
  Result<> make() {
    rows_.clear();  // an exception may have ended the last attempt
    std::vector<ZipMember> members;
    DCMFS_CHECK(walk_study(store_, study_, [&](std::string name, const Entry& e) -> Result<> {
      DCMFS_TRY(const auto file, store_.file(e.key.row));
      members.push_back({std::move(name), file.size, file.crc32, file.received});
      rows_.push_back(e.key.row);
      series_.insert(e.parent.row);
      return {};
    }));
    zip_.emplace(std::move(members), [this](std::size_t index, std::int64_t offset, auto into) {
      return read_member(index, offset, into);
    });
    return {};
  }

  bool concerns(const Change& change) const {
    if (change.type != ChangeType::added && change.type != ChangeType::removed) return false;
    return change.what == study_ || change.parent == study_ ||
           (change.parent.level == Level::series && series_.contains(change.parent.row));
  }

  Result<> look_for_changes() {
    const std::scoped_lock lock(mutex_);
    while (!is_another_ && looked_at_ < store_.changes().last()) {
      DCMFS_TRY(const auto changes, store_.changes().read(looked_at_, kZipChangesAtOnce));
      if (changes.empty()) break;
      looked_at_ = changes.back().seq;
      is_another_ = std::ranges::any_of(changes, [this](auto& change) { return concerns(change); });
    }
    if (is_another_) return Error{Errc::not_found, "the study has changed since"};
    return {};
  }

  Result<> read_member(std::size_t index, std::int64_t offset, std::span<std::byte> into) {
    const auto blob = open(index);
    if (!blob) return Error{Errc::io, blob.error().message};  // the index has it
    DCMFS_TRY(const auto bytes, (*blob)->read(offset, into));
    if (bytes != into.size())
      return Error{Errc::io, "a stored file is shorter than the index says"};
    return {};
  }

  // Reads go forward: the file of the last one is the one that is wanted next.
  Result<std::shared_ptr<Blob>> open(std::size_t index) {
    const std::scoped_lock lock(mutex_);
    if (blob_ == nullptr || blob_index_ != index) {
      DCMFS_TRY(auto blob, store_.open_file(rows_[index]));
      blob_ = std::make_shared<Blob>(std::move(blob));
      blob_index_ = index;
    }
    return blob_;
  }

  const Store& store_;
  const Key study_;
  std::once_flag made_;
  Result<> outcome_;
  std::optional<ZipFile> zip_;
  std::vector<RowId> rows_;
  std::set<RowId> series_;
  std::mutex mutex_;
  // So far the change feed was looked at, from the open on: the first bytes that the kernel had may be
  // of that time. Guarded by mutex_.
  std::int64_t looked_at_;
  bool is_another_ = false;     // guarded by mutex_
  std::shared_ptr<Blob> blob_;  // guarded by mutex_; shared with reads under way
  std::size_t blob_index_ = 0;  // guarded by mutex_
};

std::string_view readme_of(const Node& node) {
  return node.kind == Kind::find_readme ? find_readme_text() : readme_text();
}

}  // namespace

Result<struct stat> stat_summary(Tree& tree, const Node& node) {
  DCMFS_TRY(const auto text, summary(tree.store(), *resource_of(node)));
  DCMFS_TRY(const auto entry, tree.store().entry(*resource_of(node)));
  return tree.attributes(node, static_cast<std::int64_t>(text.size()), entry.received);
}

Result<std::unique_ptr<Content>> open_summary(Tree& tree, const Node& node) {
  const auto key = *resource_of(node);
  DCMFS_CHECK(tree.store().entry(key));
  return changing_content([&store = tree.store(), key] { return summary(store, key); });
}

Result<struct stat> stat_zip(Tree& tree, const Node& node) {
  std::int64_t size = ZipFile::size_of_end();
  const auto study = walk_study(tree.store(), *resource_of(node),
                                [&](const std::string& name, const Entry& e) -> Result<> {
                                  size += ZipFile::size_of_member(name.size(), e.file_size);
                                  return {};
                                });
  if (!study) return study.error();
  return tree.attributes(node, size, study->received);
}

Result<std::unique_ptr<Content>> open_zip(Tree& tree, const Node& node) {
  return std::make_unique<ZipContent>(tree.store(), *resource_of(node));
}

Result<struct stat> stat_readme(Tree& tree, const Node& node) {
  return tree.attributes(node, static_cast<std::int64_t>(readme_of(node).size()), kReadmeWritten);
}

Result<std::unique_ptr<Content>> open_readme(Tree&, const Node& node) {
  return text_content(std::string(readme_of(node)));
}

}  // namespace dcmfs::fs
