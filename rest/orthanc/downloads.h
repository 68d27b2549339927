#pragma once
// The file of an instance, and what it holds.
#include "rest/http/route.h"

namespace dcmfs::rest {

// As it is stored; ?transcode=UID in another transfer syntax, if this build can make it (415 else);
// ?filename= what it is called where it is saved.
Result<Response> instance_file(const Services&, Request&);
// The document of an Encapsulated PDF; 404: it is none.
Result<Response> instance_pdf(const Services&, Request&);

// For Content-Disposition, RFC 6266: "filename=..." with what a header may hold, and filename* where
// that is not the whole name.
std::string disposition(std::string_view filename);

}  // namespace dcmfs::rest
