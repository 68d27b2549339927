#include "fs/tree.h"

#include <array>

#include "fs/tree_table.h"

namespace dcmfs::fs {
namespace {

using enum Kind;
using enum Shape;

// clang-format off
constexpr Kinds kStudiesPlaces = only(studies) | only(studies_folder);
constexpr Kinds kSeriesPlaces = only(series_view) | only(series_folder);
constexpr Kinds kQueries = only(Kind::find) | only(find_folder);
constexpr Kinds kSends = only(modalities) | only(peers);
constexpr Kinds kRemote = only(remote_find) | only(remote_folder);

constexpr NodeType kTable[] = {
  // kind           under            name           shape   list                find               stat           open           read_link
  {root,            0,               {},            folder, nullptr,            nullptr,           nullptr,       nullptr,       nullptr},
  {readme,          only(root),      "README.txt",  file,   nullptr,            nullptr,           stat_readme,   open_readme,   nullptr},
  {patients,        only(root),      "patients",    folder, nullptr,            nullptr,           nullptr,       nullptr,       nullptr},
  {studies,         only(root),      "studies",     folder, nullptr,            nullptr,           nullptr,       nullptr,       nullptr},
  {series_view,     only(root),      "series",      folder, nullptr,            nullptr,           nullptr,       nullptr,       nullptr},
  {instances,       only(root),      "instances",   folder, nullptr,            nullptr,           nullptr,       nullptr,       nullptr},
  {recent,          only(root),      "recent",      folder, nullptr,            nullptr,           nullptr,       nullptr,       nullptr},
  {Kind::find,      only(root),      "find",        folder, nullptr,            nullptr,           nullptr,       nullptr,       nullptr},
  {incoming,        only(root),      "incoming",    folder, nullptr,            nullptr,           nullptr,       nullptr,       nullptr},
  {rejected,        only(root),      "rejected",    folder, nullptr,            nullptr,           stat_rejected_folder, nullptr, nullptr},
  {modalities,      only(root),      "modalities",  folder, nullptr,            nullptr,           stat_modalities, nullptr,     nullptr},
  {peers,           only(root),      "peers",       folder, nullptr,            nullptr,           stat_modalities, nullptr,     nullptr},
  {worklists,       only(root),      "worklists",   folder, nullptr,            nullptr,           nullptr,       nullptr,       nullptr},

  {patient_json,    only(patient),   "patient.json",file,   nullptr,            nullptr,           stat_summary,  open_summary,  nullptr},
  {study_json,      only(study),     "study.json",  file,   nullptr,            nullptr,           stat_summary,  open_summary,  nullptr},
  {study_zip,       only(study),     "study.zip",   file,   nullptr,            nullptr,           stat_zip,      open_zip,      nullptr},
  {series_json,     only(series),    "series.json", file,   nullptr,            nullptr,           stat_summary,  open_summary,  nullptr},
  {patient,         only(patients),  {},            folder, list_folders_below, find_folder_below, stat_folder,   nullptr,       nullptr},
  {study,           only(patient),   {},            folder, list_folders_below, find_folder_below, stat_folder,   nullptr,       nullptr},
  {series,          only(study),     {},            folder, list_folders_below, find_folder_below, stat_folder,   nullptr,       nullptr},
  // One listing gives all files of an instance, side by side.
  {instance_dcm,    only(series),    {},            file,   list_instances,     find_instance,     stat_instance, open_dcm,      nullptr},
  {instance_json,   0,               {},            file,   nullptr,            nullptr,           stat_instance, open_json,     nullptr},
  {instance_png,    0,               {},            file,   nullptr,            nullptr,           stat_instance, open_png,      nullptr},
  {frames,          0,               {},            folder, nullptr,            nullptr,           stat_instance, nullptr,       nullptr},
  {instance_pdf,    0,               {},            file,   nullptr,            nullptr,           stat_instance, open_pdf,      nullptr},
  {frame_png,       only(frames),    {},            file,   list_frames,        find_frame,        stat_instance, open_png,      nullptr},

  {studies_folder,  kStudiesPlaces,  {},            folder, list_view_folders,  find_view_folder,  nullptr,       nullptr,       nullptr},
  {study_link,      kStudiesPlaces,  {},            link,   list_view_links,    find_view_link,    stat_link,     nullptr,       read_link_to_resource},
  {series_folder,   kSeriesPlaces,   {},            folder, list_view_folders,  find_view_folder,  nullptr,       nullptr,       nullptr},
  {series_link,     kSeriesPlaces,   {},            link,   list_view_links,    find_view_link,    stat_link,     nullptr,       read_link_to_resource},
  {instance_link,   only(instances), {},            link,   list_view_links,    find_view_link,    stat_link,     nullptr,       read_link_to_resource},
  {recent_link,     only(recent),    {},            link,   list_view_links,    find_view_link,    stat_link,     nullptr,       read_link_to_resource},
  {find_readme,     only(Kind::find),"README.txt",  file,   nullptr,            nullptr,           stat_readme,   open_readme,   nullptr},
  {find_folder,     kQueries,        {},            folder, nullptr,            find_query_folder, stat_query_folder, nullptr,    nullptr},
  {find_link,       only(find_folder),{},           link,   list_query_links,   find_query_link,   stat_link,     nullptr,       read_link_to_resource},

  {incoming_report, only(incoming),  "report.jsonl",file,   nullptr,            nullptr,           stat_incoming_report, open_incoming_report, nullptr},
  {rejected_file,   only(rejected),  {},            file,   list_rejected,      find_rejected,     stat_rejected, open_rejected, nullptr},

  {modality,        kSends,          {},            folder, list_modalities,    find_modality,     stat_modality, nullptr,       nullptr},
  {modality_status, only(modality),  "status.json", file,   nullptr,            nullptr,           stat_modality_status, open_modality_status, nullptr},
  {modality_echo,   only(modality),  "echo",        file,   nullptr,            nullptr,           stat_modality_echo, open_modality_echo, nullptr},
  {modality_failed, only(modality),  "failed",      folder, nullptr,            nullptr,           stat_failed_folder, nullptr,  nullptr},
  // One listing gives both, side by side.
  {failed_file,     only(modality_failed), {},      file,   list_letters,       find_letter,       stat_letter,   open_letter,   nullptr},
  {failed_reason,   0,               {},            file,   nullptr,            nullptr,           stat_letter,   open_letter,   nullptr},
  {remote_find,     only(modality),  "find",        folder, nullptr,            nullptr,           stat_modality, nullptr,       nullptr},
  {remote_folder,   kRemote,         {},            folder, nullptr,            find_remote_folder,stat_remote_folder, nullptr,  nullptr},
  {remote_study,    only(remote_folder), {},        file,   list_remote_studies,find_remote_study, stat_remote_study, open_remote_study, nullptr},
};
// clang-format on

// Where a folder stands that does not stand in the root.
struct Above {
  Kinds kinds;
  Result<Node> (*folder)(Tree&, const Node&);
};
constexpr Above kAbove[] = {
    {only(patient) | only(study) | only(Kind::series) | only(frames), resource_folder_above},
    {only(studies_folder) | only(series_folder), view_folder_above},
    {only(find_folder), query_folder_above},
    {only(modality), modalities_above},
    {only(modality_failed) | only(remote_find), modality_above},
    {only(remote_folder), remote_folder_above},
};

constexpr std::size_t kRows = std::size(kTable);
static_assert(kRows < (1u << (63 - kRowCookieBits)));

Result<struct stat> stat_of(Tree& tree, const NodeType& type, const Node& node) {
  if (type.stat != nullptr) return type.stat(tree, node);
  return tree.changing(node);
}

// What neither the table nor the options show in a folder.
bool hidden(const Tree& tree, const Node& folder, Kind kind) {
  if (has(kSends, kind)) return tree.options().peers == nullptr;
  if (kind == remote_find) return !is_dicom_node(tree.options(), folder.row);
  return tree.options().only_dcm && marked(kind, kSummary);
}

mode_t writable(const Options& options, Kind kind) {
  if (options.read_only) return 0;
  return is_changed_by_users(options, kind) ? 0222 : 0;
}

}  // namespace

const NodeType& type_of(Kind kind) {
  static constexpr NodeType kNone{.shape = file};
  for (const auto& row : kTable) {
    if (row.kind == kind) return row;
  }
  return kNone;
}

Tree::Tree(Store& store, const Options& options, TreeChange last, Pictures& pictures)
    : store_(store),
      options_(options),
      pictures_(pictures),
      picture_order_(store),
      modality_files_(store, options),
      remote_find_(options),
      incoming_report_(store, store.root() / "incoming" / "report.jsonl"),
      last_(last) {}

struct stat Tree::attributes(const Node& node, std::int64_t size, Time received) const {
  struct stat st {};
  st.st_ino = ino(node);
  st.st_nlink = 1;  // also of folders: "do not count on it" for find and its like
  switch (type_of(node.kind).shape) {
    case folder:
      st.st_mode = S_IFDIR | ((0555 | writable(options_, node.kind)) & ~options_.umask);
      break;
    case file:
      st.st_mode = S_IFREG | (0444 & ~options_.umask);
      break;
    case link:
      st.st_mode = S_IFLNK | 0777;
      break;
  }
  st.st_uid = options_.uid;
  st.st_gid = options_.gid;
  st.st_size = size;
  st.st_blksize = 128 << 10;
  // With 0 blocks programs take a file for sparse, and cp no longer asks for copy_file_range.
  st.st_blocks = (size + 511) / 512;
  const auto ms = to_ms(received);
  st.st_mtim = {ms / 1000, ms % 1000 * 1'000'000};
  st.st_ctim = st.st_atim = st.st_mtim;
  return st;
}

struct stat Tree::changing(const Node& folder, Time at, std::uint64_t version) const {
  constexpr std::uint64_t kNsPerMs = 1'000'000;
  auto attr = attributes(folder, 0, at);
  attr.st_mtim.tv_nsec += static_cast<long>(version % kNsPerMs);
  attr.st_ctim = attr.st_mtim;
  return attr;
}

Result<struct stat> Tree::stat(const Node& node) {
  const auto& type = type_of(node.kind);
  if (type.kind == Kind::none) return Error{Errc::not_found, "no such inode"};
  return stat_of(*this, type, node);
}

Result<Found> Tree::parent(const Node& node) {
  if (type_of(node.kind).shape != folder) return Error{Errc::not_found, "no folder"};
  Node above{root};
  for (const auto& row : kAbove) {
    if (!has(row.kinds, node.kind)) continue;
    DCMFS_TRY(above, row.folder(*this, node));
  }
  DCMFS_TRY(const auto attr, stat(above));
  return Found{above, attr};
}

Result<Found> Tree::lookup(const Node& folder, std::string_view name) {
  for (const auto& row : kTable) {
    if (!has(row.under, folder.kind) || hidden(*this, folder, row.kind)) continue;
    if (!row.name.empty()) {
      if (row.name != name) continue;
      const Node node{row.kind, folder.row};
      DCMFS_TRY(const auto attr, stat_of(*this, row, node));
      return Found{node, attr};
    }
    auto found = row.find(*this, folder, name);
    if (found || found.error().code != Errc::not_found) return found;
  }
  return Error{Errc::not_found, "no such entry"};
}

Result<> Tree::list(const Node& folder, std::int64_t cookie, Files files, const Add& add) {
  const auto first = static_cast<std::size_t>(cookie >> kRowCookieBits);
  for (std::size_t i = first; i < kRows; ++i) {
    const auto& row = kTable[i];
    if (!has(row.under, folder.kind) || hidden(*this, folder, row.kind)) continue;
    const auto base = static_cast<std::int64_t>(i) << kRowCookieBits;
    const std::int64_t after = i == first ? cookie - base : 0;
    if (!row.name.empty()) {
      if (after != 0) continue;
      const Node node{row.kind, folder.row};
      // The sizes of generated files are what costs most in a listing.
      auto attr = files == Files::names_only && row.shape == Shape::file
                      ? attributes(node, 0, {})
                      : stat_of(*this, row, node);
      if (!attr) continue;  // removed meanwhile
      if (!add({row.name, node, *attr, base | 1})) return {};
      continue;
    }
    if (row.list == nullptr) continue;
    bool more = true;
    const Emit emit = [&](std::string_view name, const Node& node, const struct stat& attr,
                          std::int64_t row_cookie) {
      return more = add({name, node, attr, base | row_cookie});
    };
    DCMFS_CHECK(row.list(*this, folder, after, emit));
    if (!more) return {};
  }
  return {};
}

Result<std::unique_ptr<Content>> Tree::open(const Node& node) {
  const auto& type = type_of(node.kind);
  if (type.open == nullptr) return Error{Errc::invalid_argument, "not a file"};
  return type.open(*this, node);
}

Result<std::string> Tree::read_link(const Node& node) {
  const auto& type = type_of(node.kind);
  if (type.read_link == nullptr) return Error{Errc::invalid_argument, "not a link"};
  return type.read_link(*this, node);
}

std::optional<Key> resource_of(const Node& node) {
  const RowId row{static_cast<std::int64_t>(node.row)};
  switch (node.kind) {
    case patient:
    case patient_json:
      return Key{Level::patient, row};
    case study:
    case study_json:
    case study_zip:
      return Key{Level::study, row};
    case Kind::series:
    case series_json:
      return Key{Level::series, row};
    case instance_dcm:
    case instance_json:
    case instance_png:
    case instance_pdf:
    case frames:
    case frame_png:
      return Key{Level::instance, row};
    default:
      return std::nullopt;
  }
}

Node folder_node(Key key) {
  return {kLevelNodes[index_of(key.level)].folder, static_cast<std::uint64_t>(value(key.row))};
}

Node folder_above(Key key, Key parent) {
  return key.level == Level::patient ? Node{patients} : folder_node(parent);
}

Result<std::string> path_of(const Store& store, Key key) {
  DCMFS_TRY(const auto names, store.names(key));
  std::string path = "patients";
  for (const auto& name : names) path += '/' + name;
  return key.level == Level::instance ? path + ".dcm" : path;
}

}  // namespace dcmfs::fs
