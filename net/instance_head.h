#pragma once
// What the beginning of a file says of the instance in it; the rest is not read. Private to this
// room.
#include <cstdint>
#include <string>

#include "store/result.h"

namespace dcmfs::net {

struct InstanceHead {
  std::string sop_class, sop_instance;            // of the data set; "" if it has none
  std::string meta_sop_class, meta_sop_instance;  // of the File Meta Information, likewise
  std::string transfer_syntax;
  std::int64_t dataset_offset = 0;  // in the file
};

// Errors are those of read_dicom().
Result<InstanceHead> read_instance_head(int fd, std::int64_t size);

}  // namespace dcmfs::net
