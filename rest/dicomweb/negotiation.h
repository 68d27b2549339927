#pragma once
// What the client takes, PS3.18 8.7: media types with transfer syntaxes, in the Accept header or the
// query parameter that replaces it.
#include <string>
#include <string_view>
#include <vector>

#include "rest/http/media_type.h"
#include "rest/http/message.h"

namespace dcmfs::rest {

// One thing that the client takes, best first: of multipart/related what its parts are.
struct Wanted {
  bool multipart = false;       // may be answered as multipart/related
  bool single = false;          // may be answered as one thing alone
  MediaType type;               // "application/dicom", "image/*", "*/*"
  std::string transfer_syntax;  // a UID, "*" (any), or "" (the default)
};
std::vector<Wanted> wanted(const Request&);

// The Accept header, or `accept` of the query (PS3.18 8.3.3.1), as they are.
std::string accept_of(const Request&);

inline constexpr std::string_view kDicomJson = "application/dicom+json";
// Whether JSON is taken, by whichever of its names. Nothing said means all.
bool takes_dicom_json(const Request&);

}  // namespace dcmfs::rest
