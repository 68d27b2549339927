#pragma once
// Dates that move by days: DA and DT values (PS3.5 6.2) of the Retain
// Longitudinal Temporal Information With Modified Dates Option. Private to this folder.
#include <optional>
#include <string>
#include <string_view>

#include "store/dicom/tag.h"

namespace dcmfs {

// All values, joined by '\'; empty ones stay. What is behind the day in a DT stays, and so does the
// precision of one that has a day. nullopt: something is no whole date, or leaves the years 0001 to 9999.
std::optional<std::string> shifted_dates(Vr, std::string_view value, int days);

}  // namespace dcmfs
