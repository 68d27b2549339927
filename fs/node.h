#pragma once
// What stands behind an inode number. The number alone says it: no table of
// live inodes, nothing to forget, and the same file keeps its number across
// remounts.
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <iterator>
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

// What its number says beside its kind.
enum class Numbered : std::uint8_t { one, row, part };  // nothing; a row; a row and a part

// How long the kernel may keep what it is told of an entry.
enum class Memory : std::uint8_t {
  shortly,  // it changes with whatever arrives, and nobody tells
  names,    // until it is told (notifier.h): a folder of patients/, and which names are not in it
  told,     // until it is told
  ever,     // it never changes
  never,    // not at all, nor its bytes: it changes without anything that arrives
  dropped,  // not at all: it changes under its writers' hands
};

// Who has what stands there and is written by programs (drop.h).
enum class Dropped : std::uint8_t { no, incoming, modalities, worklists };

// What else is said of a kind.
using Marks = std::uint8_t;
inline constexpr Marks kSummary = 1 << 0;    // not shown beside DICOM files alone
inline constexpr Marks kGenerated = 1 << 1;  // made of instances
inline constexpr Marks kEmptied = 1 << 2;    // a folder that rm takes from, if it may
inline constexpr Marks kWritable = 1 << 3;   // a folder that is written to

struct KindInfo {
  Kind kind;
  Numbered numbered;
  Memory memory;
  Dropped dropped = Dropped::no;
  Marks marks = 0;
};

// clang-format off
// By number.
inline constexpr KindInfo kKinds[] = {
  {Kind::none,             Numbered::row,  Memory::shortly},
  {Kind::root,             Numbered::one,  Memory::ever},
  {Kind::readme,           Numbered::one,  Memory::ever},
  {Kind::patients,         Numbered::one,  Memory::names,   Dropped::no, kEmptied},
  {Kind::patient,          Numbered::row,  Memory::names,   Dropped::no, kEmptied},
  {Kind::patient_json,     Numbered::row,  Memory::told,    Dropped::no, kSummary | kGenerated},
  {Kind::study,            Numbered::row,  Memory::names,   Dropped::no, kEmptied},
  {Kind::study_json,       Numbered::row,  Memory::told,    Dropped::no, kSummary | kGenerated},
  {Kind::study_zip,        Numbered::row,  Memory::told,    Dropped::no, kGenerated},
  {Kind::series,           Numbered::row,  Memory::names,   Dropped::no, kEmptied},
  {Kind::series_json,      Numbered::row,  Memory::told,    Dropped::no, kSummary | kGenerated},
  {Kind::instance_dcm,     Numbered::row,  Memory::ever},
  {Kind::instance_json,    Numbered::row,  Memory::ever,    Dropped::no, kGenerated},
  {Kind::instance_png,     Numbered::row,  Memory::ever,    Dropped::no, kGenerated},
  {Kind::frames,           Numbered::row,  Memory::ever,    Dropped::no, kEmptied},
  {Kind::frame_png,        Numbered::part, Memory::ever,    Dropped::no, kGenerated},
  {Kind::studies,          Numbered::one,  Memory::shortly},
  {Kind::studies_folder,   Numbered::row,  Memory::shortly},
  {Kind::study_link,       Numbered::part, Memory::shortly},
  {Kind::series_view,      Numbered::one,  Memory::shortly},
  {Kind::series_folder,    Numbered::row,  Memory::shortly},
  {Kind::series_link,      Numbered::part, Memory::shortly},
  {Kind::instances,        Numbered::one,  Memory::shortly},
  {Kind::instance_link,    Numbered::part, Memory::shortly},
  {Kind::recent,           Numbered::one,  Memory::shortly},
  {Kind::recent_link,      Numbered::part, Memory::shortly},
  {Kind::find,             Numbered::one,  Memory::shortly},
  {Kind::find_readme,      Numbered::one,  Memory::ever},
  {Kind::find_folder,      Numbered::row,  Memory::shortly},
  {Kind::find_link,        Numbered::part, Memory::shortly},
  {Kind::incoming,         Numbered::one,  Memory::dropped, Dropped::incoming, kWritable},
  {Kind::incoming_node,    Numbered::row,  Memory::dropped, Dropped::incoming},
  {Kind::incoming_report,  Numbered::one,  Memory::never},
  {Kind::rejected,         Numbered::one,  Memory::shortly},
  {Kind::rejected_file,    Numbered::row,  Memory::shortly},
  {Kind::instance_pdf,     Numbered::row,  Memory::ever,    Dropped::no, kGenerated},
  {Kind::modalities,       Numbered::one,  Memory::never},
  {Kind::modality,         Numbered::row,  Memory::dropped, Dropped::modalities, kWritable},
  {Kind::modality_node,    Numbered::row,  Memory::dropped, Dropped::modalities},
  {Kind::modality_status,  Numbered::row,  Memory::never},
  {Kind::modality_echo,    Numbered::row,  Memory::never},
  {Kind::modality_failed,  Numbered::row,  Memory::never,   Dropped::no, kWritable},
  {Kind::failed_file,      Numbered::row,  Memory::never},
  {Kind::failed_reason,    Numbered::row,  Memory::never},
  {Kind::remote_find,      Numbered::row,  Memory::never},
  {Kind::remote_folder,    Numbered::row,  Memory::never},
  {Kind::remote_study,     Numbered::row,  Memory::never},
  {Kind::worklists,        Numbered::one,  Memory::dropped, Dropped::worklists, kWritable},
  {Kind::worklist_node,    Numbered::row,  Memory::dropped, Dropped::worklists},
  {Kind::peers,            Numbered::one,  Memory::never},
};
// clang-format on
static_assert(std::size(kKinds) == static_cast<std::size_t>(Kind::count));
static_assert([] {
  for (std::size_t i = 0; i < std::size(kKinds); ++i) {
    if (static_cast<std::size_t>(kKinds[i].kind) != i) return false;
  }
  return true;
}());

constexpr const KindInfo& kind_info(Kind kind) {
  return kKinds[static_cast<std::size_t>(kind)];
}
constexpr bool marked(Kind kind, Marks mark) {
  return (kind_info(kind).marks & mark) != 0;
}

// What stands for a resource: its folder, and what is generated in it. Kind::none: it has no such file.
struct LevelNodes {
  Kind folder, summary, archive;
};
inline constexpr LevelNodes kLevelNodes[] = {
    {Kind::patient, Kind::patient_json, Kind::none},
    {Kind::study, Kind::study_json, Kind::study_zip},
    {Kind::series, Kind::series_json, Kind::none},
};

// Kind::none for a number that no version of the tree gives out: from a file handle, anything
// comes.
constexpr Node node(Ino number) {
  if (number == 1) return {Kind::root};
  const auto kind = number >> (kRowBits + kPartBits);
  if (kind <= 1 || kind >= static_cast<std::uint64_t>(Kind::count)) return {};
  const Node n{static_cast<Kind>(kind), number >> kPartBits & kRowMask,
               static_cast<std::uint32_t>(number & kPartMask)};
  const auto numbered = kind_info(n.kind).numbered;
  if (n.row != 0 && numbered == Numbered::one) return {};
  if (n.part != 0 && numbered != Numbered::part) return {};
  return n;
}

static_assert(node(ino({Kind::frame_png, 77, 3})) == Node{Kind::frame_png, 77, 3});
static_assert(node(ino({Kind::root})) == Node{Kind::root});
static_assert(node(ino({Kind::patients, 5})) == Node{});
static_assert(node(ino({Kind::instance_dcm, 5, 1})) == Node{});

}  // namespace dcmfs::fs
