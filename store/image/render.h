#pragma once
// From stored values to what a person sees: Modality LUT, VOI LUT, Presentation
// LUT (PS3.3 C.11, PS3.4 N.2), palette and colour space conversion. A pure
// function of the data set and the options.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/image/image.h"

namespace dcmfs {

struct Picture {
  int width = 0, height = 0;
  int channels = 1;             // 1 grey, 3 red green blue
  Buffer<std::uint8_t> pixels;  // rows without padding
};

enum class VoiFunction : std::uint8_t { linear, linear_exact, sigmoid };
struct Window {
  double center = 0, width = 1;
  VoiFunction function = VoiFunction::linear;
};

struct RenderOptions {
  int frame = 0;
  // Else the first window or VOI LUT of the file, else the range of the values without padding.
  std::optional<Window> window{};
};

Result<Picture> render(const DicomFile&, const RenderOptions&);

// As 8-bit PNG without compression, so that its size depends on the geometry alone.
Result<std::string> encode_png(const Picture&);
// The size of that PNG, without making it.
std::int64_t png_size(int width, int height, int channels);

// Renewed whenever this build decodes more or fewer instances: sizes are kept in the index.
inline constexpr int kRenderVersion = 2;

}  // namespace dcmfs
