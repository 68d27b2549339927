#pragma once
// New instances from attributes, pictures and documents.
#include "rest/http/message.h"
#include "rest/services.h"

namespace dcmfs::rest {

// POST /tools/create-dicom: {"Tags", "Content", "Parent", "PrivateCreator", "Force", "Encapsulate"}. Content
// is a "data:" URI of a PNG, a JPEG or a PDF; or a list, which makes one series, of such URIs or of
// {"Tags", "Content"}. Answers the report of an upload, of a list the series. All or nothing is stored.
Result<Response> create_dicom(const Services&, Request&);

}  // namespace dcmfs::rest
