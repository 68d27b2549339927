#include <ctime>

#include <gtest/gtest.h>

#include "store/image/render.h"
#include "tests/support/manifest.h"

namespace dcmfs {
namespace {

TEST(BadFiles, AreAnsweredInTimeAndHaveNoPictureWithoutADescription) {
  if (!shared_data()) GTEST_SKIP() << "the shared test data is missing";

  for (const ManifestRow& row : manifest()) {
    if (!row.is_bad()) continue;
    SCOPED_TRACE(row["path"]);
    const std::string bytes = read_whole_file(row.file);
    const auto source = memory_source(bytes);
    const auto file = read_dicom(*source);
    if (!file) continue;

    const std::clock_t begin = std::clock();  // of the processor: the machine may be busy
    const auto pixels = describe_pixels(*file);
    const auto first = render(*file, {});
    const auto last = render(*file, {.frame = pixels ? pixels->frames - 1 : 0});
    const std::clock_t spent = std::clock() - begin;

    EXPECT_LT(spent, 2 * CLOCKS_PER_SEC);
    EXPECT_TRUE(pixels.ok() || (!first.ok() && !last.ok()));
  }
}

struct Case {
  const char* path;
  Errc code;
};

// Files whose pixels cannot be decoded rightly, which shows before anything is decoded.
TEST(BadFiles, AreRefusedByTheDescription) {
  if (!shared_data()) GTEST_SKIP() << "the shared test data is missing";
  constexpr Case kCases[] = {
      {"bits_alloc_0.dcm", Errc::corrupt},
      {"bits_alloc_7.dcm", Errc::corrupt},
      {"bits_stored_gt_alloc.dcm", Errc::corrupt},
      {"dims_65535.dcm", Errc::corrupt},
      {"enc_fewer_frames.dcm", Errc::corrupt},
      {"enc_fragment_overrun.dcm", Errc::corrupt},
      {"enc_no_fragments.dcm", Errc::corrupt},
      {"enc_wrong_tag_in_fragments.dcm", Errc::corrupt},
      {"frames_huge.dcm", Errc::corrupt},
      {"frames_negative.dcm", Errc::corrupt},
      {"frames_text.dcm", Errc::corrupt},
      {"frames_zero.dcm", Errc::corrupt},
      {"j2k_garbage.dcm", Errc::corrupt},
      {"jls_garbage.dcm", Errc::corrupt},
      {"jpeg_garbage.dcm", Errc::corrupt},
      {"jpeg_size_mismatch.dcm", Errc::corrupt},
      {"jpeg_smaller_than_header.dcm", Errc::corrupt},
      {"jpeg_truncated.dcm", Errc::corrupt},
      {"palette_lut_short.dcm", Errc::corrupt},
      {"palette_missing.dcm", Errc::corrupt},
      {"photometric_unknown.dcm", Errc::not_supported},
      {"pixeldata_empty.dcm", Errc::not_found},
      {"rgb_one_sample.dcm", Errc::corrupt},
      {"rle_offset_oob.dcm", Errc::corrupt},
      {"rle_segments_255.dcm", Errc::corrupt},
      {"samples_0.dcm", Errc::corrupt},
      {"samples_65535.dcm", Errc::corrupt},
      {"trunc_pixeldata.dcm", Errc::corrupt},
      {"ts_jpeg_but_native.dcm", Errc::corrupt},
      {"ts_unknown.dcm", Errc::not_supported},
  };
  for (const Case& bad : kCases) {
    SCOPED_TRACE(bad.path);
    const std::string bytes = read_whole_file(*shared_data() / "bad/synthetic" / bad.path);
    const auto source = memory_source(bytes);
    const auto file = read_dicom(*source);
    ASSERT_TRUE(file.ok()) << file.error().message;

    const auto pixels = describe_pixels(*file);

    ASSERT_FALSE(pixels.ok());
    EXPECT_EQ(pixels.error().code, bad.code) << pixels.error().message;
  }
}

}  // namespace
}  // namespace dcmfs
