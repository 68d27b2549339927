// patients/: the one canonical place of every resource.
#include <algorithm>
#include <array>

#include "fs/picture_content.h"
#include "fs/tree_table.h"
#include "store/dicom/document.h"
#include "store/dicom/json.h"
#include "store/number.h"

namespace dcmfs::fs {
namespace {

// As many instances as fit into one answer to the kernel (32 KiB), about.
constexpr std::size_t kEntriesAtOnce = 64;

RowId row_of(const Node& node) {
  return RowId{static_cast<std::int64_t>(node.row)};
}
std::uint64_t row_of(const Entry& entry) {
  return static_cast<std::uint64_t>(value(entry.key.row));
}

// The parent in the index of what stands in a folder; nullopt: the patients.
std::optional<Key> parent_of(const Node& folder) {
  return resource_of(folder);
}

// What one instance shows: a file per row. A picture has to be one that can be made.
struct Leaf {
  Kind kind;
  std::string_view suffix;
  bool (*shown)(const Entry&, const Options&);
};
bool always(const Entry&, const Options&) {
  return true;
}
bool unless_only_dcm(const Entry&, const Options& o) {
  return !o.only_dcm;
}
bool with_picture(const Entry& e, const Options& o) {
  return !o.only_dcm && e.rows > 0;
}
bool with_frames(const Entry& e, const Options& o) {
  return with_picture(e, o) && e.frames > 1;
}

bool with_pdf(const Entry& e, const Options& o) {
  return !o.only_dcm && e.pdf_size > 0;
}

constexpr std::array kLeaves{
    Leaf{Kind::instance_dcm, kInstanceSuffixes[0], always},
    Leaf{Kind::instance_json, kInstanceSuffixes[1], unless_only_dcm},
    Leaf{Kind::instance_png, kInstanceSuffixes[2], with_picture},
    Leaf{Kind::frames, kInstanceSuffixes[3], with_frames},
    Leaf{Kind::instance_pdf, kInstanceSuffixes[4], with_pdf},
};
// Cookie within a series: the instance's row, then the place in kLeaves from 1.
constexpr int kLeafBits = 3;
static_assert(kLeaves.size() == std::size(kInstanceSuffixes) && kLeaves.size() < (1u << kLeafBits));

std::int64_t size_of(const Entry& entry, Kind kind) {
  switch (kind) {
    case Kind::instance_dcm:
      return entry.file_size;
    case Kind::instance_json:
      return entry.json_size;
    case Kind::instance_pdf:
      return entry.pdf_size;
    case Kind::instance_png:
    case Kind::frame_png:
      return picture_file(entry, 0).bytes;
    default:
      return 0;
  }
}

std::string frame_name(std::uint32_t frame) {
  return zero_padded(frame, 4) + ".png";
}

struct stat leaf_attributes(const Tree& tree, const Entry& entry, const Node& node) {
  return tree.attributes(node, size_of(entry, node.kind), entry.received);
}

// Of a node that may come from a file handle: whether the instance has such a file.
bool is_shown(const Tree& tree, const Entry& entry, const Node& node) {
  if (node.kind == Kind::frame_png) {
    return with_frames(entry, tree.options()) && node.part >= 1 &&
           node.part <= static_cast<std::uint32_t>(entry.frames);
  }
  return std::any_of(kLeaves.begin(), kLeaves.end(), [&](const Leaf& leaf) {
    return leaf.kind == node.kind && leaf.shown(entry, tree.options());
  });
}

}  // namespace

Result<> list_folders_below(Tree& tree, const Node& folder, std::int64_t after, const Emit& emit) {
  for (;;) {
    DCMFS_TRY(const auto entries,
              tree.store().entries(parent_of(folder), RowId{after}, kEntriesAtOnce));
    for (const auto& entry : entries) {
      const auto node = folder_node(entry.key);
      after = value(entry.key.row);
      if (!emit(entry.name, node, tree.attributes(node, 0, entry.received), after)) return {};
    }
    if (entries.size() < kEntriesAtOnce) return {};
  }
}

Result<Node> resource_folder_above(Tree& tree, const Node& folder) {
  const auto key = *resource_of(folder);
  DCMFS_TRY(const auto entry, tree.store().entry(key));
  return folder_above(key, entry.parent);
}

Result<Found> find_folder_below(Tree& tree, const Node& folder, std::string_view name) {
  DCMFS_TRY(const auto entry, tree.store().entry_named(parent_of(folder), name));
  const auto node = folder_node(entry.key);
  return Found{node, tree.attributes(node, 0, entry.received)};
}

Result<struct stat> stat_folder(Tree& tree, const Node& node) {
  DCMFS_TRY(const auto entry, tree.store().entry(*resource_of(node)));
  return tree.attributes(node, 0, entry.received);
}

Result<> list_instances(Tree& tree, const Node& folder, std::int64_t after, const Emit& emit) {
  // A cookie in the middle of an instance: take that row again and skip what was given.
  std::int64_t row = after == 0 ? 0 : (after >> kLeafBits) - 1;
  for (;;) {
    DCMFS_TRY(const auto entries,
              tree.store().entries(parent_of(folder), RowId{row}, kEntriesAtOnce));
    for (const auto& entry : entries) {
      row = value(entry.key.row);
      for (std::size_t i = 0; i < kLeaves.size(); ++i) {
        const auto cookie = row << kLeafBits | static_cast<std::int64_t>(i + 1);
        const auto& leaf = kLeaves[i];
        if (cookie <= after || !leaf.shown(entry, tree.options())) continue;
        const Node node{leaf.kind, row_of(entry)};
        const auto name = entry.name + std::string(leaf.suffix);
        if (!emit(name, node, leaf_attributes(tree, entry, node), cookie)) return {};
      }
    }
    if (entries.size() < kEntriesAtOnce) return {};
  }
}

Result<Found> find_instance(Tree& tree, const Node& folder, std::string_view name) {
  for (const auto& leaf : kLeaves) {
    if (!name.ends_with(leaf.suffix)) continue;
    const auto stem = name.substr(0, name.size() - leaf.suffix.size());
    DCMFS_TRY(const auto entry, tree.store().entry_named(parent_of(folder), stem));
    if (!leaf.shown(entry, tree.options())) break;
    const Node node{leaf.kind, row_of(entry)};
    return Found{node, leaf_attributes(tree, entry, node)};
  }
  return Error{Errc::not_found, "no such file"};
}

Result<struct stat> stat_instance(Tree& tree, const Node& node) {
  DCMFS_TRY(const auto entry, tree.store().entry(*resource_of(node)));
  if (!is_shown(tree, entry, node)) return Error{Errc::not_found, "no such file"};
  return leaf_attributes(tree, entry, node);
}

Result<std::unique_ptr<Content>> open_dcm(Tree& tree, const Node& node) {
  DCMFS_TRY(auto blob, tree.store().open_file(row_of(node)));
  return blob_content(std::move(blob));
}

Result<std::unique_ptr<Content>> open_pdf(Tree& tree, const Node& node) {
  DCMFS_TRY(auto blob, tree.store().open_file(row_of(node)));
  auto source = file_source(blob.fd(), blob.size());
  DCMFS_TRY(auto file, read_dicom(*source));
  DCMFS_TRY(const auto document, find_pdf(file));
  if (!file.syntax || !file.syntax->deflated) {
    return part_content(std::move(blob), document.offset, document.length);
  }
  // The descriptor stays the same when the Blob moves.
  struct Inflated {
    Blob blob;
    std::unique_ptr<ByteSource> source;
    DicomFile file;
  };
  auto inflated =
      std::make_shared<Inflated>(Inflated{std::move(blob), std::move(source), std::move(file)});
  return source_content(std::shared_ptr<ByteSource>(inflated, inflated->file.content.get()),
                        document.offset, document.length);
}

// The file is opened now: it may be removed before it is read.
Result<std::unique_ptr<Content>> open_json(Tree& tree, const Node& node) {
  DCMFS_TRY(auto opened, tree.store().open_file(row_of(node)));
  // Shared by the copies of a function.
  auto blob = std::make_shared<const Blob>(std::move(opened));
  return lazy_content([blob]() -> Result<std::string> {
    const auto source = file_source(blob->fd(), blob->size());
    DCMFS_TRY(const auto file, read_dicom(*source));
    return keyword_json(file);
  });
}

Result<std::unique_ptr<Content>> open_png(Tree& tree, const Node& node) {
  DCMFS_TRY(const auto entry, tree.store().entry(*resource_of(node)));
  const bool is_frame = node.kind == Kind::frame_png;
  const int frame = is_frame ? static_cast<int>(node.part) - 1 : shown_frame(entry);
  auto& pictures = tree.pictures();
  auto open = pictures.open(picture_file(entry, frame));
  auto& order = tree.picture_order();
  pictures.expect(is_frame ? order.after_frame(entry, frame, pictures.expected_max())
                           : order.after_instance(entry, pictures.expected_max()));
  return picture_content(std::move(open));
}

Result<> list_frames(Tree& tree, const Node& folder, std::int64_t after, const Emit& emit) {
  DCMFS_TRY(const auto entry, tree.store().entry(*resource_of(folder)));
  for (auto frame = static_cast<std::uint32_t>(after) + 1;
       frame <= static_cast<std::uint32_t>(entry.frames) && frame <= kPartMask; ++frame) {
    const Node node{Kind::frame_png, folder.row, frame};
    if (!emit(frame_name(frame), node, leaf_attributes(tree, entry, node), frame)) return {};
  }
  return {};
}

std::optional<std::uint32_t> frame_of(std::string_view name) {
  auto rest = name;
  const auto frame = take_whole<std::uint32_t>(rest).value_or(0);
  if (frame < 1 || frame > kPartMask || name != frame_name(frame)) return std::nullopt;
  return frame;
}

Result<Found> find_frame(Tree& tree, const Node& folder, std::string_view name) {
  const auto frame = frame_of(name);
  DCMFS_TRY(const auto entry, tree.store().entry(*resource_of(folder)));
  if (!frame || *frame > static_cast<std::uint32_t>(entry.frames)) {
    return Error{Errc::not_found, "no such frame"};
  }
  const Node node{Kind::frame_png, folder.row, *frame};
  return Found{node, leaf_attributes(tree, entry, node)};
}

}  // namespace dcmfs::fs
