#pragma once
// Values that metadata tells by a BulkDataURI (PS3.18 10.4.1.1.4).
#include "rest/http/route.h"

namespace dcmfs::rest {

// {path...}: as store/dicom/dicom_json.h writes it. An octet stream, little endian, alone (with Range) or as
// the one part of a multipart body; compressed pixel data as its frames.
Result<Response> retrieve_bulkdata(const Services&, Request&);

}  // namespace dcmfs::rest
