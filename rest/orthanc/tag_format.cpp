#include "rest/orthanc/tag_format.h"

#include "store/dicom/json_writer.h"

namespace dcmfs::rest {

TagFormat tag_format(const Parameters& query, TagFormat otherwise) {
  if (query.flag("simplify")) return TagFormat::names;
  if (query.flag("short")) return TagFormat::numbers;
  if (query.flag("full")) return TagFormat::full;
  return otherwise;
}

std::string shown_name(Tag tag) {
  auto keyword = keyword_of(tag);
  return keyword.empty() ? to_string(tag) : keyword;
}

void write_attribute(JsonWriter& json, Tag tag, std::string_view value, TagFormat format) {
  switch (format) {
    case TagFormat::names:
      json.member(shown_name(tag), value);
      return;
    case TagFormat::numbers:
      json.member(to_string(tag), value);
      return;
    case TagFormat::full:
      json.key(to_string(tag)).begin_object();
      json.member("Name", shown_name(tag)).member("Type", "String").member("Value", value);
      json.end_object();
      return;
  }
}

}  // namespace dcmfs::rest
