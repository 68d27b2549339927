// Single values of a file, by a path of tags and numbers of items.

#include "rest/http/error.h"
#include "rest/instance_file.h"
#include "rest/orthanc/resource_id.h"
#include "rest/orthanc/resources.h"
#include "rest/orthanc/tags.h"
#include "store/dicom/text.h"
#include "store/number.h"

namespace dcmfs::rest {
namespace {

constexpr std::int64_t kValueBytesMax = 512 << 20;  // of one answer
constexpr std::int64_t kItemHeaderBytes = 8;
constexpr std::string_view kBytes = "application/octet-stream";

Error nothing_there() {
  return {Errc::not_found, "the data set has nothing at this path"};
}

std::string shown(Tag tag) {
  std::string text = to_string(tag);
  text[4] = '-';
  return text;
}

Response list_of(std::size_t count) {
  JsonWriter json;
  json.begin_array();
  for (std::size_t i = 0; i < count; ++i) json.text(std::to_string(i));
  json.end_array();
  return written(std::move(json));
}

Response list_of(const Dataset& dataset) {
  JsonWriter json;
  json.begin_array();
  for (const Element& element : dataset) json.text(shown(element.tag));
  json.end_array();
  return written(std::move(json));
}

Response bytes(std::string value) {
  return {.type = std::string(kBytes), .body = std::move(value)};
}

struct ItemBytes {
  std::int64_t offset, length;
};
// The items of encapsulated pixel data, PS3.5 A.4: the offset table, then the fragments.
Result<std::vector<ItemBytes>> fragments(const DicomFile& file, const Element& pixels) {
  std::vector<ItemBytes> found;
  const std::int64_t end = pixels.offset + pixels.item_bytes;
  for (std::int64_t at = pixels.offset; at + kItemHeaderBytes <= end;) {
    DCMFS_TRY(const auto header, read_bytes(file, at, kItemHeaderBytes));
    if (header.size() < static_cast<std::size_t>(kItemHeaderBytes)) break;
    const auto byte = [&](int i) {
      return std::int64_t{static_cast<unsigned char>(header[static_cast<std::size_t>(i)])};
    };
    if (byte(0) != 0xfe || byte(1) != 0xff || byte(2) != 0x00 || byte(3) != 0xe0)
      break;  // no item: the delimiter
    const std::int64_t length = byte(4) | byte(5) << 8 | byte(6) << 16 | byte(7) << 24;
    found.push_back({at + kItemHeaderBytes, length});
    at += kItemHeaderBytes + length;
  }
  return found;
}

Result<Response> pixel_content(const DicomFile& file, const Element& pixels,
                               std::optional<std::size_t> index) {
  const bool encapsulated = pixels.length == Element::kUndefinedLength;
  std::vector<ItemBytes> items;
  if (encapsulated) {
    DCMFS_TRY(items, fragments(file, pixels));
  }
  const std::size_t count = encapsulated ? items.size() : 1;
  if (!index) return list_of(count);
  if (*index >= count) return nothing_there();
  if (!encapsulated) {
    DCMFS_TRY(auto value, read_value(file, pixels, kValueBytesMax));
    return bytes(std::move(value));
  }
  DCMFS_TRY(auto value,
            read_bytes(file, items[*index].offset, std::min(items[*index].length, kValueBytesMax)));
  return bytes(std::move(value));
}

}  // namespace

Result<Response> content(const Services& services, Request& request) {
  DCMFS_TRY(const Key key, find_resource(services, Level::instance, request.part("id")));
  DCMFS_TRY(const auto file, InstanceFile::open(services, key.row));
  std::vector<std::string_view> steps;
  if (const auto path = request.path.find("path");
      path != request.path.end() && !path->second.empty())
    steps = split(path->second, '/');
  const Dataset* dataset = &file.dicom().dataset;
  for (std::size_t i = 0; i < steps.size(); i += 2) {
    const auto tag = tag_of(steps[i]);
    if (!tag)
      return failure_response({400, orthanc_errors::kUnknownTag, "the path names an unknown tag"},
                              request);
    const Element* element = dataset->find(*tag);
    if (!element) return nothing_there();
    const auto index = i + 1 < steps.size() ? parse_whole<std::size_t>(steps[i + 1]) : std::nullopt;
    if (i + 1 < steps.size() && !index) return nothing_there();
    const bool is_last = i + 2 >= steps.size();
    if (*tag == tags::PixelData)
      return is_last ? pixel_content(file.dicom(), *element, index) : nothing_there();
    if (element->vr != Vr::SQ) {
      if (index) return nothing_there();
      DCMFS_TRY(auto value, read_value(file.dicom(), *element, kValueBytesMax));
      return bytes(std::move(value));
    }
    if (!index) return list_of(element->items.size());
    if (*index >= element->items.size()) return nothing_there();
    dataset = &element->items[*index];
  }
  return list_of(*dataset);
}

}  // namespace dcmfs::rest
