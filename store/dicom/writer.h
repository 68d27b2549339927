#pragma once
// From a data set to bytes. Elements that stayed on disk cannot be written:
// the caller puts their value into the data set first.
#include <string>
#include <string_view>

#include "store/dicom/dataset.h"
#include "store/dicom/transfer_syntax.h"
#include "store/result.h"

namespace dcmfs {

inline constexpr std::string_view kImplementationClassUID =
    "2.25.183921476312549021384127758291037465921";
inline constexpr std::string_view kImplementationVersionName = "DCMFS_1";

// The data set alone, sequences with defined length, group lengths left out.
// Encapsulated PixelData must hold its items already encoded in its value.
Result<std::string> encode_dataset(const Dataset&, const TransferSyntax&);

// A part-10 file (PS3.10 7.1): preamble, meta header with our implementation
// UID, data set. SOPClassUID and SOPInstanceUID must be in the data set.
Result<std::string> encode_file(const Dataset&, const TransferSyntax&);

// The File Meta Information alone, preamble and prefix included, for a data set
// that arrives without one (PS3.10 7.1).
std::string encode_meta(std::string_view sop_class, std::string_view sop_instance,
                        std::string_view transfer_syntax, std::string_view source_aet);

}  // namespace dcmfs
