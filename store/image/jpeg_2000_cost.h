#pragma once
// What a JPEG 2000 codestream makes a decoder do: a few bytes can ask for more code blocks,
// precincts and packets than memory holds.
#include <string_view>

#include "store/result.h"

namespace dcmfs {

// `codestream`, or its beginning: what coding styles it names are counted, in the main header and
// in those of the tile-parts. Errors: not_supported (too much), corrupt (the tile-parts do not
// follow each other, so that nobody can tell).
Result<> check_jpeg_2000_cost(std::string_view codestream);

}  // namespace dcmfs
