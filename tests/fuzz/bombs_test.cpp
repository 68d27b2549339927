// Small files that ask for much: memory, time or disk. Each is answered within bounds.
#include <array>
#include <cstdio>
#include <functional>

#include <gtest/gtest.h>
#include <zlib.h>

#include "store/dicom/json.h"
#include "store/dicom/reader.h"
#include "store/entry_names.h"
#include "store/image/render.h"
#include "tests/fuzz/cost.h"
#include "tests/store/dicom/raw_dicom.h"
#include "tests/support/make_dicom.h"

namespace dcmfs::fuzz {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

std::string repeated(std::string_view text, std::size_t count) {
  std::string out;
  out.reserve(text.size() * count);
  while (count-- > 0) out += text;
  return out;
}

std::string be16(unsigned n) {
  return {static_cast<char>(n >> 8), static_cast<char>(n)};
}
std::string be32(unsigned n) {
  return be16(n >> 16) + be16(n & 0xffff);
}

// -- data sets

std::string many_elements(std::size_t count) {
  std::string elements;
  for (std::size_t n = 0; n < count; ++n) {
    const auto group = static_cast<std::uint16_t>(0x0009 + 2 * (n / 0xf000));
    elements += raw::implicit_header({group, static_cast<std::uint16_t>(0x1000 + n % 0xf000)}, 0);
  }
  return raw::implicit_file(elements);
}

std::string many_items(std::size_t count) {
  return raw::implicit_file(raw::implicit_header(tags::ReferencedSeriesSequence, raw::kUndefined) +
                            repeated(raw::item(""), count) + raw::end_sequence());
}

// Each line of its .json is indented as deep as the element stands.
std::string many_elements_deep_down(int depth, std::size_t count) {
  std::string elements;
  for (int i = 0; i < depth; ++i) {
    elements +=
        raw::implicit_header(tags::ReferencedSeriesSequence, raw::kUndefined) + raw::open_item();
  }
  for (std::size_t n = 0; n < count; ++n) {
    const auto group = static_cast<std::uint16_t>(0x0009 + 2 * (n / 0xf000));
    elements += raw::implicit_header({group, static_cast<std::uint16_t>(0x1000 + n % 0xf000)}, 0);
  }
  return raw::implicit_file(elements);
}

std::string long_texts(std::string_view unit, std::size_t bytes, std::size_t count) {
  std::string elements;
  for (std::size_t n = 0; n < count; ++n) {
    const Tag tag{0x0011, static_cast<std::uint16_t>(0x1000 + n)};
    elements += raw::long_element(tag, "UT", repeated(unit, bytes / unit.size()));
  }
  return raw::explicit_file(elements);
}

std::string many_decimals() {
  std::string elements;
  for (int n = 0; n < 1000; ++n) {
    const Tag tag{0x3007, static_cast<std::uint16_t>(0x1000 + n)};
    elements += raw::tag(tag) + "DS" + raw::le16(0xfffe) + std::string(0xfffe, '\\');
  }
  return raw::explicit_file(elements);
}

std::string with_name(std::string_view character_set, std::string name) {
  if (name.size() % 2 != 0) name += ' ';
  return raw::implicit_file(raw::implicit_element({0x0008, 0x0005}, character_set) +
                            raw::implicit_element(tags::PatientName, name) +
                            raw::implicit_element(tags::PatientID, name));
}

// Zeros, deflated; a block that stands alone can be repeated.
std::string deflated_zeros(std::int64_t bytes) {
  constexpr std::size_t kBlock = 64 << 20;
  const std::string head =
      raw::explicit_start() + raw::long_header({0x0011, 0x1000}, "OB", 0xfffffffe);
  const auto deflate_part = [](std::string_view part, int flush) {
    z_stream stream{};
    deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    std::string out(deflateBound(&stream, part.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));
    stream.avail_in = static_cast<uInt>(part.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, flush);
    out.resize(out.size() - stream.avail_out);
    deflateEnd(&stream);
    return out;
  };
  const std::string block = deflate_part(std::string(kBlock, '\0'), Z_FULL_FLUSH);
  return raw::part10(uids::DeflatedExplicitVRLittleEndian,
                     deflate_part(head, Z_FULL_FLUSH) +
                         repeated(block, static_cast<std::size_t>(bytes) / kBlock) +
                         deflate_part("", Z_FINISH));
}

// -- pictures

std::string encapsulated(std::string_view syntax, int side, int samples, std::string codestream) {
  if (codestream.size() % 2 != 0) codestream += '\0';
  auto file = make_dicom().pixels(1, 1, 8).in(syntax);
  Dataset& dataset = file.dataset();
  dataset.set_number(tags::Rows, side);
  dataset.set_number(tags::Columns, side);
  dataset.set_number(tags::SamplesPerPixel, samples);
  if (samples == 3) dataset.set_text(tags::PhotometricInterpretation, "RGB");
  dataset.set_bytes(tags::PixelData, Vr::OB, raw::item("") + raw::item(codestream));
  return file.bytes();
}

std::string rle_bomb(int side) {
  return encapsulated(uids::RLELossless, side, 1,
                      raw::le32(1) + raw::le32(64) + std::string(56, '\0') + "\x81z");
}

std::string jpeg_frame(int side, int marker, int components) {
  std::string out = "\xff\xd8\xff";
  out += static_cast<char>(marker);
  out += be16(static_cast<unsigned>(8 + 3 * components)) + '\x08' +
         be16(static_cast<unsigned>(side)) + be16(static_cast<unsigned>(side)) +
         static_cast<char>(components);
  for (int i = 1; i <= components; ++i) out += static_cast<char>(i) + "\x11\0"s;
  out += "\xff\xdb\0\x43\0"s + std::string(64, '\1');
  for (const char table : {'\0', '\x10'}) {  // one code, of one bit, for the value 0
    out += "\xff\xc4\0\x14"s + table + "\1"s + std::string(15, '\0') + '\0';
  }
  return out;
}

std::string jpeg_bomb(int side) {
  return encapsulated("1.2.840.10008.1.2.4.50", side, 1,
                      jpeg_frame(side, 0xc0, 1) + "\xff\xda\0\x08\1\1\0\0\x3f\0\0\0\xff\xd9"s);
}

// Each scan of a progressive JPEG goes over all of the picture.
std::string jpeg_of_scans(int side, std::size_t scans) {
  const std::string first = "\xff\xda\0\x08\1\1\0\0\0\0"s +
                            std::string(static_cast<std::size_t>(side) * side / 512 + 1, '\0');
  const std::string more = "\xff\xda\0\x08\1\1\0\1\x3f\0\0\0"s;
  return encapsulated("1.2.840.10008.1.2.4.50", side, 1,
                      jpeg_frame(side, 0xc2, 1) + first + repeated(more, scans) + "\xff\xd9");
}

std::string jpeg_ls_bomb(int side) {
  return encapsulated("1.2.840.10008.1.2.4.80", side, 1,
                      "\xff\xd8\xff\xf7\0\x0b\x08"s + be16(static_cast<unsigned>(side)) +
                          be16(static_cast<unsigned>(side)) +
                          "\1\1\x11\0\xff\xda\0\x08\1\1\0\0\0\0"s + std::string(4096, '\x7f') +
                          "\xff\xd9");
}

struct J2k {
  int side = 1024, tile = 0, components = 1, layers = 1, levels = 5;
  int block = 4;  // exponent of its side, less 2
  std::string precincts = "";
  int progression = 0;
};

std::string j2k_codestream(const J2k& o) {
  const auto side = static_cast<unsigned>(o.side),
             tile = static_cast<unsigned>(o.tile ? o.tile : o.side);
  std::string out = "\xff\x4f\xff\x51" + be16(static_cast<unsigned>(38 + 3 * o.components)) +
                    be16(0) + be32(side) + be32(side) + be32(0) + be32(0) + be32(tile) +
                    be32(tile) + be32(0) + be32(0) + be16(static_cast<unsigned>(o.components)) +
                    repeated("\7\1\1", static_cast<std::size_t>(o.components));
  out += "\xff\x52" + be16(static_cast<unsigned>(12 + o.precincts.size())) +
         (o.precincts.empty() ? "\0"s : "\1"s) + static_cast<char>(o.progression) +
         be16(static_cast<unsigned>(o.layers)) + '\0' + static_cast<char>(o.levels) +
         static_cast<char>(o.block) + static_cast<char>(o.block) + "\0\1"s + o.precincts;
  out += "\xff\x5c" + be16(static_cast<unsigned>(4 + 3 * o.levels)) + '\x40' +
         repeated("\x40", static_cast<std::size_t>(3 * o.levels + 1));
  const std::size_t tiles_across = (side + tile - 1) / tile;
  for (std::size_t i = 0; i < tiles_across * tiles_across; ++i) {
    const std::string packets(64, '\0');  // empty ones
    out += "\xff\x90\0\x0a"s + be16(static_cast<unsigned>(i)) +
           be32(static_cast<unsigned>(14 + packets.size())) + "\0\1\xff\x93"s + packets;
  }
  return out + "\xff\xd9";
}

std::string j2k_bomb(const J2k& o) {
  return encapsulated("1.2.840.10008.1.2.4.90", o.side, o.components, j2k_codestream(o));
}

std::string endless_palette() {
  auto file = make_dicom().pixels(4, 4, 8).set(tags::PhotometricInterpretation, "PALETTE COLOR");
  // Segments without an entry, and then orders to go over them, again and again.
  std::string words = repeated("\0\0\0\0"sv, 32000);
  words += repeated(raw::le16(2) + raw::le16(31999) + raw::le16(0) + raw::le16(0), 32000);
  for (const std::uint16_t element : std::to_array<std::uint16_t>({0x1101, 0x1102, 0x1103})) {
    file.set_bytes({0x0028, element}, Vr::US, raw::le16(256) + raw::le16(0) + raw::le16(16));
    file.set_bytes({0x0028, static_cast<std::uint16_t>(element + 0x120)}, Vr::OW, words);
  }
  return file.bytes();
}

// No offset table: the last frame is behind all others.
std::string many_fragments(int count) {
  auto file = make_dicom().pixels(1, 1, 8).in(uids::RLELossless);
  file.dataset().set_text(tags::NumberOfFrames, std::to_string(count));
  const std::string frame =
      raw::item(raw::le32(1) + raw::le32(64) + std::string(56, '\0') + "\0z"s);
  return file
      .set_bytes(tags::PixelData, Vr::OB,
                 raw::item("") + repeated(frame, static_cast<std::size_t>(count)))
      .bytes();
}

std::string single_bits(std::size_t bytes) {
  auto file = make_dicom().pixels(1, 1, 8);
  Dataset& dataset = file.dataset();
  dataset.set_number(tags::BitsAllocated, 1);
  dataset.set_number(tags::BitsStored, 1);
  dataset.set_number(tags::HighBit, 0);
  dataset.set_text(tags::NumberOfFrames, std::to_string(8 * bytes));
  return file.set_bytes(tags::PixelData, Vr::OB, std::string(bytes, 'x')).bytes();
}

struct Bomb {
  const char* name;
  std::function<std::string()> make;
};

class Bombs : public testing::TestWithParam<Bomb> {};

const Bomb kBombs[] = {
    {"ManyElements", [] { return many_elements(990'000); }},
    {"TooManyElements", [] { return many_elements(3'000'000); }},
    {"ManyItems", [] { return many_items(990'000); }},
    {"ManyElementsDeepDown", [] { return many_elements_deep_down(127, 980'000); }},
    {"LongTexts", [] { return long_texts("\x01", 1 << 20, 63); }},
    {"LongTextsOfMarks", [] { return long_texts("\xcc\x81\xcc\xa3", 1 << 20, 63); }},
    {"ManyDecimals", many_decimals},
    {"NameOfMarks",
     [] { return with_name("ISO_IR 192", "a" + repeated("\xcc\x81\xcc\xa3", 250'000)); }},
    {"NameOfEscapes",
     [] { return with_name("\\ISO 2022 IR 87", repeated("\x1b$B\x1b(B", 160'000)); }},
    {"DeflatedZeros", [] { return deflated_zeros(std::int64_t{4} << 30); }},
    {"Rle", [] { return rle_bomb(16384); }},
    {"Jpeg", [] { return jpeg_bomb(16384); }},
    {"JpegOfManyScans", [] { return jpeg_of_scans(4096, 20'000); }},
    {"JpegLs", [] { return jpeg_ls_bomb(16384); }},
    {"J2kLarge", [] { return j2k_bomb({.side = 16384}); }},
    {"J2kTiles", [] { return j2k_bomb({.side = 2048, .tile = 16, .components = 3}); }},
    {"J2kLevels", [] { return j2k_bomb({.side = 4096, .components = 3, .levels = 32}); }},
    {"J2kPrecincts", [] { return j2k_bomb({.side = 4096, .precincts = std::string(6, '\x11')}); }},
    {"J2kTinyPrecincts",
     [] { return j2k_bomb({.side = 2048, .precincts = std::string(6, '\0'), .progression = 2}); }},
    {"J2kBlocks", [] { return j2k_bomb({.side = 4096, .components = 3, .block = 0}); }},
    {"J2kLayers", [] { return j2k_bomb({.side = 2048, .tile = 128, .layers = 1024}); }},
    // As much as the limits allow.
    {"J2kAtTheLimit", [] { return j2k_bomb({.side = 5792}); }},
    {"J2kBlocksAtTheLimit", [] { return j2k_bomb({.side = 2048, .block = 0}); }},
    {"J2kPrecinctsAtTheLimit",
     [] {
       return j2k_bomb({.side = 1024, .precincts = std::string(6, '\x22'), .progression = 4});
     }},
    {"JpegAtTheLimit", [] { return jpeg_of_scans(4096, 125); }},
    {"JpegLsAtTheLimit", [] { return jpeg_ls_bomb(5792); }},
    {"RleAtTheLimit", [] { return rle_bomb(5792); }},
    {"EndlessPalette", endless_palette},
    {"ManyFragments", [] { return many_fragments(200'000); }},
    {"SingleBits", [] { return single_bits(4 << 20); }},
};

TEST_P(Bombs, AreAnsweredWithinBounds) {
  const std::string bytes = GetParam().make();
  std::string said;

  const Cost cost = cost_of([&] {
    const auto source = memory_source(bytes);
    const auto file = read_dicom(*source);
    said = file ? "read" : file.error().message;
    if (!file) return;
    said += "; json " + std::to_string(keyword_json(*file).size());
    (void)patient_name(file->dataset);
    const auto pixels = describe_pixels(*file);
    said += pixels ? "; described" : "; " + pixels.error().message;
    const auto picture = render(*file, {.frame = pixels ? pixels->frames - 1 : 0});
    said += picture ? "; shown" : "; " + picture.error().message;
    if (picture) (void)encode_png(*picture);
  });

  std::printf("%s: %zu bytes, %.2f s, %lld MiB: %s\n", GetParam().name, bytes.size(), cost.seconds,
              static_cast<long long>(cost.memory >> 20), said.c_str());
  // The sanitizers' checks cost that much in the loops over text.
  EXPECT_LT(cost.seconds, is_sanitized() ? 4 * kSecondsMax : kSecondsMax);
  EXPECT_LT(cost.memory, kMemoryMax);
}

INSTANTIATE_TEST_SUITE_P(Each, Bombs, testing::ValuesIn(kBombs),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace dcmfs::fuzz
