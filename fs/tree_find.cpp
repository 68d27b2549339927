// find/: a query given as a path, answered with symbolic links.
#include <algorithm>

#include "fs/tree_table.h"

namespace dcmfs::fs {
namespace {

constexpr int kLevelBits = 2;  // of the part of a find_link; the depth stands above

std::uint32_t depth_below(std::string_view query_path) {
  return 2 + static_cast<std::uint32_t>(std::count(query_path.begin(), query_path.end(), '/'));
}

Node link_node(const Link& link, std::uint32_t depth) {
  return {Kind::find_link, static_cast<std::uint64_t>(value(link.target.row)),
          depth << kLevelBits | static_cast<std::uint32_t>(link.target.level)};
}

FindFolders::Moment moment(const Tree& tree) {
  return {now(), tree.last_change()};
}

}  // namespace

Level query_link_level(const Node& link) {
  return kLevels[link.part & ((1u << kLevelBits) - 1)].level;
}
std::uint32_t query_link_depth(const Node& link) {
  return link.part >> kLevelBits;
}

Result<Found> find_query_folder(Tree& tree, const Node& folder, std::string_view name) {
  // Links have a '=' in their name only behind a space; a condition begins with a keyword.
  if (name.find('=') == std::string_view::npos) return Error{Errc::not_found, "not a condition"};
  std::string path(name);
  if (folder.kind == Kind::find_folder) {
    DCMFS_TRY(const auto above, tree.find_folders().path(folder.row));
    path = above + "/" + path;
  }
  DCMFS_CHECK(parse_query_path(path));
  const Node node{Kind::find_folder, tree.find_folders().intern(path)};
  DCMFS_TRY(const auto attr, stat_query_folder(tree, node));
  return Found{node, attr};
}

Result<struct stat> stat_query_folder(Tree& tree, const Node& folder) {
  DCMFS_CHECK(tree.find_folders().path(folder.row));  // not if it was forgotten
  return tree.attributes(folder, 0,
                         tree.find_folders().changed(folder.row, tree.store(), moment(tree)));
}

Result<Node> query_folder_above(Tree& tree, const Node& folder) {
  DCMFS_TRY(const auto path, tree.find_folders().path(folder.row));
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return Node{Kind::find};
  return Node{Kind::find_folder, tree.find_folders().intern(path.substr(0, slash))};
}

Result<> list_query_links(Tree& tree, const Node& folder, std::int64_t after, const Emit& emit) {
  DCMFS_TRY(const auto path, tree.find_folders().path(folder.row));
  DCMFS_TRY(const auto answer, tree.find_folders().answer(folder.row, tree.store(), moment(tree)));
  const auto depth = depth_below(path);
  for (const auto& link : *answer) {
    if (value(link.target.row) <= after) continue;
    const auto node = link_node(link, depth);
    auto attr = stat_link(tree, node);
    if (!attr) continue;  // removed meanwhile
    if (!emit(link.name, node, *attr, value(link.target.row))) return {};
  }
  return {};
}

Result<Found> find_query_link(Tree& tree, const Node& folder, std::string_view name) {
  DCMFS_TRY(const auto path, tree.find_folders().path(folder.row));
  DCMFS_TRY(const auto answer, tree.find_folders().answer(folder.row, tree.store(), moment(tree)));
  const auto link =
      std::find_if(answer->begin(), answer->end(), [&](const Link& l) { return l.name == name; });
  if (link == answer->end()) return Error{Errc::not_found, "no such link"};
  const auto node = link_node(*link, depth_below(path));
  DCMFS_TRY(const auto attr, stat_link(tree, node));
  return Found{node, attr};
}

}  // namespace dcmfs::fs
