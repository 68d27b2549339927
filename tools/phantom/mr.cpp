#include <array>
#include <cmath>

#include "tools/phantom/body.h"
#include "tools/phantom/images.h"
#include "tools/phantom/noise.h"
#include "tools/phantom/smooth.h"

namespace dcmfs::phantom {
namespace {

constexpr int kSlices = 24;
constexpr double kThickness = 5, kGap = 0.5, kLowest = 522;  // mm: from the eyes to the crown
constexpr double kNoise = 26;
constexpr double kStoredMax = 4095;
constexpr Study kStudy{"study/mr", 2, 6, "140000", "Head"};
constexpr std::string_view kFrame = "frame/mr";

struct Weighting {
  Series series;
  float TissueValues::*signal;
  double repetition_ms, echo_ms, flip_degrees;
  int echo_train;
  std::string_view folder;
};
constexpr std::array kWeightings{
    Weighting{{"series/t1", 1, "MR", "140500", "T1 SE tra", "HEAD"},
              &TissueValues::t1,
              550,
              12,
              90,
              1,
              "T1"},
    Weighting{{"series/t2", 2, "MR", "141200", "T2 TSE tra", "HEAD"},
              &TissueValues::t2,
              4200,
              98,
              150,
              11,
              "T2"},
};

std::vector<float> signal(const Canvas& canvas, const Weighting& weighting, std::uint64_t key) {
  const Plane& plane = canvas.plane();
  std::vector<float> image(plane.pixels());
  for (std::size_t i = 0; i < image.size(); ++i)
    image[i] = values(canvas.tissues()[i]).*weighting.signal;
  smooth(image, plane.columns, plane.rows);
  Noise noise(key);
  std::size_t i = 0;
  for (int r = 0; r < plane.rows; ++r) {
    for (int c = 0; c < plane.columns; ++c, ++i) {
      // The coil sees what is near to it better; noise of a magnitude image is Rician.
      const double x = plane.x(c) / 150, y = plane.y(r) / 150;
      const double seen = 0.86 + 0.22 * (x * x + y * y) + 0.05 * y;
      image[i] = static_cast<float>(
          std::hypot(image[i] * seen + kNoise * noise.normal(), kNoise * noise.normal()));
    }
  }
  return image;
}

Dataset slice(const Subject& s, const Weighting& weighting, int number) {
  const int index = number - 1;  // the first image is the lowest
  const std::string key = std::string(weighting.series.key) + "/" + std::to_string(index);
  const double z = kLowest + index * (kThickness + kGap);
  const Plane plane = centred_plane(256, 256, 0.9375, -10);

  const std::vector<float> image =
      signal(Body(s.key).slice(plane, z, Body::Support::none), weighting, key_of(s.key, key));
  Words words(image.size());
  for (const float value : image) words.append(value, 0, kStoredMax);

  Dataset d = common_modules(s, kStudy, weighting.series);
  set_instance(d, s, sop::Mr, key, number);
  set_general_image(d, weighting.series, "ORIGINAL\\PRIMARY\\OTHER", weighting.series.time);
  set_image_plane(d, s, plane, {kFrame, z, kThickness});
  set_image_pixel(d, {plane.rows, plane.columns, 16, 12}, words.take());
  d.set_number(tags::WindowCenter, 450);
  d.set_number(tags::WindowWidth, 900);
  // MR Image, PS3.3 C.8.3.1
  d.set_text(tags::ScanningSequence, "SE");
  d.set_text(tags::SequenceVariant, weighting.echo_train > 1 ? "SK" : "NONE");
  set_empty(d, tags::ScanOptions);
  d.set_text(tags::MRAcquisitionType, "2D");
  d.set_text(tags::SequenceName, weighting.echo_train > 1 ? "*tse2d1_11" : "*se2d1");
  d.set_number(tags::RepetitionTime, weighting.repetition_ms);
  d.set_number(tags::EchoTime, weighting.echo_ms);
  d.set_number(tags::EchoTrainLength, weighting.echo_train);
  d.set_number(tags::FlipAngle, weighting.flip_degrees);
  d.set_number(tags::NumberOfAverages, 1);
  d.set_number(tags::ImagingFrequency, 123.2);
  d.set_text(tags::ImagedNucleus, "1H");
  d.set_number(tags::MagneticFieldStrength, 3);
  d.set_number(tags::SpacingBetweenSlices, kThickness + kGap);
  d.set_number(tags::PixelBandwidth, 130);
  d.set_text(tags::InPlanePhaseEncodingDirection, "ROW");
  return d;
}

}  // namespace

void add_mr(Pieces& pieces, const Subject& s, const std::string& folder) {
  for (const Weighting& weighting : kWeightings)
    for (int number = 1; number <= kSlices; ++number)
      pieces.push_back({folder + "/" + std::string(weighting.folder) + "/" + file_name(number),
                        [s, &weighting, number] { return slice(s, weighting, number); }});
}

}  // namespace dcmfs::phantom
