#pragma once
// Instances as pictures that any browser shows: rendered and thumbnail resources of WADO-RS (PS3.18
// 8.3.5), and WADO-URI (9.4.1), which says the same in other words.
#include <optional>
#include <string>
#include <string_view>

#include "rest/http/message.h"
#include "store/dicom/reader.h"
#include "store/image/annotation.h"
#include "store/image/icc.h"
#include "store/image/render.h"
#include "store/result.h"

namespace dcmfs::rest {

enum class PictureType : std::uint8_t { jpeg, png };
std::string_view media_type(PictureType);
inline constexpr std::string_view kPictureTypes = "image/jpeg or image/png";

// What is shown of a picture, and how large: the part from (x, y), which is mirrored where its
// width or height is negative, fitted into width x height.
struct Viewport {
  int width = 0, height = 0;               // at most; 0: as it is
  double x = 0, y = 0;                     // of the source
  double part_width = 0, part_height = 0;  // 0: all that is right of x, or below y
};

// The same as parts, from 0 to 1, of the picture, whatever size it has.
struct Region {
  double left = 0, top = 0, right = 1, bottom = 1;
};

struct PictureRequest {
  PictureType type = PictureType::jpeg;
  std::optional<Window> window;
  Viewport viewport;
  std::optional<Region> region;  // instead of the part that the viewport tells
  int quality = 90;              // of JPEG, 1 to 100
  Annotations annotations;
  IccProfile icc = IccProfile::none;
};

// `viewport`, `window`, `quality`, `annotation` and `iccprofile` of WADO-RS. invalid_argument: they are
// not what 8.3.5.1 says.
Result<PictureRequest> parse_picture_request(const Parameters&);
// The last two, which WADO-URI has, too.
Result<> parse_wishes(const Parameters&, PictureRequest&);
// "1,2,3.5"; invalid_argument: not so many numbers. Empty ones are NaN.
Result<std::vector<double>> parse_numbers(std::string_view list, std::size_t count_min,
                                          std::size_t count_max, std::string_view name);

struct MadePicture {
  std::string bytes;
  std::string
      not_done;  // what was asked for and cannot be had: "annotation patient, iccprofile srgb"
};
// Says in a Warning header (8.3.5.1) what was not done. `base`: of the URL of this service.
void warn_of(const MadePicture&, std::string_view base, Response&);

// `frame` counts from 0. With `state` as that presentation state wants it. Errors: not_found (no such
// frame), not_supported (no picture can be made), invalid_argument (the state is not about this image,
// or there is a window besides).
Result<MadePicture> make_picture(const DicomFile&, int frame, const PictureRequest&,
                                 const DicomFile* state = nullptr);

}  // namespace dcmfs::rest
