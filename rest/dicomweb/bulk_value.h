#pragma once
// The bytes of a value as DICOMweb sends them: little endian, whatever the file is.
#include <memory>

#include "rest/dicomweb/multipart_source.h"
#include "rest/instance_file.h"

namespace dcmfs::rest {

// Of an element that has a length; a part of the file where that is the same bytes.
ResponseBody body_of(std::shared_ptr<const OpenInstance>, const Element&);

// All frames of encapsulated PixelData as one value (PS3.18 table 8.7.3-4). Made in the spool, so that what cannot be
// decoded is known before the status. Errors: not_supported, corrupt, too_large.
Result<ResponseBody> decoded_value(const Services&, const OpenInstance&);

}  // namespace dcmfs::rest
