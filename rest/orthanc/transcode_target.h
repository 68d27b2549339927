#pragma once
// "Transcode" of requests: a UID.
#include <string_view>

#include "store/dicom/transfer_syntax.h"
#include "store/result.h"

namespace dcmfs::rest {

// nullptr: it is empty, and nothing is transcoded. invalid_argument: no transfer syntax;
// not_supported: this build does not write it.
Result<const TransferSyntax*> transcode_target(std::string_view uid);

}  // namespace dcmfs::rest
