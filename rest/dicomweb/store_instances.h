#pragma once
// STOW-RS (PS3.18 10.5): instances into the store, each a part of multipart/related, or one alone.
#include "rest/http/route.h"

namespace dcmfs::rest {

// 200: all are stored (also those that were there already, byte for byte); 202: some; 409: none; 400:
// there is nothing; 415: they are no DICOM files by their media type. The body is the Store Instances
// Response Module (PS3.18 I.2) as JSON. With {study}, what is of another study is refused.
Result<Response> store_instances(const Services&, Request&);

}  // namespace dcmfs::rest
