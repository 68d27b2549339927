#include "rest/orthanc/archive_contents.h"

#include <algorithm>
#include <map>
#include <set>

#include "store/dicom/reader.h"
#include "store/stable_hash.h"
#include "store/time.h"

namespace dcmfs::rest {
namespace {

constexpr std::size_t kAtOnce = 4096;
constexpr std::size_t kMediaFilesMax = 1'000'000;  // "IM999999" is the last of 8 characters
constexpr std::string_view kFileSetId = "DCMFS";

// The instances by what they belong to, in the order of arrival.
using SeriesInstances = std::map<RowId, std::set<RowId>>;
using Hierarchy = std::map<RowId, std::map<RowId, SeriesInstances>>;  // patients, studies

class Collector {
 public:
  explicit Collector(const Store& store) : store_(store) {}

  Result<> add(Key key) {
    if (key.level == Level::instance || key.level == Level::series) return add_series(key);
    return each_below(key, Level::series, [&](Key series) { return add_series(series); });
  }
  Hierarchy take() { return std::move(found_); }

 private:
  template <class Each>
  Result<> each_below(Key key, Level level, Each each) {
    for (RowId after{};;) {
      DCMFS_TRY(const auto some, store_.identities(key, level, after, kAtOnce));
      for (const Identity& one : some) DCMFS_CHECK(each(one.key));
      if (some.size() < kAtOnce) return {};
      after = some.back().key.row;
    }
  }

  // Of a series or an instance.
  Result<> add_series(Key key) {
    DCMFS_TRY(const auto resource, store_.get(key));
    const auto above = [&](Level level) {
      const auto found = std::ranges::find(resource.ancestors, level, &Key::level);
      return found == resource.ancestors.end() ? key.row : found->row;
    };
    auto& instances = found_[above(Level::patient)][above(Level::study)][above(Level::series)];
    if (key.level == Level::instance) {
      instances.insert(key.row);
      return {};
    }
    return each_below(key, Level::instance, [&](Key instance) -> Result<> {
      instances.insert(instance.row);
      return {};
    });
  }

  const Store& store_;
  Hierarchy found_;
};

Result<Hierarchy> collect(const Store& store, std::span<const Key> keys) {
  Collector collector(store);
  for (const Key key : keys) DCMFS_CHECK(collector.add(key));
  return collector.take();
}

// Calls `patient`, `study`, `series` with the Resource of each, from the top down, and `instance` with rows.
template <class Above, class Instance>
Result<> walk(const Store& store, const Hierarchy& all, Above above, Instance instance) {
  for (const auto& [patient, studies] : all) {
    DCMFS_TRY(const auto of_patient, store.get({Level::patient, patient}));
    above(of_patient);
    for (const auto& [study, all_series] : studies) {
      DCMFS_TRY(const auto of_study, store.get({Level::study, study}));
      above(of_study);
      for (const auto& [series, instances] : all_series) {
        DCMFS_TRY(const auto of_series, store.get({Level::series, series}));
        above(of_series);
        for (const RowId row : instances) DCMFS_CHECK(instance(row));
      }
    }
  }
  return {};
}

std::string text_of(const Resource& resource, Tag tag) {
  const auto found = resource.attributes.find(tag);
  return found == resource.attributes.end() ? std::string() : found->second;
}

// --- names for people

// What the name of a folder is made of at each level, and where there is nothing of it.
struct FolderName {
  Level level;
  Tag first, second;
  std::string_view otherwise;
};
constexpr FolderName kFolderNames[] = {
    {Level::patient, tags::PatientID, tags::PatientName, "Unknown Patient"},
    {Level::study, tags::AccessionNumber, tags::StudyDescription, "Unknown Study"},
    {Level::series, tags::Modality, tags::SeriesDescription, "Unknown Series"},
};

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return text;
}

// Names in one folder that are not the same, not even without case: "a", "A-2".
class Siblings {
 public:
  std::string unique(std::string name) {
    const std::string stem = name;
    for (int number = 2; !taken_.insert(lower(name)).second; ++number)
      name = stem + '-' + std::to_string(number);
    return name;
  }

