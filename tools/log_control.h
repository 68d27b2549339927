#pragma once
// The level of spdlog as what the REST server may change.
#include <memory>

#include "rest/log_control.h"

namespace dcmfs::tools {

std::unique_ptr<rest::LogControl> log_control();

}  // namespace dcmfs::tools
