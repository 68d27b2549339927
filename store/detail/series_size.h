#pragma once
// How many instances a series says that it has, and which of them one says that it is: as Orthanc
// reads them, since the standard has no attribute for either.
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "store/resource.h"

namespace dcmfs::detail {

using Text = std::optional<std::string_view>;  // of an attribute; nullopt: absent

// Of ImagesInAcquisition, NumberOfTemporalPositions, NumberOfSlices, NumberOfTimeSlices and
// CardiacNumberOfImages: the first two multiplied, else the next two, else the last. More than 0.
std::optional<std::int64_t> expected_instances(std::span<const Text, 5>);
// Of InstanceNumber and ImageIndex: the first that is there.
std::optional<std::int64_t> index_in_series(std::span<const Text, 2>);

// `indexes`: of all its instances.
SeriesStatus series_status(std::optional<std::int64_t> expected,
                           const std::vector<std::optional<std::int64_t>>& indexes);

}  // namespace dcmfs::detail
