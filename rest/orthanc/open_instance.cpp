#include "rest/orthanc/open_instance.h"
#include "rest/orthanc/resource_id.h"

#include "rest/services.h"

namespace dcmfs::rest {
namespace {

constexpr std::size_t kEtagBytes = 16;

}  // namespace

Result<OpenInstance> open_instance(const Services& services, Key key) {
  OpenInstance out;
  DCMFS_TRY(out.stored, services.store.file(key.row));
  DCMFS_TRY(auto blob, services.store.open_file(key.row));
  out.blob = std::make_shared<const Blob>(std::move(blob));
  out.source = file_source(out.blob->fd(), out.blob->size());
  DCMFS_TRY(out.file, read_dicom(*out.source));
  return out;
}

Result<OpenInstance> open_instance(const Services& services, const Request& request) {
  DCMFS_TRY(const Key key, find_resource(services, Level::instance, request.part("id")));
  return open_instance(services, key);
}

Result<PixelDescription> decodable_pixels(const DicomFile& file) {
  auto pixels = decodable(describe_pixels(file));
  if (!pixels && pixels.error().code == Errc::not_found)
    return Error{Errc::not_supported, "this instance has no picture"};
  return pixels;
}

Result<OpenFrame> open_frame(const Services& services, const Request& request) {
  OpenFrame out;
  DCMFS_TRY(out.instance, open_instance(services, request));
  DCMFS_TRY(out.pixels, decodable_pixels(out.instance.file));
  if (request.path.contains("frame")) {
    DCMFS_TRY(out.number, path_number(request, "frame"));
  }
  if (out.number >= out.pixels.frames) return Error{Errc::not_found, "no such frame; the first is 0"};
  return out;
}

std::string etag_of(const StoredFile& stored, std::string_view what) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const auto byte : std::span(stored.sha256).first(kEtagBytes)) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  if (!what.empty()) out.append(1, '.').append(what);
  return out;
}

}  // namespace dcmfs::rest
