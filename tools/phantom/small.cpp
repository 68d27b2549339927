#include "tools/phantom/small.h"

#include <algorithm>
#include <memory>

#include "tools/phantom/noise.h"

namespace dcmfs::phantom {
namespace {

struct Kind {
  std::string_view modality, sop_class, image_type;
  int bits_allocated, bits_stored;
  void (*set_module)(Dataset&);  // what its IOD asks for beside the common modules
};

void set_ct(Dataset& d) {
  d.set_number(tags::RescaleIntercept, -1024);
  d.set_number(tags::RescaleSlope, 1);
  d.set_number(tags::KVP, 120);
  d.set_number(tags::WindowCenter, 1000);
  d.set_number(tags::WindowWidth, 4096);
}
void set_mr(Dataset& d) {
  d.set_text(tags::ScanningSequence, "GR");
  d.set_text(tags::SequenceVariant, "NONE");
  set_empty(d, tags::ScanOptions);
  d.set_text(tags::MRAcquisitionType, "3D");
  d.set_number(tags::RepetitionTime, 8);
  d.set_number(tags::EchoTime, 3);
  d.set_number(tags::EchoTrainLength, 1);
}
void set_secondary_capture(Dataset& d) {
  d.set_text(tags::ConversionType, "SYN");
  set_empty(d, tags::PatientOrientation);
}
void set_radiograph(Dataset& d) {
  set_empty(d, tags::PatientOrientation);
  set_empty(d, tags::ViewPosition);
}
void set_ultrasound(Dataset& d) {
  set_empty(d, tags::PatientOrientation);
}

// clang-format off
constexpr Kind kKinds[] = {
    {"CT", sop::Ct,                  "ORIGINAL\\PRIMARY\\AXIAL", 16, 12, set_ct},
    {"MR", sop::Mr,                  "ORIGINAL\\PRIMARY\\OTHER", 16, 12, set_mr},
    {"US", sop::Ultrasound,          "ORIGINAL\\PRIMARY",         8,  8, set_ultrasound},
    {"CR", sop::ComputedRadiography, "ORIGINAL\\PRIMARY",        16, 12, set_radiograph},
    {"OT", sop::SecondaryCapture,    "DERIVED\\SECONDARY",       16, 12, set_secondary_capture},
};
// clang-format on

const Kind* find_kind(std::string_view modality) {
  const auto it = std::find_if(std::begin(kKinds), std::end(kKinds),
                               [&](const Kind& kind) { return kind.modality == modality; });
  return it == std::end(kKinds) ? nullptr : it;
}

// A ramp, a disc whose place depends on the number, and noise: distinct, and still a picture.
std::string pixels(const Kind& kind, int rows, int columns, std::uint64_t key) {
  Noise noise(key);
  const double x = noise.uniform(0.25, 0.75) * columns, y = noise.uniform(0.25, 0.75) * rows;
  const double radius = noise.uniform(0.1, 0.3) * std::min(rows, columns);
  const unsigned top = (1U << kind.bits_stored) - 1;
  std::string bytes;
  bytes.reserve(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns) *
                static_cast<std::size_t>(kind.bits_allocated / 8));
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < columns; ++c) {
      const double dx = c - x, dy = r - y;
      const double level = dx * dx + dy * dy < radius * radius ? 0.8 : 0.2 + 0.3 * c / columns;
      const unsigned value =
          static_cast<unsigned>(level * top) + (static_cast<unsigned>(noise.next()) & top >> 4);
      bytes.push_back(static_cast<char>(value & 0xff));
      if (kind.bits_allocated > 8) bytes.push_back(static_cast<char>(value >> 8));
    }
  }
  return bytes;
}

// Of the UIDs: with another modality or size these are other instances, of other studies.
std::string study_key_of(const SmallOptions& o, int study) {
  return "small/" + std::string(o.modality) + "/" + std::to_string(o.columns) + "x" +
         std::to_string(o.rows) + "/" + std::to_string(study);
}

Dataset series_dataset(const Subject& s, const Kind& kind, const SmallOptions& options, int study,
                       int series) {
  const std::string study_key = study_key_of(options, study);
  const std::string series_key = study_key + "/" + std::to_string(series);
  const std::string text = "small " + std::to_string(study);
  const Series row{series_key, series, kind.modality, "080500", text, "CHEST"};
  Dataset d = common_modules(s, {study_key, study, 30 * (study - 1), "080000", text}, row);
  set_general_image(d, row, kind.image_type, "080500");
  kind.set_module(d);
  return d;
}

Dataset instance(const Subject& s, const Kind& kind, const SmallOptions& options, Dataset d,
                 int study, int series, int number) {
  const std::string key =
      study_key_of(options, study) + "/" + std::to_string(series) + "/" + std::to_string(number);
  set_instance(d, s, kind.sop_class, key, number);
  const Plane plane = centred_plane(options.columns, options.rows, 5);
  if (kind.sop_class == sop::Ct || kind.sop_class == sop::Mr)
    set_image_plane(d, s, plane, {"frame/small", 5.0 * number, 5});
  set_image_pixel(d, {options.rows, options.columns, kind.bits_allocated, kind.bits_stored},
                  pixels(kind, options.rows, options.columns, key_of(s.key, key)));
  return d;
}

std::string numbered(std::string_view prefix, int number) {
  const std::string digits = std::to_string(number);
  return std::string(prefix) + std::string(digits.size() < 4 ? 4 - digits.size() : 0, '0') + digits;
}

}  // namespace

std::string small_modalities() {
  std::string all;
  for (const Kind& kind : kKinds) all += (all.empty() ? "" : ", ") + std::string(kind.modality);
  return all;
}

bool is_small_modality(std::string_view modality) {
  return find_kind(modality) != nullptr;
}

void add_small(Pieces& pieces, const Subject& s, const SmallOptions& options,
               const std::string& folder) {
  const Kind* kind = find_kind(options.modality);
  if (!kind) return;
  for (int study = 1; study <= options.studies; ++study) {
    for (int series = 1; series <= options.series; ++series) {
      const std::string place = folder + numbered("/ST", study) + numbered("/SE", series) + "/";
      // Shared by the instances of the series, which copy it.
      const auto common =
          std::make_shared<const Dataset>(series_dataset(s, *kind, options, study, series));
      for (int number = 1; number <= options.instances; ++number)
        pieces.push_back({place + file_name(number), [=] {
                            return instance(s, *kind, options, *common, study, series, number);
                          }});
    }
  }
}

}  // namespace dcmfs::phantom
