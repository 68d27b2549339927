#pragma once
// Values that metadata tells by a BulkDataURI (PS3.18 10.4.1.1.4).
#include "rest/http/route.h"

namespace dcmfs::rest {

// {path...}: as store/dicom/dicom_json.h writes it. An octet stream, little endian, alone (with Range) or as
// the one part of a multipart body: of pixel data all frames, decoded. Or these compressed, each in a part, and a
// video as its stream (8.7.3.3), for who asks so or where nothing can be decoded.
Result<Response> retrieve_bulkdata(const Services&, Request&);

}  // namespace dcmfs::rest
