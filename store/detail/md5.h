#pragma once
// MD5, by which clients tell contents apart. It proves nothing: digest.h does.
#include <cstdint>
#include <string_view>

#include "store/result.h"
#include "store/revision.h"

namespace dcmfs::detail {

// Of a whole file, read from its start.
struct FileMd5 {
  std::int64_t size = 0;
  Md5Sum md5{};
};
Result<FileMd5> md5_of(int fd);
Result<Md5Sum> md5_of(std::string_view text);

}  // namespace dcmfs::detail