 private:
  std::set<std::string> taken_;
};

std::string folder_name(const Resource& resource) {
  const FolderName& how = *std::ranges::find(kFolderNames, resource.key.level, &FolderName::level);
  const auto text = folder_text(text_of(resource, how.first) + ' ' + text_of(resource, how.second));
  return text.empty() ? std::string(how.otherwise) : text;
}

// "CT000007.dcm": eight characters, of which the modality has up to two.
std::string file_name(const std::string& modality, std::size_t number) {
  std::string prefix;
  for (const char c : modality.substr(0, 2)) {
    if (c >= 'a' && c <= 'z')
      prefix += static_cast<char>(c - 'a' + 'A');
    else if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
      prefix += c;
  }
  const std::string digits = std::to_string(number);
  const std::size_t width = 8 - prefix.size();
  return prefix + std::string(width > digits.size() ? width - digits.size() : 0, '0') + digits +
         ".dcm";
}

// --- the directory of a media

Dataset dataset_of(const Resource& resource) {
  Dataset out;
  out.character_set = CharacterSet::utf8();
  for (const auto& [tag, text] : resource.attributes) out.set_text(tag, text);
  return out;
}

// The attributes of an instance: of the index if they will do, else of its file.
Result<Dataset> instance_dataset(const Store& store, const Resource& instance,
                                 const std::string& sop_class) {
  if (!needs_more_than_a_number(sop_class)) return dataset_of(instance);
  DCMFS_TRY(const auto blob, store.open_file(instance.key.row));
  const auto source = file_source(blob.fd(), blob.size());
  DCMFS_TRY(auto file, read_dicom(*source));
  return std::move(file.dataset);
}

std::string new_uid(const ArchiveContents& contents) {
  // Of what is in it and when: another media has another one.
  std::uint64_t high = static_cast<std::uint64_t>(to_ms(contents.made)), low = 0x9e3779b97f4a7c15u;
  for (const auto& member : contents.members) {
    low = stable_hash(member.stored.sha256, low);
  }
  return uid_from_bits(high, low);
}

}  // namespace

std::int64_t ArchiveContents::bytes() const {
  std::int64_t sum = std::ssize(directory);
  for (const auto& member : members) sum += member.stored.size;
  return sum;
}

std::string folder_text(std::string_view utf8) {
  std::string out;
  for (const char c : utf8) {
    const bool is_ascii = static_cast<unsigned char>(c) < 0x80;
    const bool is_kept = !is_ascii || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                         (c >= 'A' && c <= 'Z') || c == '.' || c == '_';
    if (is_kept) {
      out += c;
    } else if ((c == ' ' || c == '^') && !out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  // No system has names that begin or end so, and ".." would lead elsewhere.
  const auto first = out.find_first_not_of(" ."), last = out.find_last_not_of(" .");
  return first == out.npos ? std::string() : out.substr(first, last - first + 1);
}

Result<ArchiveContents> archive_of(const Store& store, std::span<const Key> keys, Time now) {
  DCMFS_TRY(const auto hierarchy, collect(store, keys));
  ArchiveContents out;
  out.made = now;
  // By level: the path of the folder, and the names in the one above it.
  std::string paths[4];
  Siblings siblings[4];
  std::string modality;
  std::size_t number = 0;
  const auto enter = [&](const Resource& resource) {
    const auto level = index_of(resource.key.level);
    const std::string above = level == 0 ? std::string() : paths[level - 1];
    paths[level] = above + siblings[level].unique(folder_name(resource)) + '/';
    siblings[level + 1] = {};
    if (resource.key.level != Level::series) return;
    modality = text_of(resource, tags::Modality);
    number = 0;
  };
  DCMFS_CHECK(walk(store, hierarchy, enter, [&](RowId instance) -> Result<> {
    DCMFS_TRY(auto stored, store.file(instance));
    out.members.push_back({paths[index_of(Level::series)] + file_name(modality, number++), instance,
                           std::move(stored)});
    return {};
  }));
  return out;
}

Result<ArchiveContents> media_of(const Store& store, std::span<const Key> keys, DirectoryKeys which,
                                 Time now) {
  DCMFS_TRY(const auto hierarchy, collect(store, keys));
  ArchiveContents out;
  out.made = now;
  std::vector<DirectoryRecord> patients;
  const auto enter = [&](const Resource& resource) {
    const Dataset dataset = dataset_of(resource);
    switch (resource.key.level) {
      case Level::patient:
        patients.push_back(patient_record(dataset, which));
        break;
      case Level::study:
        patients.back().lower.push_back(study_record(dataset, which));
        break;
      case Level::series:
        patients.back().lower.back().lower.push_back(series_record(dataset, which));
        break;
      case Level::instance:
        break;
    }
  };
  DCMFS_CHECK(walk(store, hierarchy, enter, [&](RowId row) -> Result<> {
    if (out.members.size() == kMediaFilesMax)
      return Error{Errc::too_large, "too many files for a media"};
    DCMFS_TRY(auto stored, store.file(row));
    DCMFS_TRY(const auto resource, store.get({Level::instance, row}));
    const std::string number = std::to_string(out.members.size());
    const DirectoryFile file{"IMAGES\\IM" + number, text_of(resource, tags::SOPClassUID),
                             resource.uids.sop_instance, stored.transfer_syntax};
    DCMFS_TRY(const auto dataset, instance_dataset(store, resource, file.sop_class));
    patients.back().lower.back().lower.back().lower.push_back(
        instance_record(file, dataset, which));
    out.members.push_back({"IMAGES/IM" + number, row, std::move(stored)});
    return {};
  }));
  DCMFS_TRY(out.directory, encode_directory(patients, kFileSetId, new_uid(out)));
  return out;
}

}  // namespace dcmfs::rest
