#pragma once
// Where the client sees this server, for the URLs in answers: RetrieveURL, BulkDataURI.
#include <string>
#include <string_view>

#include "rest/http/message.h"
#include "store/dicom/dataset.h"
#include "store/ids.h"

namespace dcmfs::rest {

struct Services;

// "https://pacs.example/orthanc", without a slash at the end: by Forwarded (RFC 7239), else
// X-Forwarded-Proto, -Host, -Port and -Prefix, else Host. What is none of a URL is not taken.
std::string base_url(const Services&, const Request&);

// Below it, "BASE/dicom-web/studies/1.2/series/3.4/instances/5.6", as far down as there are UIDs. "" for
// what has no study, or whose UIDs have a gap: DICOMweb has no path to it.
std::string retrieve_url(std::string_view base, const Uids&);
// Of the instance that this is.
std::string instance_url(std::string_view base, const Dataset&);

}  // namespace dcmfs::rest
