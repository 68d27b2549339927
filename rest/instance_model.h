#pragma once
// The attributes of an instance without their bulk data, which they give the URIs of (PS3.18 F, PS3.19 A.1).
#include <cstdint>
#include <string>
#include <string_view>

#include "rest/instance_file.h"

namespace dcmfs::rest {

// How data sets without their bulk data are told.
enum class ModelForm : std::uint8_t { json, xml };

// As the object that stands in metadata of WADO-RS, or as a document. Its URIs begin with `base`, of base_url.h.
// AvailableTransferSyntaxUID is added: it tells how the pixel data is stored, which group 0002 would.
std::string metadata_of(const OpenInstance&, std::string_view base, ModelForm);

}  // namespace dcmfs::rest
