// What became of what was dropped: rejected/, with the reasons, and incoming/report.jsonl.
#include <algorithm>

#include "fs/tree_table.h"

namespace dcmfs::fs {
namespace {

Node node_of(const Rejected::Item& item) {
  return {Kind::rejected_file, item.inode & kRowMask};
}

Result<Rejected::Item> item_of(Tree& tree, const Node& node) {
  DCMFS_TRY(const auto items, tree.store().rejected().by_inode());
  const auto item = std::find_if(items->begin(), items->end(),
                                 [&](const Rejected::Item& i) { return node_of(i) == node; });
  if (item == items->end()) return Error{Errc::not_found, "no longer kept"};
  return *item;
}

}  // namespace

// With the number of what is in it: its time alone may stay the same.
Result<struct stat> stat_rejected_folder(Tree& tree, const Node& node) {
  DCMFS_TRY(const auto changed, tree.store().rejected().changed());
  DCMFS_TRY(const auto items, tree.store().rejected().by_inode());
  const auto version = static_cast<std::uint64_t>(to_ns(changed)) + items->size();
  return tree.changing(node, to_time(changed), version);
}

Result<> list_rejected(Tree& tree, const Node&, std::int64_t after, const Emit& emit) {
  DCMFS_TRY(const auto items, tree.store().rejected().by_inode());
  // The inode can be a cookie, which the name cannot; of a large one only the low bits.
  std::vector<const Rejected::Item*> rest;
  for (const auto& item : *items) {
    if (static_cast<std::int64_t>(node_of(item).row) > after) rest.push_back(&item);
  }
  const auto row = [](const Rejected::Item* item) { return node_of(*item).row; };
  if (!std::ranges::is_sorted(rest, {}, row)) std::ranges::sort(rest, {}, row);
  for (const auto* item : rest) {
    const auto node = node_of(*item);
    const auto attr = tree.attributes(node, item->size, item->at);
    if (!emit(item->name, node, attr, static_cast<std::int64_t>(node.row))) return {};
  }
  return {};
}

Result<Found> find_rejected(Tree& tree, const Node&, std::string_view name) {
  DCMFS_TRY(const auto item, tree.store().rejected().find(name));
  const auto node = node_of(item);
  return Found{node, tree.attributes(node, item.size, item.at)};
}

Result<struct stat> stat_rejected(Tree& tree, const Node& node) {
  DCMFS_TRY(const auto item, item_of(tree, node));
  return tree.attributes(node, item.size, item.at);
}

Result<std::unique_ptr<Content>> open_rejected(Tree& tree, const Node& node) {
  DCMFS_TRY(const auto item, item_of(tree, node));
  DCMFS_TRY(auto blob, tree.store().rejected().open(item.name));
  return blob_content(std::move(blob));
}

Result<struct stat> stat_incoming_report(Tree& tree, const Node& node) {
  auto& report = tree.incoming_report();
  return tree.attributes(node, report.size(), report.modified());
}

Result<std::unique_ptr<Content>> open_incoming_report(Tree& tree, const Node&) {
  auto blob = tree.incoming_report().open();
  if (blob) return blob_content(*std::move(blob));
  // It is always there; without its folder it is empty.
  if (blob.error().code == Errc::not_found) return text_content("");
  return std::move(blob).error();
}

}  // namespace dcmfs::fs
