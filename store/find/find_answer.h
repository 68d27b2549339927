#pragma once
// The identifier of a C-FIND response (PS3.4 C.4.1.1.3.2): the keys of the request, as far as they
// are supported, and what the standard adds.
#include <string>
#include <string_view>

#include "store/find/find_request.h"

namespace dcmfs {

struct FoundResource {
  const Resource& resource;
  const Dataset* dataset = nullptr;  // as for is_answer()
  std::string transfer_syntax;       // of an instance's file
};

// In the character set of the request where that has all its letters, else in UTF-8.
Dataset find_answer(const FindRequest&, const FoundResource&, std::string_view our_aet);

}  // namespace dcmfs
