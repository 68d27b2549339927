#pragma once
// Every picture of the shared test data, in every way that it can be compressed.
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/image/compress.h"
#include "store/image/image.h"
#include "tests/store/image/open_dicom.h"
#include "tests/support/manifest.h"

namespace dcmfs {

struct TriedEncoders {
  std::vector<std::string> wrong;         // which picture, by which encoder, and why
  std::map<std::string_view, int> tried;  // how many pictures, by the UID of the encoder
};

// `check` says what is wrong, "" if nothing is, or nullopt if this picture cannot be had so.
using CheckEncoder = std::function<std::optional<std::string>(
    const std::string& bytes, const DicomFile&, const PixelDescription&, const Encoder&)>;

inline TriedEncoders try_every_encoder(const CheckEncoder& check) {
  TriedEncoders result;
  for (const ManifestRow& row : manifest()) {
    if (row.is_bad() || row["path"].starts_with("series/")) continue;
    const std::string bytes = read_whole_file(row.file);
    const OpenDicom file(bytes);
    const auto pixels = describe_pixels(*file);
    if (!pixels) continue;
    for (const Encoder& encoder : encoders()) {
      const auto what = check(bytes, *file, *pixels, encoder);
      if (!what) continue;
      if (!what->empty())
        result.wrong.push_back(row["path"] + " to " + std::string(encoder.uid) + ": " + *what);
      ++result.tried[encoder.uid];
    }
  }
  return result;
}

inline std::int64_t samples_of_frame(const PixelDescription& pixels) {
  return std::int64_t{pixels.rows} * pixels.columns * pixels.samples_per_pixel;
}

}  // namespace dcmfs
