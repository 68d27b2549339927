#pragma once
// The three ways in which Orthanc's API tells attributes:
//   full     {"0010,0010": {"Name": "PatientName", "Type": "String", "Value": "X"}}
//   numbers  {"0010,0010": "X"}          ?short
//   names    {"PatientName": "X"}        ?simplify
#include <cstdint>

#include "rest/http/message.h"
#include "store/dicom/tag.h"

namespace dcmfs {
class JsonWriter;
}

namespace dcmfs::rest {

enum class TagFormat : std::uint8_t { full, numbers, names };

// By "short", "full" and "simplify".
TagFormat tag_format(const Parameters&, TagFormat otherwise);

// A public attribute as a member of the object that is being written.
void write_attribute(JsonWriter&, Tag, std::string_view value, TagFormat);

// Its keyword, else its number.
std::string shown_name(Tag);

}  // namespace dcmfs::rest
