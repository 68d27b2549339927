#include "store/image/encode.h"

#include "store/image/raster.h"

namespace dcmfs {

Raster raster_of(const Picture& picture) {
  return {picture.width, picture.height, picture.channels, 1,
          std::as_bytes(std::span(picture.pixels))};
}

Result<> check_raster(const Raster& raster, int dimension_max) {
  const bool is_sane = raster.width >= 1 && raster.width <= dimension_max && raster.height >= 1 &&
                       raster.height <= dimension_max &&
                       (raster.channels == 1 || raster.channels == 3) &&
                       (raster.bytes == 1 || raster.bytes == 2);
  if (!is_sane) return Error{Errc::invalid_argument, "no picture of this kind in this format"};
  if (std::ssize(raster.samples) != static_cast<std::ptrdiff_t>(row_bytes(raster)) * raster.height)
    return Error{Errc::invalid_argument, "a picture of another size than its samples"};
  return {};
}

Result<std::string> encode_pam(const Raster& raster) {
  DCMFS_CHECK(check_raster(raster, kPamDimensionMax));
  std::string out = "P7\nWIDTH " + std::to_string(raster.width) + "\nHEIGHT " +
                    std::to_string(raster.height) + "\nDEPTH " + std::to_string(raster.channels) +
                    "\nMAXVAL " + (raster.bytes == 1 ? "255" : "65535") + "\nTUPLTYPE " +
                    (raster.channels == 1 ? "GRAYSCALE" : "RGB") + "\nENDHDR\n";
  const auto* bytes = reinterpret_cast<const char*>(raster.samples.data());
  if (raster.bytes == 1) return out.append(bytes, raster.samples.size());
  out.reserve(out.size() + raster.samples.size());
  for (std::size_t i = 0; i < raster.samples.size(); i += 2) {
    out += bytes[i + 1];
    out += bytes[i];
  }
  return out;
}

}  // namespace dcmfs
