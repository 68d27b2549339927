#pragma once
// Values that JSON and XML tell by a URI instead of what they are (PS3.18 F.2.6, PS3.19 A.1.5), and the
// paths in those URIs.
#include <cstddef>
#include <optional>
#include <string_view>

#include "store/dicom/dataset.h"

namespace dcmfs {

inline constexpr std::size_t kInlineBytesMax = 1024;

// Values that are bytes, and no numbers to read: PS3.18 F.2.7.
bool is_binary_bytes(Vr);
// Pixel data, what stayed on disk, and binary values of more than kInlineBytesMax.
bool is_bulk_data(const Element&);
// Not every VR may be told by a URI.
bool may_be_bulk_data(Vr);

// The element that such a path leads to; nullopt if there is none, or it is a sequence.
struct BulkDataPlace {
  const Element* element;
  const Dataset* dataset;  // that it is in
};
std::optional<BulkDataPlace> find_bulk_data(const Dataset&, std::string_view path);

}  // namespace dcmfs
