#pragma once
// A new instance from attributes that somebody wrote and, if there is one, the
// document or the pictures that it is to hold.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/dicom/dataset.h"
#include "store/dicom/transfer_syntax.h"
#include "store/result.h"

namespace dcmfs {

// Samples as PS3.3 C.7.6.3 has them: 1 (grey) or 3 (RGB, colour-by-pixel) of 8 or 16 bits, little endian.
struct Pixels {
  int columns = 0, rows = 0, channels = 1, bits = 8;
  std::string samples;
};

// What a frame of the new instance is made of.
struct NewFrame {
  Pixels pixels;
  std::string jpeg;  // instead of samples: a baseline JPEG that is to stay one
};

struct NewInstance {
  Dataset tags;                        // in UTF-8, from read_json_dataset(); win over what is made
  const Dataset* parent = nullptr;     // an instance of the patient, study or series to be added to
  enum class Parent { none, patient, study, series } parent_level = Parent::none;
  std::vector<NewFrame> frames;
  std::string pdf;
  std::string date, time;              // DA and TM of now
  bool force = false;                  // tags may replace what comes from the parent
};

struct Created {
  Dataset dataset;                     // text in UTF-8, PixelData and EncapsulatedDocument in memory
  const TransferSyntax* syntax = nullptr;
};
// Errors: invalid_argument (names an attribute), not_supported, too_large.
Result<Created> create_instance(NewInstance);

}  // namespace dcmfs
