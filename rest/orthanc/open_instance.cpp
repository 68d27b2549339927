#include "rest/orthanc/open_instance.h"

#include "rest/orthanc/resource_id.h"

namespace dcmfs::rest {

Result<OpenInstance> open_instance(const Services& services, const Request& request) {
  DCMFS_TRY(const Key key, find_resource(services, Level::instance, request.part("id")));
  return open_instance(services, key.row);
}

Result<PixelDescription> decodable_pixels(const DicomFile& file) {
  auto pixels = decodable(describe_pixels(file));
  if (!pixels && pixels.error().code == Errc::not_found)
    return Error{Errc::not_supported, "this instance has no picture"};
  return pixels;
}

Result<OpenFrame> open_frame(const Services& services, const Request& request) {
  DCMFS_TRY(auto instance, open_instance(services, request));
  DCMFS_TRY(auto pixels, decodable_pixels(instance.file.dicom()));
  int number = 0;
  if (request.path.contains("frame")) {
    DCMFS_TRY(number, path_number(request, "frame"));
  }
  if (number >= pixels.frames) return Error{Errc::not_found, "no such frame; the first is 0"};
  return OpenFrame{std::move(instance), std::move(pixels), number};
}

}  // namespace dcmfs::rest
