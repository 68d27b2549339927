#pragma once
// The `.json` of the mounted tree: attributes by keyword, for jq and MATLAB's
// jsondecode. (The DICOM JSON model of PS3.18 F is another thing.)
//
// Text and PN are strings; IS, DS and binary numbers are numbers where JSON can
// hold them, else strings; several values are an array; sequences are arrays of
// objects; an empty value is null. Bulk binary values are
// {"BinaryLength": bytes}; tags that have no keyword are "Private_GGGG_EE_CREATOR"
// for private ones and "Unknown_GGGG_EEEE" for the rest. Group lengths are left out.
// No key occurs twice: "Private_GGGG_EEEE_CREATOR" where a second block of the group has the same
// creator, "Private_GGGG_EEEE" where there is none, "PrivateCreator_GGGG_EE" for the creators,
// "OverlayRows_6002" for repeating groups behind the first.
// Behind the first 64 MiB, which only a hostile file fills, values are {"BinaryLength": bytes} and
// private attributes "Private_GGGG_EEEE".
// The same data set always gives the same bytes.
#include <string>
#include <string_view>

#include "store/dicom/reader.h"

namespace dcmfs {

// Renewed whenever the bytes for some data set change: sizes are kept in the index.
inline constexpr int kKeywordJsonVersion = 2;

std::string keyword_json(const DicomFile&);
std::string keyword_json(const Dataset&);

// `text` as a JSON string with its quotation marks; invalid UTF-8 is repaired.
void append_json_string(std::string& out, std::string_view text);

}  // namespace dcmfs
