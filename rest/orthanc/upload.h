#pragma once
// Uploads: DICOM files, one or many, packed or not.
#include "rest/http/route.h"

namespace dcmfs::rest {

// POST /instances. The body is a DICOM file, an archive (ZIP, tar, tar.gz, ISO 9660), or a form with
// such files. Answers the report of orthanc-like servers: an object for one file, else a list.
// Members of an archive that are not DICOM are left out. Errors: those of Store::add.
Result<Response> upload(const Services&, Request&);

}  // namespace dcmfs::rest
