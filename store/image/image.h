#pragma once
// What kind of picture an instance holds, told from its header alone.
#include <cstdint>
#include <string>
#include <vector>

#include "store/dicom/reader.h"
#include "store/image/buffer.h"
#include "store/result.h"

namespace dcmfs {

enum class PixelType : std::uint8_t { integer, float32, float64 };

// The Image Pixel attributes (PS3.3 C.7.6.3) that decide how bytes become values.
struct PixelDescription {
  int rows = 0, columns = 0;
  int frames = 1;
  int samples_per_pixel = 1;
  int bits_allocated = 0, bits_stored = 0, high_bit = 0;
  bool is_signed = false;
  bool planar = false;  // PlanarConfiguration 1
  PixelType type = PixelType::integer;
  std::string photometric_interpretation;

  int channels() const;  // of the rendered picture: 1 (grey) or 3
};

// The description, if this build can decode the pixels rightly. Errors:
// not_found (no pixel data), not_supported, corrupt (attributes or the length
// of the pixel data contradict each other). Costs no decoding; for encapsulated
// pixel data the header of the first codestream is read and must agree.
Result<PixelDescription> describe_pixels(const DicomFile&);

// Stored values of one frame (PS3.5 8): native byte order, colour by pixel,
// bits_allocated wide rounded up to 8, 16 or 32 (or float, double); 1-bit data one byte a pixel,
// 12-bit data two.
// Sign-extended, unused high bits cleared.
struct Frame {
  PixelDescription pixels;  // photometric_interpretation as it is after decoding
  Buffer<std::byte> data;
  bool lossy = false;  // its codestream lost something
  int bytes_per_sample() const;
};

// Where the first fragments of frames are, of one file, from the first frame on as far as was looked. Whoever asks
// for many frames keeps it, as a file may have no table of them.
struct FrameStarts {
  std::vector<std::int64_t> offsets;
};

// `frame` counts from 0. Reads only the bytes of that frame, and what tells where it is (find_frame).
Result<Frame> decode_frame(const DicomFile&, const PixelDescription&, int frame,
                           FrameStarts* seen = nullptr);

}  // namespace dcmfs
