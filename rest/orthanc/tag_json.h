#pragma once
// Data sets as Orthanc's API tells them (tag_format.h), written as text at once: a CT slice has
// hundreds of attributes. Values are UTF-8, several values joined by '\'.
//
// In the full format, Type is String, Sequence (Value: a list of objects), TooLong (longer than
// kShownBytesMax; Value null), or Null (bytes that are no text, pixel data above all; Value null).
//
// Private attributes have DCMTK's name for them, where it has one. The names format tells by number
// what has no name or a name that the data set tells already: nothing is lost, and no key is told twice.
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "rest/orthanc/tag_format.h"
#include "store/dicom/json_writer.h"
#include "store/dicom/reader.h"

namespace dcmfs::rest {

inline constexpr std::size_t kShownBytesMax = 256;
// For who asks for it all the same (?ignore-length).
inline constexpr std::int64_t kLongBytesMax = 1 << 20;

struct TagView {
  TagFormat format = TagFormat::full;
  std::set<Tag> whole{};       // however long they are, up to kLongBytesMax
  bool behind_pixels = false;  // also what comes behind PixelData
};
// By short, simplify, ignore-length, whole. invalid_argument: ignore-length is no list of tags.
Result<TagView> tag_view(const Parameters&, TagFormat otherwise = TagFormat::full);

// Which of the attributes at the top.
using IsWanted = std::function<bool(const Element&)>;

// The value, where it is told as a String; nullopt where it is of another Type.
std::optional<std::string> told_text(const DicomFile&, const Dataset&, const Element&);
// One attribute of the data set, as a member of the object that is being written.
void write_element(JsonWriter&, const DicomFile&, const Dataset&, const Element&, const TagView&);
// An object.
void write_dataset(JsonWriter&, const DicomFile&, const Dataset&, const TagView&,
                   const IsWanted& = {});

}  // namespace dcmfs::rest
