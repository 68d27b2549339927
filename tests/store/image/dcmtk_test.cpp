// Pictures compared with those that DCMTK's own programs make.
#include <cstdlib>
#include <sstream>

#include <gtest/gtest.h>

#include "store/image/grey.h"
#include "tests/store/image/open_dicom.h"
#include "tests/support/manifest.h"
#include "tests/support/ok.h"
#include "tests/support/temp_folder.h"

namespace dcmfs {
namespace {

// The picture of a file by one of DCMTK's programs, as a binary PGM or PPM.
Result<Picture> picture_by(const std::string& command, const std::string& dicom) {
  const TempFolder folder;
  const std::string out = folder / "picture.pnm";
  const std::string line = command + " '" + dicom + "' '" + out + "' >/dev/null 2>&1";
  if (std::system(line.c_str()) != 0) return Error{Errc::io, "failed: " + line};
  std::istringstream in(read_whole_file(out));
  std::string magic;
  int highest = 0;
  Picture picture;
  in >> magic >> picture.width >> picture.height >> highest;
  in.get();
  picture.channels = magic == "P6" ? 3 : 1;
  picture.pixels.assign(std::istreambuf_iterator<char>(in), {});
  return picture;
}

bool is_there(const std::string& program) {
  return std::system(("command -v " + program + " >/dev/null").c_str()) == 0;
}

std::string voi_option(const std::optional<Voi>& voi) {
  if (!voi) return " +Wm";
  return std::holds_alternative<Window>(*voi) ? " +Wi 1" : " +Wl 1";
}

class DcmtkPicture : public testing::TestWithParam<const char*> {};

TEST_P(DcmtkPicture, IsTheSame) {
  if (!shared_data()) GTEST_SKIP() << "the shared test data is missing";
  const std::string path = *shared_data() / GetParam();
  const OpenDicom file(read_whole_file(path));
  const bool is_jpeg_ls = file->syntax->codec == Codec::jpeg_ls;
  const std::string program = is_jpeg_ls ? "dcml2pnm" : "dcmj2pnm";
  if (!is_there(program)) GTEST_SKIP() << program << " is missing";
  const auto pixels = describe_pixels(*file);
  ASSERT_OK(pixels);
  const auto attributes = read_grey_attributes(*file, *pixels, 0);
  const std::string voi = pixels->channels() == 1 ? voi_option(attributes.voi) : "";

  const auto theirs = picture_by(program + " -O" + voi, path);
  const auto ours = render(*file, {});

  ASSERT_OK(theirs);
  ASSERT_OK(ours);
  EXPECT_EQ(ours->width, theirs->width);
  EXPECT_EQ(ours->height, theirs->height);
  EXPECT_EQ(ours->channels, theirs->channels);
  ASSERT_EQ(ours->pixels.size(), theirs->pixels.size());
  constexpr int kTolerance = 2;  // DCMTK rounds after each step
  std::size_t far = 0;
  for (std::size_t i = 0; i < ours->pixels.size(); ++i) {
    far += std::abs(ours->pixels[i] - theirs->pixels[i]) > kTolerance ? 1 : 0;
  }
  EXPECT_EQ(far, 0U);
}

// Not among them, because DCMTK does otherwise: files with pixel padding (it
// draws it like the rest), windows in functional groups (it does not look
// there), PET with small slopes (it rounds after the rescale), 32 bits in big
// endian (it turns words, the writers of such files turned pixels).
constexpr const char* kFiles[] = {
    "objects/cr/cr_image.dcm",
    "objects/dx/dx_image.dcm",
    "objects/mg/GH133.dcm",
    "objects/nm/NM-MONO2-16-13x-heart",
    "objects/pr/overlay.dcm",
    "objects/us_multiframe/I_000009.dcm",
    "photometric/jpeg_color/GH538-jpeg14sv1.dcm",
    "photometric/mono/CR-ModalitySequenceLUT.dcm",
    "photometric/mono/mlut_18.dcm",
    "photometric/mono/signed-raw-9bit.dcm",
    "photometric/mono/vlut_04.dcm",
    "photometric/palette/OBXXXX1A_rle.dcm",
    "photometric/palette/jpeg-ls-Palette.dcm",
    "photometric/sc_rgb/SC_jpeg_no_color_transform.dcm",
    "photometric/sc_rgb/SC_rgb_16bit.dcm",
    "photometric/sc_rgb/SC_rgb_dcmtk_+eb+cr.dcm",
    "photometric/sc_rgb/SC_rgb_dcmtk_+eb+cy+n1.dcm",
    "photometric/sc_rgb/SC_rgb_dcmtk_+eb+cy+s2.dcm",
    "photometric/sc_rgb/SC_rgb_rle_32bit.dcm",
    "photometric/sc_rgb/SC_rgb_small_odd_big_endian.dcm",
    "photometric/sc_rgb/SC_ybr_full_422_uncompressed.dcm",
    "photometric/testpattern/TestPattern_Palette_16.dcm",
    "photometric/ybr/YBR_FULL-RLE.dcm",
    "structure/small/CT_small.dcm",
    "synthetic/pixels/bit1_13x11x3.dcm",
    "synthetic/pixels/s16_10bit_high12.dcm",
    "synthetic/pixels/s32_17x13.dcm",
    "transfer_syntaxes/ctimage/"
    "CTImage_BigEndianExplicitTransferSyntax_1.2.840.10008.1.2.2.dcm",
    "transfer_syntaxes/ctimage/CTImage_JPEGProcess10_12TransferSyntax_1.2.840.10008.1.2.4.55.dcm",
    "transfer_syntaxes/wg04_mr1/MR1_JPLY",
};
INSTANTIATE_TEST_SUITE_P(All, DcmtkPicture, testing::ValuesIn(kFiles), [](const auto& test) {
  std::string name;
  for (const char c : std::string(test.param)) name += std::isalnum(c) ? c : '_';
  return name;
});

}  // namespace
}  // namespace dcmfs
