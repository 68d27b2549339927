#include "fs/removal.h"

#include <vector>

namespace dcmfs::fs {

void Removal::remember(const Node& folder, std::string_view name, const Remembered& gone,
                       Time now) {
  const std::scoped_lock lock(mutex_);
  std::erase_if(gone_, [&](const auto& item) {
    const bool old = item.second.until <= now || gone_.size() >= kRememberedMax;
    if (old) by_ino_.erase(item.second.what.attr.st_ino);
    return old;
  });
  const Name key{ino(folder), std::string(name)};
  by_ino_[gone.what.attr.st_ino] = key;
  gone_.insert_or_assign(key, gone).first->second.what.is_gone = true;
}

bool Removal::forget(const Node& folder, std::string_view name) {
  const std::scoped_lock lock(mutex_);
  const auto found = gone_.find({ino(folder), std::string(name)});
  if (found == gone_.end()) return false;
  by_ino_.erase(found->second.what.attr.st_ino);
  gone_.erase(found);
  return true;
}

const Removal::Remembered* Removal::remembered(const Node& node, Time now) const {
  const auto name = by_ino_.find(ino(node));
  if (name == by_ino_.end()) return nullptr;
  const auto& gone = gone_.at(name->second);
  return gone.until > now ? &gone : nullptr;
}

std::optional<Found> Removal::frame(const Node& frames, std::uint32_t number, Time now) const {
  const auto* gone = remembered(frames, now);
  if (gone == nullptr || number > gone->frames) return std::nullopt;
  Found found{{Kind::frame_png, frames.row, number}, gone->frame, true};
  found.attr.st_ino = ino(found.node);
  return found;
}

bool Removal::is_gone(const Node& node, Time now) const {
  const std::scoped_lock lock(mutex_);
  return remembered(node, now) != nullptr;
}

std::optional<Found> Removal::find(const Node& folder, std::string_view name, Time now) const {
  const std::scoped_lock lock(mutex_);
  if (folder.kind == Kind::frames) {
    const auto number = frame_of(name);
    return number ? frame(folder, *number, now) : std::nullopt;
  }
  const auto found = gone_.find({ino(folder), std::string(name)});
  if (found == gone_.end() || found->second.until <= now) return std::nullopt;
  return found->second.what;
}

std::optional<Found> Removal::find(const Node& node, Time now) const {
  const std::scoped_lock lock(mutex_);
  if (node.kind == Kind::frame_png) return frame({Kind::frames, node.row}, node.part, now);
  const auto* gone = remembered(node, now);
  if (gone == nullptr) return std::nullopt;
  return gone->what;
}

Result<> Removal::unlink(const Node& folder, std::string_view name, Time now) {
  if (!marked(folder.kind, kEmptied)) return Error{Errc::denied, "nothing is removed here"};
  if (forget(folder, name)) return {};
  if (folder.kind == Kind::frames && find(folder, name, now)) return {};
  DCMFS_TRY(const auto found, tree_.lookup(folder, name));
  if (S_ISDIR(found.attr.st_mode)) return Error{Errc::invalid_argument, "a folder"};
  if (found.node.kind != Kind::instance_dcm) return {};
  return remove_instance(folder, found, now);
}

Result<> Removal::remove_folder(const Node& folder, std::string_view name) {
  if (!marked(folder.kind, kEmptied)) return Error{Errc::denied, "nothing is removed here"};
  if (forget(folder, name)) return {};
  DCMFS_TRY(const auto found, tree_.lookup(folder, name));
  if (found.node.kind == Kind::frames) return {};
  return Error{Errc::busy, "the folder is not empty"};
}

Result<> Removal::remove_instance(const Node& folder, const Found& dcm, Time now) {
  const auto key = *resource_of(dcm.node);
  struct Gone {
    Key key;
    Node folder;
    std::string name;
    Remembered what;
  };
  const auto until = now + kRemembered;
  // What may go with it, noted while it is there.
  std::vector<Gone> generated, folders;
  DCMFS_TRY(const auto instance, tree_.store().entry(key));
  for (const auto suffix : kInstanceSuffixes) {
    const auto name = instance.name + std::string(suffix);
    const auto found = tree_.lookup(folder, name);
    if (!found || found->node == dcm.node) continue;
    Remembered what{*found, until};
    if (found->node.kind == Kind::frames) {
      what.frames = static_cast<std::uint32_t>(instance.frames);
      DCMFS_TRY(what.frame, tree_.stat({Kind::frame_png, found->node.row, 1}));
    }
    generated.push_back({key, folder, name, what});
  }
  for (auto above = instance.parent;;) {
    DCMFS_TRY(const auto entry, tree_.store().entry(above));
    const auto node = folder_node(above);
    folders.push_back({above,
                       folder_above(above, entry.parent),
                       entry.name,
                       {{node, tree_.attributes(node, 0, entry.received)}, until}});
    if (above.level == Level::patient) break;
    above = entry.parent;
  }

  DCMFS_CHECK(tree_.store().remove(key, Store::Removal::to_trash));
  for (const auto& file : generated) remember(file.folder, file.name, file.what, now);
  // By no name that anybody could ask for: who has it open may look at it, as at any open file.
  Remembered open{dcm, until};
  open.what.attr.st_nlink = 0;
  remember(dcm.node, "", open, now);
  for (const auto& above : folders) {
    if (!tree_.store().entry(above.key)) remember(above.folder, above.name, above.what, now);
  }
  return {};
}

}  // namespace dcmfs::fs
