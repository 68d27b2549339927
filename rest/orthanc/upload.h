#pragma once
// Uploads: DICOM files, one or many, packed or not.
#include <string_view>

#include <json/value.h>

#include "rest/http/route.h"
#include "store/store.h"

namespace dcmfs::rest {

// POST /instances. The body is a DICOM file, an archive (ZIP, tar, tar.gz, ISO 9660), or a form with
// such files. Answers the report of orthanc-like servers: an object for one file, else a list.
// Members of an archive that are not DICOM are left out. Errors: those of Store::add.
Result<Response> upload(const Services&, Request&);

// Stores one file; what is told of it: its ids, and "Success" or "AlreadyStored".
Result<Json::Value> store_and_report(Store&, SpoolFile&, const Origin&);

}  // namespace dcmfs::rest
