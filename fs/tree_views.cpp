// studies/, series/, instances/ and recent/: symbolic links into patients/.
#include <algorithm>

#include "fs/tree_table.h"

namespace dcmfs::fs {
namespace {

constexpr std::size_t kLinksAtOnce = 256;
constexpr int kDateBits = 20;  // of the row of a series_folder: YYYYMM

struct ViewType {
  Kind link;
  View view;
  std::string_view suffix;
};
constexpr ViewType kViews[] = {
    {Kind::study_link, View::studies, ""},
    {Kind::series_link, View::series, ""},
    {Kind::instance_link, View::instances, ".dcm"},
    {Kind::recent_link, View::recent, ""},
};

const ViewType& view_of(const Node& node) {
  switch (node.kind) {
    case Kind::studies:
    case Kind::studies_folder:
    case Kind::study_link:
      return kViews[0];
    case Kind::series_view:
    case Kind::series_folder:
    case Kind::series_link:
      return kViews[1];
    case Kind::instances:
    case Kind::instance_link:
      return kViews[2];
    default:
      return kViews[3];
  }
}

Place place_of(const Node& folder) {
  const auto row = static_cast<std::int64_t>(folder.row);
  if (folder.kind == Kind::studies_folder) return {0, static_cast<int>(row)};
  if (folder.kind == Kind::series_folder) {
    return {row >> kDateBits, static_cast<int>(row & ((1 << kDateBits) - 1))};
  }
  return {};
}

Node node_of(View view, const Place& place) {
  if (view == View::studies) return {Kind::studies_folder, static_cast<std::uint64_t>(place.date)};
  return {Kind::series_folder, static_cast<std::uint64_t>(place.modality) << kDateBits |
                                   static_cast<std::uint64_t>(place.date)};
}

// How many folders stand above what is in this one.
std::uint32_t depth_of(const Node& folder) {
  const auto place = place_of(folder);
  std::uint32_t depth = 1;
  if (place.modality != 0) ++depth;
  if (place.date != 0) ++depth;
  if (place.date > 9999) ++depth;
  if (place.date > 999999) ++depth;
  return depth;
}

bool is_view_root(const Node& folder) {
  return folder.kind == Kind::instances || folder.kind == Kind::recent;
}

// Links stand in the innermost folders only.
bool holds_links(const Node& folder) {
  const auto place = place_of(folder);
  switch (folder.kind) {
    case Kind::studies_folder:
      return place.date == Place::kNoDate || place.date > 999999;
    case Kind::series_folder:
      return place.date == Place::kNoDate || place.date > 9999;
    default:
      return is_view_root(folder);
  }
}

Node link_node(const ViewType& type, const Node& folder, const Link& link) {
  return {type.link, static_cast<std::uint64_t>(value(link.target.row)), depth_of(folder)};
}

Result<struct stat> link_attributes(Tree& tree, const Node& node, Time received) {
  DCMFS_TRY(const auto target, read_link_to_resource(tree, node));
  return tree.attributes(node, static_cast<std::int64_t>(target.size()), received);
}

}  // namespace

Result<> list_view_folders(Tree& tree, const Node& folder, std::int64_t after, const Emit& emit) {
  if (holds_links(folder)) return {};
  const auto view = view_of(folder).view;
  DCMFS_TRY(auto folders, tree.store().folders(view, place_of(folder)));
  std::sort(folders.begin(), folders.end(),
            [](const Folder& a, const Folder& b) { return a.place < b.place; });
  for (const auto& below : folders) {
    const auto node = node_of(view, below.place);
    const auto cookie = static_cast<std::int64_t>(node.row);
    if (cookie <= after) continue;
    if (!emit(below.name, node, tree.changing(node), cookie)) return {};
  }
  return {};
}

Result<Node> view_folder_above(Tree&, const Node& folder) {
  const auto view = view_of(folder).view;
  auto place = place_of(folder);
  if (place.date > 9999) {
    place.date /= 100;
  } else if (place.date != 0) {
    place.date = 0;
  } else {
    place.modality = 0;
  }
  if (place != Place{}) return node_of(view, place);
  return Node{view == View::studies ? Kind::studies : Kind::series_view};
}

Result<Found> find_view_folder(Tree& tree, const Node& folder, std::string_view name) {
  if (holds_links(folder)) return Error{Errc::not_found, "no folders here"};
  const auto view = view_of(folder).view;
  DCMFS_TRY(const auto folders, tree.store().folders(view, place_of(folder)));
  for (const auto& below : folders) {
    if (below.name != name) continue;
    const auto node = node_of(view, below.place);
    return Found{node, tree.changing(node)};
  }
  return Error{Errc::not_found, "no such folder"};
}

Result<> list_view_links(Tree& tree, const Node& folder, std::int64_t after, const Emit& emit) {
  if (!holds_links(folder)) return {};
  const auto& type = view_of(folder);
  for (;;) {
    DCMFS_TRY(const auto links,
              tree.store().links(type.view, place_of(folder), RowId{after}, kLinksAtOnce));
    for (const auto& link : links) {
      after = value(link.target.row);
      const auto node = link_node(type, folder, link);
      auto attr = link_attributes(tree, node, link.received);
      if (!attr) continue;  // removed meanwhile
      if (!emit(link.name + std::string(type.suffix), node, *attr, after)) return {};
    }
    if (links.size() < kLinksAtOnce) return {};
  }
}

Result<Found> find_view_link(Tree& tree, const Node& folder, std::string_view name) {
  const auto& type = view_of(folder);
  if (!holds_links(folder) || !name.ends_with(type.suffix)) {
    return Error{Errc::not_found, "no such link"};
  }
  name.remove_suffix(type.suffix.size());
  DCMFS_TRY(const auto link, tree.store().link_named(type.view, place_of(folder), name));
  const auto node = link_node(type, folder, link);
  DCMFS_TRY(const auto attr, link_attributes(tree, node, link.received));
  return Found{node, attr};
}

}  // namespace dcmfs::fs
