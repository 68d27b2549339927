// What has a description has a picture, and of the size that the description says: a .png that
// stands in a folder can be read.
#include <random>

#include <gtest/gtest.h>

#include "store/image/render.h"
#include "tests/store/image/open_dicom.h"
#include "tests/store/image/words.h"
#include "tests/support/make_dicom.h"
#include "tests/support/manifest.h"
#include "tests/support/ok.h"

namespace dcmfs {
namespace {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  int below(int count) { return static_cast<int>(random_() % static_cast<unsigned>(count)); }
  bool one_in(int count) { return below(count) == 0; }
  template <class T, std::size_t n>
  const T& of(const T (&choices)[n]) {
    return choices[static_cast<std::size_t>(below(static_cast<int>(n)))];
  }
  std::string bytes(int count) {
    std::string out;
    for (int i = 0; i < count; ++i) out += static_cast<char>(random_());
    return out;
  }

 private:
  std::mt19937_64 random_;
};

void add_lut(Dice& dice, Dataset& item, Tag descriptor, Tag data, Vr vr) {
  const int entries = dice.below(20), bits = dice.of({8, 8, 12, 16, 16, 7, 17});
  item.set_bytes(descriptor, Vr::US, words({entries, dice.below(65536), bits}));
  item.set_bytes(data, vr, dice.bytes(2 * (dice.one_in(4) ? dice.below(20) : entries)));
}

constexpr const char* kPhotometrics[] = {
    "MONOCHROME1",  "MONOCHROME2",     "MONOCHROME2", "PALETTE COLOR", "RGB",  "YBR_FULL",
    "YBR_FULL_422", "YBR_PARTIAL_422", "YBR_ICT",     "HSV",           "ARGB", "CMYK",
    "XYZ"};

// An image of which anything may be wrong, mostly one thing or none.
DicomBuilder any_image(Dice& dice) {
  const std::string photometric = dice.of(kPhotometrics);
  const bool has_four = photometric == "ARGB" || photometric == "CMYK";
  const bool is_grey = photometric.starts_with("MONO") || photometric.starts_with("PAL");
  int samples = has_four ? 4 : is_grey ? 1 : 3;
  const int rows = 1 + dice.below(5), columns = 1 + dice.below(6), frames = 1 + dice.below(3);
  const int allocated = dice.one_in(3) ? 1 + dice.below(34) : dice.of({1, 8, 8, 16, 16, 32});
  const int stored = dice.one_in(3) ? 1 + dice.below(allocated) : allocated;
  std::int64_t bits = std::int64_t{rows} * columns * frames * samples * allocated;
  if (photometric.ends_with("_422") && dice.one_in(2)) bits = bits * 2 / 3;
  int length = static_cast<int>((bits + 7) / 8);
  if (dice.one_in(6)) length += dice.below(5) - 2;
  if (dice.one_in(10)) samples = dice.below(5);

  auto dicom = make_dicom().pixels(rows, columns, 8, frames);
  dicom.set(tags::PhotometricInterpretation, photometric)
      .set(tags::SamplesPerPixel, std::to_string(samples))
      .set(tags::PlanarConfiguration, dice.one_in(3) ? "1" : "0")
      .set(tags::BitsAllocated, std::to_string(allocated))
      .set(tags::BitsStored, std::to_string(stored))
      .set(tags::HighBit, std::to_string(dice.one_in(5) ? dice.below(33) : stored - 1))
      .set(tags::PixelRepresentation, dice.one_in(3) ? "1" : "0")
      .set_bytes(tags::PixelData, allocated > 8 ? Vr::OW : Vr::OB, dice.bytes(std::max(length, 0)))
      .in(dice.of({uids::ImplicitVRLittleEndian, uids::ExplicitVRLittleEndian,
                   uids::ExplicitVRBigEndian, uids::DeflatedExplicitVRLittleEndian}));
  return dicom;
}

void add_attributes(Dice& dice, DicomBuilder& dicom) {
  Dataset& dataset = dicom.dataset();
  if (dice.one_in(2)) dicom.set(tags::WindowCenter, std::to_string(dice.below(400) - 100));
  if (dice.one_in(2)) dicom.set(tags::WindowWidth, std::to_string(dice.below(300) - 5));
  if (dice.one_in(3)) dicom.set(tags::VOILUTFunction, dice.of({"SIGMOID", "LINEAR_EXACT", "X"}));
  if (dice.one_in(3)) dicom.set(tags::RescaleSlope, dice.of({"0", "-2", "1e300", "0.001", "x"}));
  if (dice.one_in(3)) dicom.set(tags::RescaleIntercept, dice.of({"-1024", "1e308", "nan"}));
  if (dice.one_in(4)) dicom.set_bytes(tags::PixelPaddingValue, Vr::US, dice.bytes(2));
  if (dice.one_in(4)) dicom.set_bytes(tags::PixelPaddingRangeLimit, Vr::US, dice.bytes(2));
  for (const Tag sequence :
       {tags::ModalityLUTSequence, tags::VOILUTSequence, tags::PresentationLUTSequence}) {
    if (!dice.one_in(5)) continue;
    add_lut(dice, dataset.add_item(sequence), tags::LUTDescriptor, tags::LUTData, Vr::OW);
  }
  if (dice.one_in(2)) return;
  add_lut(dice, dataset, tags::RedPaletteColorLookupTableDescriptor,
          tags::RedPaletteColorLookupTableData, Vr::OW);
  add_lut(dice, dataset, tags::GreenPaletteColorLookupTableDescriptor,
          tags::GreenPaletteColorLookupTableData, Vr::OW);
  add_lut(dice, dataset, tags::BluePaletteColorLookupTableDescriptor,
          dice.one_in(3) ? tags::SegmentedBluePaletteColorLookupTableData
                         : tags::BluePaletteColorLookupTableData,
          Vr::OW);
}

void expect_pictures(const DicomFile& file, const PixelDescription& pixels, int frames) {
  for (int frame = 0; frame < frames; ++frame) {
    const auto picture = render(file, {.frame = frame});
    ASSERT_OK(picture);
    const auto png = encode_png(*picture);
    ASSERT_OK(png);
    ASSERT_EQ(std::ssize(*png), png_size(pixels.columns, pixels.rows, pixels.channels()));
  }
}

TEST(Promise, WhatIsDescribedIsRendered) {
  int described = 0;
  constexpr int kImages = 6000;
  for (int seed = 0; seed < kImages && !HasFatalFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Dice dice(static_cast<std::uint64_t>(seed));
    auto dicom = any_image(dice);
    add_attributes(dice, dicom);
    const OpenDicom file(dicom.bytes());
    const auto pixels = describe_pixels(*file);
    if (!pixels) continue;
    ++described;

    expect_pictures(*file, *pixels, pixels->frames);
  }
  EXPECT_GT(described, kImages / 4);
}

// Of what is compressed only the header of the first frame has been looked at.
TEST(Promise, IsKeptByEveryFileThatIsNotCompressed) {
  if (!shared_data()) GTEST_SKIP() << "the shared test data is missing";

  int described = 0;
  for (const ManifestRow& row : manifest()) {
    SCOPED_TRACE(row["path"]);
    const std::string bytes = read_whole_file(row.file);
    const auto source = memory_source(bytes);
    const auto file = read_dicom(*source);
    if (!file) continue;
    const auto pixels = describe_pixels(*file);
    if (!pixels || (row.is_bad() && file->syntax->encapsulated)) continue;
    ++described;

    expect_pictures(*file, *pixels, std::min(pixels->frames, 3));
  }
  EXPECT_GT(described, 900);
}

}  // namespace
}  // namespace dcmfs
