#pragma once
// Instances as pictures that any browser shows: rendered and thumbnail resources of WADO-RS (PS3.18
// 8.3.5), and WADO-URI (9.4.1), which says the same in other words.
#include <optional>
#include <string>
#include <string_view>

#include "rest/http/message.h"
#include "store/dicom/reader.h"
#include "store/image/render.h"
#include "store/result.h"

namespace dcmfs::rest {

enum class PictureType : std::uint8_t { jpeg, png };
std::string_view media_type(PictureType);
inline constexpr std::string_view kPictureTypes = "image/jpeg or image/png";

// What is shown of a picture, and how large: the part from (x, y), which is mirrored where its
// width or height is negative, fitted into width x height.
struct Viewport {
  int width = 0, height = 0;       // at most; 0: as it is
  double x = 0, y = 0;             // of the source
  double part_width = 0, part_height = 0;  // 0: all that is right of x, or below y
};

struct PictureRequest {
  PictureType type = PictureType::jpeg;
  std::optional<Window> window;
  Viewport viewport;
  int quality = 90;  // of JPEG, 1 to 100
  std::string unsupported;  // what was asked for and is not done, "annotation patient, iccprofile srgb"
};

// `viewport`, `window` and `quality` of WADO-RS; `annotation` and `iccprofile` are checked and not done.
// invalid_argument: they are not what 8.3.5.1 says.
Result<PictureRequest> parse_picture_request(const Parameters&);
// The two that are not done, here and by WADO-URI.
Result<std::string> unsupported_wishes(const Parameters&);
// Says in a Warning header (8.3.5.1) what was not done. `base`: of the URL of this service.
void warn_of(const PictureRequest&, std::string_view base, Response&);
// "1,2,3.5"; invalid_argument: not so many numbers. Empty ones are NaN.
Result<std::vector<double>> parse_numbers(std::string_view list, std::size_t count_min, std::size_t count_max,
                                          std::string_view name);

// `frame` counts from 0. Errors: not_found (no such frame), not_supported (no picture can be made).
Result<std::string> make_picture(const DicomFile&, int frame, const PictureRequest&);

}  // namespace dcmfs::rest
