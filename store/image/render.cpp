#include "store/image/render.h"

#include <cmath>

#include "store/image/colour.h"
#include "store/image/grey.h"

namespace dcmfs {

Result<Picture> render(const DicomFile& file, const RenderOptions& options) {
  if (options.window && !(std::isfinite(options.window->center) && options.window->width > 0 &&
                          std::isfinite(options.window->width))) {
    return Error{Errc::invalid_argument, "the width of a window is a positive number"};
  }
  DCMFS_TRY(const PixelDescription pixels, describe_pixels(file));
  DCMFS_TRY(const Frame frame, decode_frame(file, pixels, options.frame));
  if (pixels.channels() == 3) return colours_of(file, frame);
  return grey_picture(frame, read_grey_attributes(file, pixels, options.frame), options.window);
}

}  // namespace dcmfs
