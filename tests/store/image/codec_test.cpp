// Decoders and damaged codestreams.
#include "store/image/codec.h"

#include <random>

#include <gtest/gtest.h>

#include "store/image/fragments.h"
#include "tests/store/image/open_dicom.h"
#include "tests/support/manifest.h"
#include "tests/support/ok.h"

namespace dcmfs {
namespace {

class CodecOf : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (!shared_data()) GTEST_SKIP() << "the shared test data is missing";
    const OpenDicom file(read_whole_file(*shared_data() / GetParam()));
    decoder_ = find_decoder(*file->syntax);
    ASSERT_NE(decoder_, nullptr);
    auto pixels = describe_pixels(*file);
    ASSERT_OK(pixels);
    pixels_ = *pixels;
    const auto fragments =
        find_frame(*file, *file->dataset.find(tags::PixelData), pixels_.frames, 0);
    ASSERT_OK(fragments);
    auto bytes = read_ranges(*file->content, *fragments, INT32_MAX);
    ASSERT_OK(bytes);
    codestream_ = *bytes;
  }

  // As decode_frame does it.
  Result<Samples> decode(std::string_view bytes) const {
    DCMFS_TRY(const auto header, decoder_->parse(bytes, std::ssize(bytes), pixels_));
    DCMFS_CHECK(check_agreement(header, pixels_, std::ssize(bytes)));
    return decoder_->decode(bytes, header, pixels_);
  }

  const Decoder* decoder_ = nullptr;
  PixelDescription pixels_;
  std::string codestream_;
};

TEST_P(CodecOf, GivesNoPictureForHalfACodestream) {
  ASSERT_OK(decode(codestream_));

  for (const std::size_t part : {2, 4, 8}) {
    EXPECT_FALSE(decode(std::string_view(codestream_).substr(0, codestream_.size() / part)).ok())
        << "a part of 1/" << part;
  }
  EXPECT_FALSE(decode("").ok());
}

TEST_P(CodecOf, SurvivesDamage) {
  constexpr int kRounds = 30;
  const unsigned seed = std::random_device{}();
  RecordProperty("seed", static_cast<int>(seed));
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::size_t expected = decode(codestream_)->data.size();

  for (int round = 0; round < kRounds; ++round) {
    std::string damaged = codestream_;
    for (int i = 0; i < 3; ++i) damaged[random() % damaged.size()] = static_cast<char>(random());
    const auto samples = decode(damaged);
    EXPECT_EQ(samples ? samples->data.size() : expected, expected);
  }
}

constexpr const char* kFiles[] = {
    "transfer_syntaxes/small_mr/MR_small_RLE.dcm",
    "transfer_syntaxes/small_mr/MR_small_jp2klossless.dcm",
    "transfer_syntaxes/small_mr/MR_small_jpeg_ls_lossless.dcm",
    "transfer_syntaxes/misc/JPGLosslessP14SV1_1s_1f_8b.dcm",
    "transfer_syntaxes/htj2k/htj2k_lossless_parity.dcm",
    "transfer_syntaxes/wg04_mr1/MR1_JPLY",
    "photometric/sc_rgb/SC_rgb_dcmtk_+eb+cy+n1.dcm",
    "photometric/sc_rgb/SC_rgb_rle_32bit.dcm",
    "photometric/sc_rgb/SC_rgb_jls_lossy_sample.dcm",
    "objects/seg/liver_nonbyte_aligned_rle.dcm",
};
INSTANTIATE_TEST_SUITE_P(All, CodecOf, testing::ValuesIn(kFiles), [](const auto& test) {
  std::string name;
  for (const char c : std::string(test.param)) name += std::isalnum(c) ? c : '_';
  return name;
});

}  // namespace
}  // namespace dcmfs
