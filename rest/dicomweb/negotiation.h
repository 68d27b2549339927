#pragma once
// What the client takes, PS3.18 8.7: media types with transfer syntaxes, in the Accept header or the
// query parameter that replaces it.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rest/http/media_type.h"
#include "rest/http/message.h"
#include "rest/instance_model.h"

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
inline constexpr std::string_view kDicomXml = "application/dicom+xml";
inline constexpr std::string_view kModelForms =
    "application/dicom+json or multipart/related; type=\"application/dicom+xml\"";
inline constexpr std::string_view kReportForms = "application/dicom+json or application/dicom+xml";

// How data sets are told. nullopt: not as the client wants; nothing said means JSON.
// Of several: an array of JSON, or XML documents in multipart/related (PS3.18 tables 8.7.3-2 and 10.6.3-1), also
// for who accepts XML alone and no JSON.
std::optional<ModelForm> model_form(const Request&);
// Of one that tells what became of a request: either alone (10.5.3.3).
std::optional<ModelForm> report_form(const Request&);

}  // namespace dcmfs::rest
