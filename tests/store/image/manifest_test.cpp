// The first frame of every file of the shared test data, compared with what
// other decoders made of it.
#include "tests/support/manifest.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <gmock/gmock.h>
#include <openssl/sha.h>

#include "store/image/pixel_bytes.h"
#include "store/image/values.h"
#include "tests/store/image/open_dicom.h"
#include "tests/support/ok.h"

namespace dcmfs {
namespace {

using testing::IsEmpty;

std::string sha256(std::string_view bytes) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  std::string hex;
  for (const unsigned char byte : digest) {
    hex += "0123456789abcdef"[byte >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }
  return hex;
}

std::string decoded(const Frame& frame) {
  return {reinterpret_cast<const char*>(frame.data.data()), frame.data.size()};
}

// What turns a decoded frame back into what the manifest's hash is made of.
std::string without_sign(const Frame& frame) {
  std::string out = decoded(frame);
  const int mask = (1 << frame.pixels.bits_stored) - 1;
  for (std::size_t i = 0; i < out.size(); i += 2) {
    out[i] = static_cast<char>(out[i] & mask);
    out[i + 1] = static_cast<char>(out[i + 1] & mask >> 8);
  }
  return out;
}

std::string shared_chrominance(const Frame& frame) {
  const std::string whole = decoded(frame);
  std::string out;
  for (std::size_t i = 0; i + 6 <= whole.size(); i += 6) {
    out += {whole[i], whole[i + 3], whole[i + 1], whole[i + 2]};
  }
  return out;
}

struct Exception {
  std::string_view path;
  std::string_view reason;
  std::string (*as_hashed)(const Frame&);  // nullptr: not to be compared here
};

constexpr Exception kExceptions[] = {
    {"transfer_syntaxes/jpeg_ls/JLSL_16_15_1_1F.dcm", "the hash is of words without sign extension",
     without_sign},
    {"photometric/sc_rgb/SC_ybr_full_422_uncompressed.dcm", "the hash is of shared chrominance",
     shared_chrominance},
    {"photometric/ybr/US-YBR_FULL_422-EVRLE.dcm", "the hash is of shared chrominance",
     shared_chrominance},
    {"photometric/mono/mlut_18.dcm",
     "the hash is of words with more than BitsStored; see NativeWords", nullptr},
    {"objects/pr/overlay.dcm", "the hash is of words that hold an overlay; see NativeWords",
     nullptr},
    {"synthetic/pixels/s16_10bit_high12.dcm",
     "the hash is of words, HighBit is 12; see NativeWords", nullptr},
};

const Exception* find_exception(const std::string& path) {
  const auto* found = std::ranges::find(kExceptions, path, &Exception::path);
  return found == std::end(kExceptions) ? nullptr : found;
}

bool is_lossy(const ManifestRow& row) {
  return row["pixels_note"].find("lossy: compare with tolerance") != std::string::npos;
}

TEST(Manifest, FirstFramesAreWhatOtherDecodersMakeOfThem) {
  if (!shared_data()) GTEST_SKIP() << "the shared test data is missing";

  std::vector<std::string> wrong;
  int compared = 0;
  for (const ManifestRow& row : manifest()) {
    if (row.is_bad() || row["pixels_sha256_frame0"].empty()) continue;
    const Exception* exception = find_exception(row["path"]);
    if (exception && !exception->as_hashed) continue;

    const OpenDicom file(read_whole_file(row.file));
    const auto pixels = describe_pixels(*file);
    const auto frame = pixels ? decode_frame(*file, *pixels, 0) : Result<Frame>(pixels.error());
    if (!frame) {
      wrong.push_back(row["path"] + ": " + frame.error().message);
      continue;
    }
    if (is_lossy(row)) continue;  // correct decoders differ
    ++compared;
    const std::string hashed = exception ? exception->as_hashed(*frame) : decoded(*frame);
    if (sha256(hashed) != row["pixels_sha256_frame0"]) {
      wrong.push_back(row["path"] + ": " + row["transfer_syntax"] + " " + row["bits"]);
    }
  }

  EXPECT_THAT(wrong, IsEmpty());
  EXPECT_GT(compared, 750);
}

// Good images of which this build makes no picture, and why.
struct Pictureless {
  std::string_view path;
  std::string_view why;
};
constexpr Pictureless kPictureless[] = {
    {"charset/chrJapMulti.dcm", "it has no pixel data"},
    {"charset/chrJapMultiExplicitIR6.dcm", "it has no pixel data"},
    {"charset/chrKoreanMulti.dcm", "it has no pixel data"},
    {"structure/private/csa_slice_norm.dcm", "it has no pixel data"},
    {"synthetic/structure/no_pixeldata.dcm", "it has no pixel data"},
    {"structure/no_meta/no-header_explicit_two-pass_.dcm",
     "compressed, and without a meta header that would say how"},
    {"transfer_syntaxes/jpeg_xl/will-jxl.dcm", "JPEG XL"},
    {"transfer_syntaxes/video/h264.dcm", "video"},
    {"transfer_syntaxes/video/mpeg2.dcm", "video"},
};

TEST(Manifest, EveryGoodImageHasAPictureOrAReason) {
  if (!shared_data()) GTEST_SKIP() << "the shared test data is missing";

  std::vector<std::string> wrong;
  int images = 0, others = 0;
  for (const ManifestRow& row : manifest()) {
    if (row.is_bad()) continue;
    const OpenDicom file(read_whole_file(row.file));
    const bool is_image = !row["bits"].empty() || !row["pixels_sha256_frame0"].empty();
    const bool has_picture = describe_pixels(*file).ok();
    const bool is_listed =
        std::ranges::find(kPictureless, row["path"], &Pictureless::path) != std::end(kPictureless);
    if (has_picture != (is_image && !is_listed)) {
      const auto why = has_picture ? "has a picture" : describe_pixels(*file).error().message;
      wrong.push_back(row["path"] + ": " + why);
    }
    ++(is_image ? images : others);
  }

  EXPECT_THAT(wrong, IsEmpty());
  EXPECT_GT(images, 880);
  EXPECT_GT(others, 100);
}

// Words of 16 bits as they are in the file, and the value in each by PS3.5 8.1.1.
TEST(NativeWords, GiveUpTheBitsBetweenLowestAndHighest) {
  if (!shared_data()) GTEST_SKIP() << "the shared test data is missing";

  for (const char* path : {"objects/pr/overlay.dcm", "photometric/mono/mlut_18.dcm",
                           "synthetic/pixels/s16_10bit_high12.dcm"}) {
    SCOPED_TRACE(path);
    const OpenDicom file(read_whole_file(*shared_data() / path));
    const auto pixels = describe_pixels(*file);
    ASSERT_OK(pixels);
    const auto element = find_pixels(*file);
    ASSERT_OK(element);
    const auto words =
        read_range(*file->content,
                   {element->element->offset, std::int64_t{2} * pixels->rows * pixels->columns});
    ASSERT_OK(words);

    const auto frame = decode_frame(*file, *pixels, 0);

    ASSERT_OK(frame);
    const auto values = values_as<std::int16_t>(*frame);
    const int range = 1 << pixels->bits_stored;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const int word = static_cast<unsigned char>((*words)[2 * i]) |
                       static_cast<unsigned char>((*words)[2 * i + 1]) << 8;
      int value = word / (1 << (pixels->high_bit + 1 - pixels->bits_stored)) % range;
      if (pixels->is_signed && value >= range / 2) value -= range;
      ASSERT_EQ(values[i], value) << i;
    }
  }
}

// A lossy encoding of an image that is there without loss as well looks like it.
TEST(Manifest, LossyFramesAreNearTheirOriginals) {
  if (!shared_data()) GTEST_SKIP() << "the shared test data is missing";
  struct Pair {
    const char* lossy;
    const char* original;
    double mean_difference_max;
  };
  constexpr Pair kPairs[] = {
      {"wg04_ct1/CT1_J2KI", "wg04_ct1/CT1_J2KR", 30},
      {"wg04_ct1/CT1_JLSN", "wg04_ct1/CT1_JLSL", 2.5},
      {"wg04_mr3/MR3_J2KI", "wg04_mr3/MR3_J2KR", 25},
      {"wg04_mr3/MR3_JLSN", "wg04_mr3/MR3_J2KR", 2.5},
      {"wg04_rg3/RG3_J2KI", "wg04_rg3/RG3_JLSL", 2.5},
      {"wg04_rg3/RG3_JPLY", "wg04_rg3/RG3_JLSL", 2.5},
      {"wg04_us1/US1_J2KI", "wg04_us1/US1_UNC", 2.5},
      {"wg04_vl1/VL1_J2KI", "wg04_vl1/VL1_UNC", 2.5},
      {"wg04_xa1/XA1_J2KI", "wg04_xa1/XA1_J2KR", 2.5},
      {"wg04_xa1/XA1_JLSN", "wg04_xa1/XA1_JPLL", 2.5},
  };
  auto values = [](const char* path) {
    const OpenDicom file(read_whole_file(*shared_data() / "transfer_syntaxes" / path));
    const auto pixels = describe_pixels(*file);
    const auto frame = pixels ? decode_frame(*file, *pixels, 0) : Result<Frame>(pixels.error());
    if (!frame) throw std::runtime_error(frame.error().message);
    return with_values(*frame,
                       [](auto span) { return std::vector<double>(span.begin(), span.end()); });
  };
  for (const Pair& pair : kPairs) {
    SCOPED_TRACE(pair.lossy);
    const auto lossy = values(pair.lossy), original = values(pair.original);
    ASSERT_EQ(lossy.size(), original.size());

    double difference = 0;
    for (std::size_t i = 0; i < lossy.size(); ++i) difference += std::abs(lossy[i] - original[i]);
    EXPECT_LT(difference / static_cast<double>(lossy.size()), pair.mean_difference_max);
  }
}

}  // namespace
}  // namespace dcmfs
