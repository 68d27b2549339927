#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "store/result.h"

namespace dcmfs {

// Fills `into` as far as the file reaches; fewer bytes mean its end. The position of the descriptor
// stays. `what` stands in the error: "reading a stored file".
Result<std::size_t> read_at(int fd, std::int64_t offset, std::span<std::byte> into,
                            std::string_view what);

}  // namespace dcmfs
