// What a symbolic link says, and where links of the views and of find/ lead.
#include "fs/tree_table.h"

namespace dcmfs::fs {
namespace {

Key target_of(const Node& link) {
  const RowId row{static_cast<std::int64_t>(link.row)};
  switch (link.kind) {
    case Kind::series_link:
      return {Level::series, row};
    case Kind::instance_link:
      return {Level::instance, row};
    case Kind::find_link:
      return {query_link_level(link), row};
    default:
      return {Level::study, row};
  }
}

std::uint32_t depth_of_link(const Node& link) {
  return link.kind == Kind::find_link ? query_link_depth(link) : link.part;
}

}  // namespace

Result<std::string> read_link_to_resource(Tree& tree, const Node& link) {
  DCMFS_TRY(const auto path, path_of(tree.store(), target_of(link)));
  std::string target;
  for (auto i = depth_of_link(link); i > 0; --i) target += "../";
  return target + path;
}

Result<struct stat> stat_link(Tree& tree, const Node& link) {
  DCMFS_TRY(const auto entry, tree.store().entry(target_of(link)));
  DCMFS_TRY(const auto target, read_link_to_resource(tree, link));
  return tree.attributes(link, static_cast<std::int64_t>(target.size()), entry.received);
}

}  // namespace dcmfs::fs
