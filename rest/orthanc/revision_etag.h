#pragma once
// Revisions of metadata and attachments as ETags, "0-5d41402abc4b2a76b9719d911017c592": the number and
// the MD5 of the content.
#include <string>

#include "rest/http/message.h"
#include "rest/services.h"
#include "store/revision.h"

namespace dcmfs::rest {

std::string etag_of(Revision, std::string_view md5);

// What a change may find there, by If-Match: revision and content, or the number of a revision alone. Without the header: anything, or if CheckRevisions is set
// nothing, so that what is there is not overwritten unseen. invalid_argument: not one of our ETags.
Result<Expected> expected_by(const Services&, const Request&);

}  // namespace dcmfs::rest
