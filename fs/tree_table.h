#pragma once
// The table that the tree is made of. Private to fs/tree*.cpp.
#include <optional>
#include <span>

#include "fs/tree.h"

namespace dcmfs::fs {

enum class Shape : std::uint8_t { folder, file, link };

// Calls with each entry and its cookie within the row; false: enough.
using Emit =
    std::function<bool(std::string_view name, const Node&, const struct stat&, std::int64_t)>;

struct NodeType {
  Kind kind = Kind::none;
  Kinds under = 0;             // the kinds of folder it stands in
  std::string_view name = {};  // always the same one; empty: `list` and `find` know
  Shape shape;
  // Entries of this row, and of rows that share its listing, after cookie `after`.
  Result<> (*list)(Tree&, const Node& folder, std::int64_t after, const Emit&) = nullptr;
  // not_found if there is no such name.
  Result<Found> (*find)(Tree&, const Node& folder, std::string_view name) = nullptr;
  // nullptr: size 0, modified when the store last changed.
  Result<struct stat> (*stat)(Tree&, const Node&) = nullptr;
  Result<std::unique_ptr<Content>> (*open)(Tree&, const Node&) = nullptr;
  Result<std::string> (*read_link)(Tree&, const Node&) = nullptr;
};

// The row of the table; Kind::none, and no folder, where the tree has none: of what is dropped, and of
// numbers that nobody gave.
const NodeType& type_of(Kind);

// Cookies of one row fit in this many bits; the row's place in the table stands above.
inline constexpr int kRowCookieBits = 56;

// tree_patients.cpp
Result<> list_folders_below(Tree&, const Node&, std::int64_t, const Emit&);
Result<Found> find_folder_below(Tree&, const Node&, std::string_view);
Result<Node> resource_folder_above(Tree&, const Node&);
Result<struct stat> stat_folder(Tree&, const Node&);
Result<> list_instances(Tree&, const Node&, std::int64_t, const Emit&);
Result<Found> find_instance(Tree&, const Node&, std::string_view);
Result<struct stat> stat_instance(Tree&, const Node&);
Result<std::unique_ptr<Content>> open_dcm(Tree&, const Node&);
Result<std::unique_ptr<Content>> open_json(Tree&, const Node&);
Result<std::unique_ptr<Content>> open_png(Tree&, const Node&);
Result<std::unique_ptr<Content>> open_pdf(Tree&, const Node&);
Result<> list_frames(Tree&, const Node&, std::int64_t, const Emit&);
Result<Found> find_frame(Tree&, const Node&, std::string_view);
// tree_summaries.cpp
Result<struct stat> stat_summary(Tree&, const Node&);
Result<std::unique_ptr<Content>> open_summary(Tree&, const Node&);
Result<struct stat> stat_zip(Tree&, const Node&);
Result<std::unique_ptr<Content>> open_zip(Tree&, const Node&);
Result<struct stat> stat_readme(Tree&, const Node&);
Result<std::unique_ptr<Content>> open_readme(Tree&, const Node&);
// tree_views.cpp
Result<> list_view_folders(Tree&, const Node&, std::int64_t, const Emit&);
Result<Found> find_view_folder(Tree&, const Node&, std::string_view);
Result<> list_view_links(Tree&, const Node&, std::int64_t, const Emit&);
Result<Node> view_folder_above(Tree&, const Node&);
Result<Found> find_view_link(Tree&, const Node&, std::string_view);
// tree_links.cpp
Result<struct stat> stat_link(Tree&, const Node&);
Result<std::string> read_link_to_resource(Tree&, const Node&);
// tree_find.cpp
Result<Found> find_query_folder(Tree&, const Node&, std::string_view);
Result<struct stat> stat_query_folder(Tree&, const Node&);
Result<> list_query_links(Tree&, const Node&, std::int64_t, const Emit&);
Result<Found> find_query_link(Tree&, const Node&, std::string_view);
Result<Node> query_folder_above(Tree&, const Node&);
Level query_link_level(const Node& link);
std::uint32_t query_link_depth(const Node& link);
// tree_rejected.cpp
Result<struct stat> stat_rejected_folder(Tree&, const Node&);
Result<> list_rejected(Tree&, const Node&, std::int64_t, const Emit&);
Result<Found> find_rejected(Tree&, const Node&, std::string_view);
Result<struct stat> stat_rejected(Tree&, const Node&);
Result<std::unique_ptr<Content>> open_rejected(Tree&, const Node&);
Result<struct stat> stat_incoming_report(Tree&, const Node&);
Result<std::unique_ptr<Content>> open_incoming_report(Tree&, const Node&);

// tree_modalities.cpp
Result<struct stat> stat_modalities(Tree&, const Node&);
Result<> list_modalities(Tree&, const Node&, std::int64_t, const Emit&);
Result<Found> find_modality(Tree&, const Node&, std::string_view);
Result<struct stat> stat_modality(Tree&, const Node&);
Result<Node> modalities_above(Tree&, const Node&);
Result<Node> modality_above(Tree&, const Node&);
Result<struct stat> stat_modality_status(Tree&, const Node&);
Result<std::unique_ptr<Content>> open_modality_status(Tree&, const Node&);
Result<struct stat> stat_modality_echo(Tree&, const Node&);
Result<std::unique_ptr<Content>> open_modality_echo(Tree&, const Node&);
Result<struct stat> stat_failed_folder(Tree&, const Node&);
Result<> list_letters(Tree&, const Node&, std::int64_t, const Emit&);
Result<Found> find_letter(Tree&, const Node&, std::string_view);
Result<struct stat> stat_letter(Tree&, const Node&);
Result<std::unique_ptr<Content>> open_letter(Tree&, const Node&);

// tree_remote.cpp
Result<Found> find_remote_folder(Tree&, const Node&, std::string_view);
Result<struct stat> stat_remote_folder(Tree&, const Node&);
Result<Node> remote_folder_above(Tree&, const Node&);
Result<> list_remote_studies(Tree&, const Node&, std::int64_t, const Emit&);
Result<Found> find_remote_study(Tree&, const Node&, std::string_view);
Result<struct stat> stat_remote_study(Tree&, const Node&);
Result<std::unique_ptr<Content>> open_remote_study(Tree&, const Node&);

}  // namespace dcmfs::fs
