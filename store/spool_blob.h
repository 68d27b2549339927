#pragma once
// A file of the spool, opened again for who reads it: to send it, or to read it as a stored one.
#include "store/blob.h"
#include "store/spool.h"

namespace dcmfs {

// What is in it now. It outlives the file in the spool.
Result<Blob> blob_of(const SpoolFile&);

}  // namespace dcmfs
