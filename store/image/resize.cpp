#include "store/image/resize.h"

#include <algorithm>
#include <cmath>

namespace dcmfs {
namespace {

// Which pixels of a row or column make one of the new ones, and how much each counts.
struct Share {
  int first = 0;
  std::vector<float> weights;  // together 1
};

std::vector<Share> shares(int from, int to, Resampling resampling) {
  std::vector<Share> out(static_cast<std::size_t>(to));
  const double step = static_cast<double>(from) / to;
  for (int i = 0; i < to; ++i) {
    Share& share = out[static_cast<std::size_t>(i)];
    const double centre = (i + 0.5) * step;
    if (resampling == Resampling::nearest) {
      share = {std::min(static_cast<int>(centre), from - 1), {1}};
    } else if (step <= 1) {
      const double at = std::clamp(centre - 0.5, 0.0, static_cast<double>(from - 1));
      share.first = std::min(static_cast<int>(at), std::max(from - 2, 0));
      const auto second = static_cast<float>(at - share.first);
      share.weights = {1 - second};
      if (from > 1) share.weights.push_back(second);
    } else {
      const double begin = i * step, end = std::min((i + 1) * step, static_cast<double>(from));
      share.first = static_cast<int>(begin);
      for (int pixel = share.first; pixel < end; ++pixel) {
        const double covered =
            std::min(end, pixel + 1.0) - std::max(begin, static_cast<double>(pixel));
        share.weights.push_back(static_cast<float>(covered / (end - begin)));
      }
    }
  }
  return out;
}

}  // namespace

Result<Picture> resized(const Picture& picture, int width, int height, Resampling resampling) {
  if (width < 1 || height < 1 || width > kResizedDimensionMax || height > kResizedDimensionMax ||
      std::int64_t{width} * height > kResizedPixelsMax)
    return Error{Errc::invalid_argument, "no picture can be made of this size"};
  if (width == picture.width && height == picture.height) return picture;
  Picture out{width, height, picture.channels, {}};
  const auto channels = static_cast<std::size_t>(picture.channels);
  const auto row_size = static_cast<std::size_t>(width) * channels;
  const auto from_row_size = static_cast<std::size_t>(picture.width) * channels;
  out.pixels.resize(row_size * static_cast<std::size_t>(height));
  const auto across = shares(picture.width, width, resampling);
  const auto down = shares(picture.height, height, resampling);
  std::vector<float> mixed(from_row_size);  // the rows that make one, before they are made narrower
  auto to = out.pixels.begin();
  for (const Share& rows : down) {
    std::ranges::fill(mixed, 0);
    for (std::size_t n = 0; n < rows.weights.size(); ++n) {
      const auto* row =
          picture.pixels.data() + (static_cast<std::size_t>(rows.first) + n) * from_row_size;
      for (std::size_t i = 0; i < from_row_size; ++i)
        mixed[i] += rows.weights[n] * static_cast<float>(row[i]);
    }
    for (const Share& columns : across) {
      for (std::size_t channel = 0; channel < channels; ++channel) {
        float sum = 0.5f;
        for (std::size_t n = 0; n < columns.weights.size(); ++n)
          sum += columns.weights[n] *
                 mixed[(static_cast<std::size_t>(columns.first) + n) * channels + channel];
        *to++ = static_cast<std::uint8_t>(std::min(sum, 255.0f));
      }
    }
  }
  return out;
}

}  // namespace dcmfs
