// modalities/NAME/find/: studies of that node.
#include "fs/tree_table.h"

namespace dcmfs::fs {
namespace {

struct stat study_attributes(Tree& tree, const RemoteFind::Study& study) {
  return tree.attributes({Kind::remote_study, study.number},
                         static_cast<std::int64_t>(study.json.size()), study.at);
}

}  // namespace

Result<Found> find_remote_folder(Tree& tree, const Node& folder, std::string_view name) {
  // Studies have no '=' in front of their names' first space.
  if (name.substr(0, name.find(' ')).find('=') == std::string_view::npos) {
    return Error{Errc::not_found, "not a condition"};
  }
  std::string path;
  if (folder.kind == Kind::remote_find) {
    DCMFS_TRY(path, destination_of(tree.options(), folder.row));
  } else {
    DCMFS_TRY(path, tree.remote_find().folders().path(folder.row));
  }
  path += "/" + std::string(name);
  DCMFS_CHECK(parse_remote_path(std::string_view(path).substr(path.find('/') + 1)));
  const Node node{Kind::remote_folder, tree.remote_find().folders().intern(path)};
  DCMFS_TRY(const auto attr, stat_remote_folder(tree, node));
  return Found{node, attr};
}

Result<struct stat> stat_remote_folder(Tree& tree, const Node& folder) {
  DCMFS_CHECK(tree.remote_find().folders().path(folder.row));  // not if it was forgotten
  // Always another time, by which the kernel lists it anew.
  return tree.attributes(folder, 0, now());
}

Result<Node> remote_folder_above(Tree& tree, const Node& folder) {
  DCMFS_TRY(const auto path, tree.remote_find().folders().path(folder.row));
  const auto first = path.find('/'), last = path.rfind('/');
  if (first == last) return Node{Kind::remote_find, number_of_destination(path.substr(0, first))};
  return Node{Kind::remote_folder, tree.remote_find().folders().intern(path.substr(0, last))};
}

Result<> list_remote_studies(Tree& tree, const Node& folder, std::int64_t after, const Emit& emit) {
  DCMFS_TRY(const auto answer, tree.remote_find().answer(folder.row, now()));
  for (std::size_t i = static_cast<std::size_t>(after); i < answer->size(); ++i) {
    const auto& study = (*answer)[i];
    if (!emit(study.name, {Kind::remote_study, study.number}, study_attributes(tree, study),
              static_cast<std::int64_t>(i + 1))) {
      return {};
    }
  }
  return {};
}

Result<Found> find_remote_study(Tree& tree, const Node& folder, std::string_view name) {
  constexpr std::string_view kSuffix = ".json";  // what else programs look for asks nobody
  if (!name.ends_with(kSuffix)) return Error{Errc::not_found, "no such study"};
  DCMFS_TRY(const auto answer, tree.remote_find().answer(folder.row, now()));
  for (const auto& study : *answer) {
    if (study.name == name)
      return Found{{Kind::remote_study, study.number}, study_attributes(tree, study)};
  }
  return Error{Errc::not_found, "no such study"};
}

Result<struct stat> stat_remote_study(Tree& tree, const Node& node) {
  DCMFS_TRY(const auto study, tree.remote_find().study(node.row));
  return study_attributes(tree, study);
}

Result<std::unique_ptr<Content>> open_remote_study(Tree& tree, const Node& node) {
  DCMFS_TRY(auto study, tree.remote_find().study(node.row));
  return text_content(std::move(study.json));
}

}  // namespace dcmfs::fs
