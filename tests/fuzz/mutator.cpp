#include "tests/fuzz/mutator.h"

#include <algorithm>
#include <cstring>

#include "store/dicom/reader.h"

namespace dcmfs::fuzz {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

// -- what is put in

constexpr std::uint32_t kLengths[] = {0,          1,          2,          7,          0xff,
                                      0xffff,     0x10000,    0x7fffffff, 0x80000000, 0xfffffffd,
                                      0xfffffffe, 0xffffffff, 0x01000000, 0x00ffffff};
constexpr unsigned char kBytes[] = {0,    1,    0x1b, 0x20, '.',  '/', '\\',
                                    0x7f, 0x80, 0xc3, 0xe0, 0xfe, 0xff};
constexpr std::uint16_t kNumbers[] = {0,  1,  2,  3,  7,   8,   9,    12,    15,    16,    17,   24,
                                      32, 33, 63, 64, 255, 256, 4095, 32767, 32768, 65534, 65535};
constexpr std::string_view kVrs[] = {
    "AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO",     "LT",        "OB", "OD",
    "OF", "OL", "OV", "OW", "PN", "SH", "SL", "SQ", "SS", "ST", "SV",     "TM",        "UC", "UI",
    "UL", "UN", "UR", "US", "UT", "UV", "??", "  ", "--", "ZZ", "\0\0"sv, "\xff\xff"sv};
constexpr Tag kTags[] = {{0, 0},           {0, 2},           {0x0002, 0x0010}, {0x0008, 0x0005},
                         {0x0008, 0x0018}, {0x0010, 0x0010}, {0x0010, 0x0020}, {0x0020, 0x0013},
                         {0x0028, 0x0002}, {0x0028, 0x0008}, {0x0028, 0x0010}, {0x0028, 0x0100},
                         {0x5200, 0x9230}, {0x7fe0, 0x0008}, {0x7fe0, 0x0010}, {0x0009, 0x0010},
                         {0x0009, 0x1001}, {0xfffe, 0xe000}, {0xfffe, 0xe00d}, {0xfffe, 0xe0dd},
                         {0xffff, 0xffff}};
constexpr std::string_view kHostile[] = {"",
                                         " ",
                                         ".",
                                         "..",
                                         "../../../../etc/passwd",
                                         "/etc/passwd",
                                         "..\\..\\boot.ini",
                                         "CON",
                                         "NUL.txt",
                                         "-rf",
                                         ".hidden",
                                         "a/b",
                                         "a\0b"sv,
                                         "\0\0\0\0"sv,
                                         "\n",
                                         "a\nb\rc",
                                         "\x1b[2J\x1b[31m",
                                         "$(reboot)",
                                         "`id`",
                                         "'; --",
                                         "\"",
                                         "{}[]",
                                         "%s%n%s",
                                         "\xff\xfe\xfd",
                                         "\xc0\xaf",
                                         "\xed\xa0\x80",
                                         "\xf4\x90\x80\x80",
                                         "\xe2\x80\xae"
                                         "gpj.exe",
                                         "\xef\xbb\xbf",
                                         "e\xcc\x81\xcc\x81\xcc\x81",
                                         "\xef\xbc\x8f",
                                         "\x1b$B$$$$\x1b(B",
                                         "\x1b$)C\xb1\xe8",
                                         "\x1b$(D",
                                         "\\\\\\\\",
                                         "^^^^====",
                                         "name ~abcd",
                                         "0001.dcm",
                                         "patient.json",
                                         "1e999",
                                         "-0",
                                         "nan",
                                         "0x10",
                                         "99999999999999999999",
                                         "-2147483649",
                                         "1.5\\\\2",
                                         "20041399",
                                         "00000000",
                                         "99991231",
                                         "240000.9999999"};
constexpr std::string_view kCharsets[] = {"",
                                          "ISO_IR 6",
                                          "ISO_IR 192",
                                          "ISO_IR 100",
                                          "ISO_IR 13",
                                          "GB18030",
                                          "GBK",
                                          "\\ISO 2022 IR 87",
                                          "ISO 2022 IR 6\\ISO 2022 IR 149",
                                          "ISO 2022 IR 13\\ISO 2022 IR 87\\ISO 2022 IR 159",
                                          "\\\\\\\\\\\\\\\\\\\\",
                                          "KLINGON",
                                          "ISO_IR 192\\ISO_IR 100",
                                          "iso_ir 192",
                                          "ISO_IR 149"};
// Attributes by whose value the meaning of others stands or falls.
constexpr Tag kPixelTags[] = {
    {0x0028, 0x0002}, {0x0028, 0x0006}, {0x0028, 0x0010}, {0x0028, 0x0011}, {0x0028, 0x0100},
    {0x0028, 0x0101}, {0x0028, 0x0102}, {0x0028, 0x0103}, {0x0028, 0x0120}, {0x0028, 0x1101},
    {0x0028, 0x1102}, {0x0028, 0x1103}, {0x0028, 0x3002}};
constexpr Tag kUids[] = {{0x0002, 0x0002}, {0x0002, 0x0003}, {0x0002, 0x0010}, {0x0008, 0x0016},
                         {0x0008, 0x0018}, {0x0020, 0x000d}, {0x0020, 0x000e}};

// -- where

void put16(std::string& bytes, std::size_t at, std::uint32_t n) {
  bytes[at] = static_cast<char>(n);
  bytes[at + 1] = static_cast<char>(n >> 8);
}
void put32(std::string& bytes, std::size_t at, std::uint32_t n) {
  put16(bytes, at, n);
  put16(bytes, at + 2, n >> 16);
}

// The length in a head is its last two or four bytes (PS3.5 7.1.2).
bool is_short(const Piece& piece) {
  return piece.head.size() == 8 && piece.head[4] >= 'A' && piece.head[4] <= 'Z' &&
         piece.head[5] >= 'A' && piece.head[5] <= 'Z';
}
void set_length(Piece& piece, std::uint32_t length) {
  if (piece.head.size() < 8) return;
  if (is_short(piece)) {
    put16(piece.head, 6, length);
  } else {
    put32(piece.head, piece.head.size() - 4, length);
  }
}
void set_value(Piece& piece, std::string value) {
  piece.value = std::move(value);
  set_length(piece, static_cast<std::uint32_t>(piece.value.size()));
}

Piece* find(Pieces& file, Tag tag) {
  const auto found =
      std::find_if(file.begin(), file.end(), [&](const Piece& p) { return p.tag == tag; });
  return found == file.end() ? nullptr : &*found;
}

Piece& any_piece(Mutator& m, Pieces& file) {
  return file[m.below(file.size())];
}

// -- damages; each changes `file` at one place

void flip_bits(Mutator& m, Pieces& file, const Pieces&) {
  auto& piece = any_piece(m, file);
  auto& bytes = m.one_in(3) || piece.value.empty() ? piece.head : piece.value;
  for (std::size_t n = 1 + m.below(4); n > 0 && !bytes.empty(); --n) {
    bytes[m.below(bytes.size())] ^= static_cast<char>(1 << m.below(8));
  }
}

void overwrite(Mutator& m, Pieces& file, const Pieces&) {
  auto& bytes = any_piece(m, file).value;
  const std::size_t at = m.below(bytes.size());
  const std::size_t count = std::min(bytes.size() - at, 1 + m.below(16));
  const bool one_byte = m.one_in(2);
  const auto byte = static_cast<char>(m.one_of(kBytes));
  for (std::size_t i = at; i < at + count; ++i)
    bytes[i] = one_byte ? byte : static_cast<char>(m.any());
}

void change_length(Mutator& m, Pieces& file, const Pieces&) {
  auto& piece = any_piece(m, file);
  const auto length = static_cast<std::uint32_t>(piece.value.size());
  const std::uint32_t near[] = {length - 1, length + 1, length * 2,
                                length / 2, length + 8, m.any()};
  set_length(piece, m.one_in(2) ? m.one_of(near) : m.one_of(kLengths));
}

void change_vr(Mutator& m, Pieces& file, const Pieces&) {
  auto& piece = any_piece(m, file);
  if (piece.head.size() >= 8) std::memcpy(piece.head.data() + 4, m.one_of(kVrs).data(), 2);
}

void change_tag(Mutator& m, Pieces& file, const Pieces&) {
  auto& piece = any_piece(m, file);
  if (piece.head.size() < 8) return;
  const Tag tag = m.one_of(kTags);
  put16(piece.head, 0, tag.group);
  put16(piece.head, 2, tag.element);
}

void swap_elements(Mutator& m, Pieces& file, const Pieces&) {
  std::swap(any_piece(m, file), any_piece(m, file));
}

void repeat_element(Mutator& m, Pieces& file, const Pieces&) {
  const Piece copy = any_piece(m, file);
  const std::size_t count = m.one_in(20) ? 300 : 1;
  file.insert(file.begin() + static_cast<std::ptrdiff_t>(m.below(file.size() + 1)), count, copy);
}

void drop_element(Mutator& m, Pieces& file, const Pieces&) {
  if (file.size() > 1) file.erase(file.begin() + static_cast<std::ptrdiff_t>(m.below(file.size())));
}

void take_from_other(Mutator& m, Pieces& file, const Pieces& other) {
  const Piece& piece = other[m.below(other.size())];
  if (Piece* same = find(file, piece.tag); same && m.one_in(2)) {
    *same = piece;
  } else {
    file.insert(file.begin() + static_cast<std::ptrdiff_t>(m.below(file.size() + 1)), piece);
  }
}

// The lengths of items and fragments inside a value.
void change_item(Mutator& m, Pieces& file, const Pieces&) {
  for (int attempt = 0; attempt < 8; ++attempt) {
    auto& value = any_piece(m, file).value;
    const auto at = value.find("\xfe\xff"sv, m.below(value.size()));
    if (at == std::string::npos || at + 8 > value.size()) continue;
    if (m.one_in(3)) {
      constexpr std::uint32_t kDelimiters[] = {0xe000, 0xe00d, 0xe0dd, 0xe0ff};
      put16(value, at + 2, m.one_of(kDelimiters));
    } else {
      put32(value, at + 4, m.one_in(3) ? m.any() % 4096 : m.one_of(kLengths));
    }
    return;
  }
}

// A value inside sequences, as deep as the limit of the reader and far beyond.
void nest(Mutator& m, Pieces& file, const Pieces&) {
  auto& piece = any_piece(m, file);
  if (piece.head.size() < 8) return;
  constexpr std::size_t kDepths[] = {1, 2, 16, 63, 64, 65, 127, 128, 129, 1000, 20000};
  const bool is_explicit = piece.head[4] >= 'A' && piece.head[4] <= 'Z';
  std::string level = "\x08\x00\x40\x11"s;  // ReferencedImageSequence
  if (is_explicit) level += "SQ\0\0"sv;
  level += "\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"sv;
  std::string value;
  const std::size_t depth = m.one_of(kDepths);
  for (std::size_t i = 0; i < depth; ++i) value += level;
  if (m.one_in(2)) {
    for (std::size_t i = 0; i < depth; ++i)
      value += "\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0"sv;
  }
  piece = {{0x0008, 0x1140}, "", std::move(value), true};
}

void change_character_set(Mutator& m, Pieces& file, const Pieces&) {
  if (Piece* set = find(file, {0x0008, 0x0005})) set_value(*set, std::string(m.one_of(kCharsets)));
  if (Piece* name = find(file, {0x0010, 0x0010}); name && m.one_in(2)) {
    std::string garbage(m.below(80), ' ');
    for (char& c : garbage) c = m.one_in(4) ? '\x1b' : static_cast<char>(m.any());
    set_value(*name, std::move(garbage));
  }
}

std::string hostile_text(Mutator& m) {
  std::string text(m.one_of(kHostile));
  if (m.one_in(4)) text += m.one_of(kHostile);
  if (m.one_in(8)) {
    const std::size_t length = m.one_in(4) ? 70000 : 300;
    while (!text.empty() && text.size() < length) text += text;
  }
  return text;
}

void change_text(Mutator& m, Pieces& file, const Pieces&) {
  set_value(any_piece(m, file), hostile_text(m));
}

void change_uid(Mutator& m, Pieces& file, const Pieces&) {
  if (Piece* uid = find(file, m.one_of(kUids))) {
    set_value(*uid, m.one_in(4) ? "1.2." + std::string(m.below(100), '9') : hostile_text(m));
  }
}

void change_pixel_attribute(Mutator& m, Pieces& file, const Pieces&) {
  Piece* piece = find(file, m.one_of(kPixelTags));
  if (!piece || piece->value.size() < 2) return;
  put16(piece->value, m.below(piece->value.size() / 2) * 2, m.one_of(kNumbers));
}

void change_frames(Mutator& m, Pieces& file, const Pieces&) {
  constexpr std::string_view kFrames[] = {"0",  "1",     "2",          "7",          "300",
                                          "-1", "65536", "2147483647", "99999999999"};
  if (Piece* frames = find(file, {0x0028, 0x0008}))
    set_value(*frames, std::string(m.one_of(kFrames)));
}

// Markers and sizes stand at the beginning of a codestream, tables behind them.
void change_codestream(Mutator& m, Pieces& file, const Pieces&) {
  Piece* pixels = find(file, {0x7fe0, 0x0010});
  if (!pixels || pixels->value.empty()) return;
  auto& bytes = pixels->value;
  const std::size_t reach = m.one_in(2) ? std::min<std::size_t>(bytes.size(), 200) : bytes.size();
  for (std::size_t n = 1 + m.below(3); n > 0; --n) {
    const std::size_t at = m.below(reach);
    bytes[at] = static_cast<char>(m.one_in(2) ? m.one_of(kBytes) : m.any());
  }
}

void cut_codestream(Mutator& m, Pieces& file, const Pieces&) {
  if (Piece* pixels = find(file, {0x7fe0, 0x0010})) {
    pixels->value.resize(m.below(pixels->value.size()));
    if (!pixels->has_undefined_length && m.one_in(2)) set_value(*pixels, pixels->value);
  }
}

void add_garbage(Mutator& m, Pieces& file, const Pieces&) {
  auto& value = any_piece(m, file).value;
  std::string garbage(1 + m.below(64), static_cast<char>(m.one_of(kBytes)));
  if (m.one_in(2)) {
    for (char& c : garbage) c = static_cast<char>(m.any());
  }
  value.insert(m.below(value.size() + 1), garbage);
}

struct Damage {
  void (*apply)(Mutator&, Pieces& file, const Pieces& other);
  int weight;
};
// clang-format off
constexpr Damage kDamages[] = {
    {flip_bits,              6}, {overwrite,            4}, {change_length,          5}, {change_vr,      3},
    {change_tag,             3}, {swap_elements,        2}, {repeat_element,         2}, {drop_element,   2},
    {take_from_other,        4}, {change_item,          3}, {nest,                   1}, {change_text,    4},
    {change_character_set,   3}, {change_uid,           3}, {change_pixel_attribute, 6}, {change_frames,  2},
    {change_codestream,      6}, {cut_codestream,       2}, {add_garbage,            2},
};
// clang-format on

const Damage& any_damage(Mutator& m) {
  int total = 0;
  for (const Damage& damage : kDamages) total += damage.weight;
  auto at = static_cast<int>(m.below(static_cast<std::size_t>(total)));
  for (const Damage& damage : kDamages) {
    if ((at -= damage.weight) < 0) return damage;
  }
  return kDamages[0];
}

// Of the element whose value is at `offset`.
std::size_t head_size(std::string_view bytes, const Element& element) {
  const auto at = static_cast<std::size_t>(element.offset);
  const auto tag_at = [&](std::size_t back) {
    if (at < back) return false;
    const auto byte = [&](std::size_t i) {
      return static_cast<unsigned char>(bytes[at - back + i]);
    };
    const Tag little{static_cast<std::uint16_t>(byte(0) | byte(1) << 8),
                     static_cast<std::uint16_t>(byte(2) | byte(3) << 8)};
    const Tag big{static_cast<std::uint16_t>(byte(1) | byte(0) << 8),
                  static_cast<std::uint16_t>(byte(3) | byte(2) << 8)};
    return little == element.tag || big == element.tag;
  };
  return tag_at(8) ? 8 : tag_at(12) ? 12 : 0;
}

}  // namespace

