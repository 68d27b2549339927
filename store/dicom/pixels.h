#pragma once
// Pixels on their way into a new instance.
#include <string>

namespace dcmfs {

// Native samples as PS3.3 C.7.6.3 and PS3.5 8 have them: grey, or red, green and blue, by pixel.
struct Pixels {
  int columns = 0, rows = 0;
  int channels = 1;     // 1 grey (MONOCHROME2), 3 RGB
  int bits = 8;         // of a sample: 8 or 16, unsigned, little endian
  std::string samples;  // rows without padding
};

// A baseline JPEG that stays one (PS3.5 A.4.1).
struct JpegFrame {
  int columns = 0, rows = 0;
  int channels = 1;
  std::string photometric_interpretation;  // of the codestream
  std::string bytes;
};

}  // namespace dcmfs
