#pragma once
// What stands behind an inode number. The number alone says it: no table of
// live inodes, nothing to forget, and the same file keeps its number across
// remounts.
#include <cassert>
#include <cstdint>
#include <optional>

namespace dcmfs::fs {

using Ino = std::uint64_t;

// Numbers are part of inode numbers: append, never renumber.
enum class Kind : std::uint8_t {
  none = 0,
  root = 1,
  readme = 2,
  patients = 3,
  patient = 4,
  patient_json = 5,
  study = 6,
  study_json = 7,
  study_zip = 8,
  series = 9,
  series_json = 10,
  instance_dcm = 11,
  instance_json = 12,
  instance_png = 13,
  frames = 14,
  frame_png = 15,  // part: frame, from 1
  studies = 16,
  studies_folder = 17,  // row: date of a Place
  study_link = 18,      // part: folders above it
  series_view = 19,
  series_folder = 20,  // row: modality and date of a Place
  series_link = 21,
  instances = 22,
  instance_link = 23,
  recent = 24,
  recent_link = 25,
  find = 26,
  find_readme = 27,
  find_folder = 28,  // row: number of an interned query
  find_link = 29,    // part: folders above it and level
  incoming = 30,
  incoming_node = 31,  // row: number in Incoming
  incoming_report = 32,
  rejected = 33,
  rejected_file = 34,  // row: low bits of the inode on disk
  instance_pdf = 35,
  modalities = 36,
  modality = 37,       // row: number of a destination (modality_files.h), as in all of these
  modality_node = 38,  // row: number in Modalities
  modality_status = 39,
  modality_echo = 40,
  modality_failed = 41,
  failed_file = 42,  // row: OutboxId
  failed_reason = 43,
  remote_find = 44,
  remote_folder = 45,  // row: number of an interned query
  remote_study = 46,   // row: number in RemoteFind
  worklists = 47,
  worklist_node = 48,  // row: number in WorklistItems
  peers = 49,          // in it are modalities, whose names in the outbox begin with "peers/"
  count
};

struct Node {
  Kind kind = Kind::none;
  std::uint64_t row = 0;
  std::uint32_t part = 0;
  friend bool operator==(const Node&, const Node&) = default;
};

inline constexpr int kPartBits = 20, kRowBits = 38, kKindBits = 6;
inline constexpr std::uint64_t kRowMask = (std::uint64_t{1} << kRowBits) - 1;
inline constexpr std::uint32_t kPartMask = (std::uint32_t{1} << kPartBits) - 1;
static_assert(kPartBits + kRowBits + kKindBits == 64);
static_assert(static_cast<unsigned>(Kind::count) <= (1u << kKindBits));

constexpr Ino ino(const Node& n) {
  assert(n.row <= kRowMask && n.part <= kPartMask);
  if (n.kind == Kind::root) return 1;
  return std::uint64_t{static_cast<std::uint8_t>(n.kind)} << (kRowBits + kPartBits) |
         n.row << kPartBits | n.part;
}

// A set of kinds: in which folders an entry may stand.
using Kinds = std::uint64_t;
constexpr Kinds only(Kind k) {
  return Kinds{1} << static_cast<unsigned>(k);
}
constexpr bool has(Kinds set, Kind k) {
  return (set & only(k)) != 0;
}

// There is one of each of these, and these have parts; all others have a row alone.
inline constexpr Kinds kWithoutRow = only(Kind::root) | only(Kind::readme) | only(Kind::patients) |
                                     only(Kind::studies) | only(Kind::series_view) |
                                     only(Kind::instances) | only(Kind::recent) | only(Kind::find) |
                                     only(Kind::find_readme) | only(Kind::incoming) |
                                     only(Kind::incoming_report) | only(Kind::rejected) |
                                     only(Kind::modalities) | only(Kind::worklists) |
                                     only(Kind::peers);
inline constexpr Kinds kWithPart = only(Kind::frame_png) | only(Kind::study_link) |
                                   only(Kind::series_link) | only(Kind::instance_link) |
                                   only(Kind::recent_link) | only(Kind::find_link);

// Kind::none for a number that no version of the tree gives out: from a file handle, anything
// comes.
constexpr Node node(Ino number) {
  if (number == 1) return {Kind::root};
  const auto kind = number >> (kRowBits + kPartBits);
  if (kind <= 1 || kind >= static_cast<std::uint64_t>(Kind::count)) return {};
  const Node n{static_cast<Kind>(kind), number >> kPartBits & kRowMask,
               static_cast<std::uint32_t>(number & kPartMask)};
  if (n.row != 0 && has(kWithoutRow, n.kind)) return {};
  if (n.part != 0 && !has(kWithPart, n.kind)) return {};
  return n;
}

static_assert(node(ino({Kind::frame_png, 77, 3})) == Node{Kind::frame_png, 77, 3});
static_assert(node(ino({Kind::root})) == Node{Kind::root});
static_assert(node(ino({Kind::patients, 5})) == Node{});
static_assert(node(ino({Kind::instance_dcm, 5, 1})) == Node{});

}  // namespace dcmfs::fs