std::size_t Mutator::below(std::size_t n) {
  return n == 0 ? 0 : static_cast<std::size_t>(random_() % n);
}

Pieces take_apart(std::string_view bytes) {
  Pieces out;
  const auto source = memory_source(bytes);
  const auto file = read_dicom(*source);
  // The offsets in an inflated data set are not those in the file.
  if (!file || (file->syntax && file->syntax->deflated))
    return {{{}, "", std::string(bytes), false}};
  std::vector<const Element*> elements;
  for (const auto* dataset : {&file->meta, &file->dataset}) {
    for (const Element& element : *dataset) {
      if (element.offset >= 0 && head_size(bytes, element) > 0) elements.push_back(&element);
    }
  }
  std::sort(elements.begin(), elements.end(),
            [](auto* a, auto* b) { return a->offset < b->offset; });
  std::size_t end = bytes.size();
  for (auto at = elements.rbegin(); at != elements.rend(); ++at) {
    const Element& element = **at;
    const auto value = static_cast<std::size_t>(element.offset);
    const std::size_t head = value - head_size(bytes, element);
    out.push_back({element.tag, std::string(bytes.substr(head, value - head)),
                   std::string(bytes.substr(value, end - value)),
                   element.length == Element::kUndefinedLength});
    end = head;
  }
  out.push_back({{}, "", std::string(bytes.substr(0, end)), false});
  std::reverse(out.begin(), out.end());
  return out;
}

std::string put_together(const Pieces& pieces) {
  std::string out;
  for (const Piece& piece : pieces) out.append(piece.head).append(piece.value);
  return out;
}

std::string Mutator::operator()(const Pieces& file, const Pieces& other) {
  Pieces damaged = file;
  for (std::size_t n = 1 + below(3); n > 0; --n) any_damage(*this).apply(*this, damaged, other);
  std::string bytes = put_together(damaged);
  if (one_in(10)) bytes.resize(below(bytes.size() + 1));
  return bytes;
}

}  // namespace dcmfs::fuzz
