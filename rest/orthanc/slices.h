#pragma once
// The images of a series in the order of a volume.
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "rest/http/route.h"
#include "store/store.h"

namespace dcmfs::rest {

struct Slice {
  Identity instance;
  int frames = 1;
  std::optional<std::array<double, 3>> position;  // ImagePositionPatient
  std::optional<std::array<double, 3>> normal;    // to the plane of ImageOrientationPatient
  std::int64_t number = 0;                        // in the series, or InstanceNumber
};
struct OrderedSlices {
  // Parallel, each at another distance along their normal, and in that order; else by number, then
  // in the order of arrival.
  bool is_volume = false;
  std::vector<Slice> slices;
};
// Of an answer that lists each of them. A file says how many it has, and may say anything.
inline constexpr std::int64_t kListedFramesMax = 1'000'000;
Error too_many_frames();

OrderedSlices ordered(std::vector<Slice>);
Result<OrderedSlices> ordered_slices_of(const Store&, Key series);

// GET /series/{id}/ordered-slices: {"Type": "Volume" or "Sequence", "Dicom": [path of each file],
// "Slices": [path of each frame], "SlicesShort": [[id, first frame, frames]]}
Result<Response> ordered_slices(const Services&, Request&);

}  // namespace dcmfs::rest
