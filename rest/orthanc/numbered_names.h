#pragma once
// Metadata and attachments have numbers in Orthanc's API: those that are Orthanc's own, and those that the configuration
// declares (UserMetadata, UserContentType). Here each is kept below its name, however it is asked for.
#include <string>
#include <string_view>

#include "rest/services.h"

namespace dcmfs::rest {

enum class Numbered : bool { metadata, attachments };

// "10" and "SopClassUid" to "SopClassUid". What has no name, or no number, stays what it is.
std::string kept_name(const Services&, Numbered, std::string_view asked);
// The same of what is to be written: denied where it is none of a client's (below 1024, above 65535, or a name of
// Orthanc's own), not_found where nobody has declared the name.
Result<std::string> writable_name(const Services&, Numbered, std::string_view asked);
// ... to be removed, also where the name is declared no more.
Result<std::string> removable_name(const Services&, Numbered, std::string_view asked);
// The number of a kept name; of what has none the first of a client's.
int number_of(const Services&, Numbered, std::string_view name);

}  // namespace dcmfs::rest
