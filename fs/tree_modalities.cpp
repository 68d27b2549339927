// modalities/ and peers/: a folder for each destination, with the files that tell of it. What is dropped there
// is not of the tree: modalities.h.
#include <algorithm>

#include "fs/peers.h"
#include "fs/tree_table.h"
#include "store/stable_hash.h"

namespace dcmfs::fs {
namespace {

constexpr std::size_t kLettersAtOnce = 500;

Result<std::string> destination_of(Tree& tree, const Node& node) {
  return destination_of(tree.options(), node.row);
}

// The name of the folder of a destination, if it stands in this one.
std::optional<std::string_view> name_in(const Node& folder, std::string_view destination) {
  const bool is_peer = destination.starts_with(kPeersPrefix);
  if (is_peer != (folder.kind == Kind::peers)) return std::nullopt;
  return is_peer ? destination.substr(kPeersPrefix.size()) : destination;
}

struct stat letter_attributes(Tree& tree, const Outgoing& entry) {
  const Node node{Kind::failed_file, static_cast<std::uint64_t>(value(entry.id))};
  return tree.attributes(node, entry.size, entry.since);
}
struct stat reason_attributes(Tree& tree, const Outgoing& entry) {
  const Node node{Kind::failed_reason, static_cast<std::uint64_t>(value(entry.id))};
  return tree.attributes(node, static_cast<std::int64_t>(ModalityFiles::reason_of(entry).size()),
                         entry.since);
}

OutboxId entry_of(const Node& node) {
  return OutboxId{static_cast<std::int64_t>(node.row)};
}

// The reason of a letter that was tried again or given up a moment ago.
std::optional<struct stat> reason_of_settled(Tree& tree, const Node& node) {
  if (node.kind != Kind::failed_reason) return std::nullopt;
  if (!tree.modality_files().was_settled(entry_of(node), now())) return std::nullopt;
  return tree.attributes(node, 0, now());
}

}  // namespace

Result<struct stat> stat_modalities(Tree& tree, const Node& folder) {
  std::uint64_t version = 0;
  if (tree.options().peers != nullptr) {
    for (const auto& name : tree.options().peers->names())
      version = version * 31 + stable_hash(name);
  }
  return tree.changing(folder, tree.last_change(), version);
}

Result<> list_modalities(Tree& tree, const Node& folder, std::int64_t after, const Emit& emit) {
  if (tree.options().peers == nullptr) return {};
  // Their numbers are the cookies.
  std::vector<std::pair<std::uint64_t, std::string>> all;
  for (const auto& name : tree.options().peers->names()) {
    if (const auto shown = name_in(folder, name)) {
      all.emplace_back(number_of_destination(name), std::string(*shown));
    }
  }
  std::ranges::sort(all);
  for (const auto& [number, name] : all) {
    if (static_cast<std::int64_t>(number) <= after) continue;
    const Node node{Kind::modality, number};
    const auto attr = tree.attributes(node, 0, tree.last_change());
    if (!emit(name, node, attr, static_cast<std::int64_t>(number))) return {};
  }
  return {};
}

Result<Found> find_modality(Tree& tree, const Node& folder, std::string_view name) {
  const auto destination =
      (folder.kind == Kind::peers ? std::string(kPeersPrefix) : std::string()) + std::string(name);
  const Node node{Kind::modality, number_of_destination(destination)};
  DCMFS_TRY(const auto known, destination_of(tree, node));
  if (known != destination) return Error{Errc::not_found, "no such destination"};
  return Found{node, tree.attributes(node, 0, tree.last_change())};
}

Result<struct stat> stat_modality(Tree& tree, const Node& node) {
  DCMFS_CHECK(destination_of(tree, node));
  return tree.attributes(node, 0, tree.last_change());
}

Result<Node> modalities_above(Tree& tree, const Node& node) {
  return Node{is_dicom_node(tree.options(), node.row) ? Kind::modalities : Kind::peers};
}
Result<Node> modality_above(Tree&, const Node& node) {
  return Node{Kind::modality, node.row};
}

// -- status.json and echo

Result<struct stat> stat_modality_status(Tree& tree, const Node& node) {
  return tree.attributes(node, ModalityFiles::kStatusBytes, now());
}
Result<std::unique_ptr<Content>> open_modality_status(Tree& tree, const Node& node) {
  DCMFS_TRY(const auto destination, destination_of(tree, node));
  DCMFS_TRY(auto text, tree.modality_files().status(destination, now()));
  return text_content(std::move(text));
}
Result<struct stat> stat_modality_echo(Tree& tree, const Node& node) {
  return tree.attributes(node, ModalityFiles::kEchoBytes, tree.last_change());
}
Result<std::unique_ptr<Content>> open_modality_echo(Tree& tree, const Node& node) {
  DCMFS_TRY(auto destination, destination_of(tree, node));
  return slow_content([&tree, destination = std::move(destination)]() -> Result<std::string> {
    return tree.modality_files().echo(destination);
  });
}

// -- failed/

Result<struct stat> stat_failed_folder(Tree& tree, const Node& node) {
  DCMFS_TRY(const auto destination, destination_of(tree, node));
  DCMFS_TRY(const auto status, tree.store().outbox().status(destination));
  const auto version =
      (tree.store().outbox().news() << 20) + static_cast<std::uint64_t>(status.failed);
  return tree.changing(node, std::max(status.last_failed, tree.last_change()), version);
}

// A letter and its reason share a cookie's number: the last bit tells them apart.
Result<> list_letters(Tree& tree, const Node& folder, std::int64_t after, const Emit& emit) {
  DCMFS_TRY(const auto destination, destination_of(tree, folder));
  for (OutboxId last{(after - 1) / 2};;) {
    DCMFS_TRY(const auto letters,
              tree.store().outbox().list(destination, SendState::failed, last, kLettersAtOnce));
    if (letters.empty()) return {};
    for (const Outgoing& entry : letters) {
      last = entry.id;
      const auto name = ModalityFiles::name_of(entry);
      const auto row = static_cast<std::uint64_t>(value(entry.id));
      const auto cookie = 2 * value(entry.id);
      if (after < cookie &&
          !emit(name, {Kind::failed_file, row}, letter_attributes(tree, entry), cookie)) {
        return {};
      }
      if (after < cookie + 1 &&
          !emit(name + std::string(ModalityFiles::kReasonSuffix), {Kind::failed_reason, row},
                reason_attributes(tree, entry), cookie + 1)) {
        return {};
      }
    }
  }
}

Result<Found> find_letter(Tree& tree, const Node& folder, std::string_view name) {
  const Error none{Errc::not_found, "no such dead letter"};
  const auto id = ModalityFiles::parse(name);
  if (!id) return none;
  const bool is_reason = name.ends_with(ModalityFiles::kReasonSuffix);
  const auto row = static_cast<std::uint64_t>(value(*id));
  DCMFS_TRY(const auto destination, destination_of(tree, folder));
  const auto entry = tree.modality_files().letter(*id);
  if (!entry) {
    const Node node{is_reason ? Kind::failed_reason : Kind::failed_file, row};
    const auto attr = reason_of_settled(tree, node);
    return attr ? Result<Found>(Found{node, *attr}) : none;
  }
  const auto stem = ModalityFiles::name_of(*entry);
  if (entry->destination != destination) return none;
  if (name == stem) return Found{{Kind::failed_file, row}, letter_attributes(tree, *entry)};
  if (name != stem + std::string(ModalityFiles::kReasonSuffix)) return none;
  return Found{{Kind::failed_reason, row}, reason_attributes(tree, *entry)};
}

Result<struct stat> stat_letter(Tree& tree, const Node& node) {
  const auto entry = tree.modality_files().letter(entry_of(node));
  if (!entry) {
    const auto attr = reason_of_settled(tree, node);
    return attr ? Result<struct stat>(*attr) : entry.error();
  }
  return node.kind == Kind::failed_file ? letter_attributes(tree, *entry)
                                        : reason_attributes(tree, *entry);
}

Result<std::unique_ptr<Content>> open_letter(Tree& tree, const Node& node) {
  DCMFS_TRY(const auto entry, tree.modality_files().letter(entry_of(node)));
  if (node.kind == Kind::failed_reason) return text_content(ModalityFiles::reason_of(entry));
  DCMFS_TRY(auto blob, tree.store().outbox().open(entry));
  return blob_content(std::move(blob));
}

}  // namespace dcmfs::fs
