#include "tests/fuzz/tree_walk.h"

#include <filesystem>
#include <future>

#include "store/dicom/text.h"
#include "tests/fuzz/entry_name.h"
#include "tests/store/dicom/strict_json.h"

namespace dcmfs::fuzz {
namespace {

constexpr std::size_t kFaultsMax = 20;
constexpr std::size_t kNameBytesMax = 255;  // NAME_MAX

Result<std::string> content_of(fs::Tree& tree, const fs::Node& node) {
  DCMFS_TRY(const auto content, tree.open(node));
  if (const auto* picture = content->picture()) {
    std::promise<Result<std::string>> made;
    picture->get([&](const Result<fs::Pictures::Bytes>& bytes) {
      made.set_value(bytes ? Result<std::string>(**bytes) : Result<std::string>(bytes.error()));
    });
    return made.get_future().get();
  }
  std::string all;
  for (;;) {
    std::byte block[64 << 10];
    DCMFS_TRY(const std::size_t got, content->read(std::ssize(all), block));
    if (got == 0) return all;
    all.append(reinterpret_cast<const char*>(block), got);
  }
}

// What a path names; the path of a link never leaves the tree.
Result<fs::Found> resolve(fs::Tree& tree, const std::filesystem::path& path) {
  fs::Found at{{fs::Kind::root}, {}};
  for (const auto& part : path) {
    DCMFS_TRY(at, tree.lookup(at.node, part.string()));
  }
  return at;
}

}  // namespace

TreeWalk::TreeWalk(fs::Tree& tree) : tree_(tree) {
  look_at_folder({fs::Kind::root}, "");
}

void TreeWalk::fault(const std::string& path, const std::string& what) {
  if (faults_.size() < kFaultsMax) faults_.push_back(path + ": " + what);
}

void TreeWalk::look_at_folder(const fs::Node& folder, const std::string& path) {
  const auto listed =
      tree_.list(folder, 0, fs::Tree::Files::with_attributes, [&](const fs::Tree::Listed& entry) {
        look_at_entry(entry, path + "/" + std::string(entry.name));
        return true;
      });
  if (!listed) fault(path, listed.error().message);
}

void TreeWalk::look_at_entry(const fs::Tree::Listed& entry, const std::string& path) {
  const auto name = entry.name;
  if (name.empty() || name.size() > kNameBytesMax || name == "." || name == ".." ||
      name.find('/') != name.npos || !is_valid_utf8(name) || has_control_character(name)) {
    return fault(path, "a name that breaks ls");
  }
  if (fs::ino(entry.node) != entry.attr.st_ino) fault(path, "another inode");
  const auto found = resolve(tree_, path.substr(1));
  if (!found || found->node != entry.node) fault(path, "listed and not found");
  if (S_ISDIR(entry.attr.st_mode)) {
    if (const auto wrong = fault_of_name(name); !wrong.empty()) fault(path, wrong);
    look_at_folder(entry.node, path);
  } else if (S_ISLNK(entry.attr.st_mode)) {
    look_at_link(entry, path);
  } else {
    look_at_file(entry, path);
  }
}

void TreeWalk::look_at_file(const fs::Tree::Listed& entry, const std::string& path) {
  ++files_;
  const auto content = content_of(tree_, entry.node);
  if (!content) {
    // Pixels may turn out to be broken when they are decoded; nothing else may.
    if (!path.ends_with(".png")) fault(path, content.error().message);
    return;
  }
  if (std::ssize(*content) != entry.attr.st_size) fault(path, "another size than promised");
  if (path.ends_with(".json")) {
    if (const auto wrong = StrictJson::error_of(*content); !wrong.empty()) fault(path, wrong);
  }
}

void TreeWalk::look_at_link(const fs::Tree::Listed& entry, const std::string& path) {
  const auto target = tree_.read_link(entry.node);
  if (!target) return fault(path, target.error().message);
  if (std::ssize(*target) != entry.attr.st_size) fault(path, "another size than promised");
  const auto to = (std::filesystem::path(path).parent_path() / *target).lexically_normal();
  if (to.string().find("..") == 0 || !resolve(tree_, to.relative_path()))
    fault(path, "leads nowhere");
}

}  // namespace dcmfs::fuzz
