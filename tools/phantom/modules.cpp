#include "tools/phantom/modules.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "store/dicom/transfer_syntax.h"
#include "tools/phantom/noise.h"

namespace dcmfs::phantom {
namespace {

constexpr std::string_view kSynthetic = "synthetic: made by dcmfs-phantom, no person";

struct Person {
  std::string_view name, sex;
};
// Names of several scripts, because a demonstration of a search should meet them.
constexpr std::array kPeople{
    Person{"PHANTOM^THORAX", "F"},
    Person{"PHANTOM^ADAM", "M"},
    Person{"PHANTOM^BÄRBEL", "F"},
    Person{"PHANTOM^RENÉ", "M"},
    Person{"PHANTOM^TARO=模型^太郎=もけい^たろう", "M"},
    Person{"PHANTOM^ELENI=ΟΜΟΙΩΜΑ^ΕΛΕΝΗ", "F"},
    Person{"PHANTOM^IVAN=ФАНТОМ^ИВАН", "M"},
    Person{"PHANTOM^ZOË", "F"},
};

std::string with_zeros(std::uint64_t number, int digits) {
  std::string text = std::to_string(number);
  const auto width = static_cast<std::size_t>(digits);
  return text.size() < width ? std::string(width - text.size(), '0') + text : text;
}

std::string date_text(std::chrono::sys_days day) {
  const std::chrono::year_month_day date(day);
  return with_zeros(static_cast<std::uint64_t>(int{date.year()}), 4) +
         with_zeros(unsigned{date.month()}, 2) + with_zeros(unsigned{date.day()}, 2);
}

}  // namespace

Subject subject(std::uint64_t seed, int number) {
  using namespace std::chrono;
  Subject s;
  s.key = key_of(seed, "patient " + std::to_string(number));
  s.id = "PHANTOM-" + (seed == kDefaultSeed ? "" : std::to_string(seed) + "-") +
         with_zeros(static_cast<std::uint64_t>(number), 4);
  const Person& person = kPeople[static_cast<std::size_t>(number - 1) % kPeople.size()];
  s.name = person.name;
  s.sex = person.sex;
  Noise noise(key_of(s.key, "person"));
  s.age = static_cast<int>(noise.uniform(25, 80));
  s.weight_kg = std::round(noise.uniform(58, 88));
  s.height_m = std::round(noise.uniform(158, 186)) / 100;
  s.first_study = sys_days(2024y / March / 4) + days(static_cast<int>(noise.uniform(0, 600)));
  s.birth_date = date_text(s.first_study - days(s.age * 366 + 40));
  return s;
}

std::string uid_of(const Subject& s, std::string_view what) {
  return uid_from_bits(key_of(s.key, what), key_of(s.key ^ 0x5851f42d4c957f2d, what));
}

Dataset common_modules(const Subject& s, const Study& study, const Series& series) {
  Dataset d;
  d.character_set = CharacterSet::utf8();
  const std::string date = date_text(s.first_study + std::chrono::days(study.days));
  const std::pair<Tag, std::string> rows[] = {
      {tags::SpecificCharacterSet, "ISO_IR 192"},
      {tags::InstanceCreationDate, date},
      {tags::InstanceCreationTime, std::string(series.time)},
      {tags::StudyDate, date},
      {tags::SeriesDate, date},
      {tags::StudyTime, std::string(study.time)},
      {tags::SeriesTime, std::string(series.time)},
      {tags::AccessionNumber, "P" + with_zeros(key_of(s.key, study.key) % 10'000'000, 7)},
      {tags::Modality, std::string(series.modality)},
      {tags::Manufacturer, "dcmfs"},
      {tags::InstitutionName, "Synthetic Hospital"},
      {tags::ReferringPhysicianName, "PHANTOM^REFERRER"},
      {tags::StationName, "PHANTOM"},
      {tags::StudyDescription, std::string(study.description)},
      {tags::SeriesDescription, std::string(series.description)},
      {tags::OperatorsName, "PHANTOM^OPERATOR"},
      {tags::ManufacturerModelName, "dcmfs-phantom"},
      {tags::PatientName, s.name},
      {tags::PatientID, s.id},
      {tags::PatientBirthDate, s.birth_date},
      {tags::PatientSex, s.sex},
      {tags::QualityControlSubject, "YES"},
      {tags::PatientAge, with_zeros(static_cast<std::uint64_t>(s.age), 3) + "Y"},
      {tags::PatientComments, std::string(kSynthetic)},
      {tags::DeviceSerialNumber, "0"},
      {tags::SoftwareVersions, "1"},
      {tags::StudyInstanceUID, uid_of(s, study.key)},
      {tags::SeriesInstanceUID, uid_of(s, series.key)},
      {tags::StudyID, std::to_string(study.number)},
      {tags::SeriesNumber, std::to_string(series.number)},
  };
  for (const auto& [tag, value] : rows) d.set_text(tag, value);
  d.set_number(tags::PatientSize, s.height_m);
  d.set_number(tags::PatientWeight, s.weight_kg);
  return d;
}

void set_instance(Dataset& d, const Subject& s, std::string_view sop_class, std::string_view key,
                  int number) {
  d.set_text(tags::SOPClassUID, sop_class);
  d.set_text(tags::SOPInstanceUID, uid_of(s, key));
  d.set_text(tags::InstanceNumber, std::to_string(number));
}

void set_general_image(Dataset& d, const Series& series, std::string_view image_type,
                       std::string_view time) {
  d.set_text(tags::BodyPartExamined, series.body_part);
  d.set_text(tags::ProtocolName, series.description);
  d.set_text(tags::ImageType, image_type);
  const std::string date = d.text_or(tags::SeriesDate, "");
  d.set_text(tags::AcquisitionDate, date);
  d.set_text(tags::ContentDate, date);
  d.set_text(tags::AcquisitionTime, time);
  d.set_text(tags::ContentTime, time);
  d.set_text(tags::AcquisitionNumber, "1");
  d.set_text(tags::ImageComments, kSynthetic);
  d.set_text(tags::BurnedInAnnotation, "NO");
  d.set_text(tags::LossyImageCompression, "00");
}

void set_image_plane(Dataset& d, const Subject& s, const Plane& plane, const SlicePlace& place) {
  d.set_text(tags::FrameOfReferenceUID, uid_of(s, place.frame_of_reference));
  set_empty(d, tags::PositionReferenceIndicator);
  d.set_text(tags::PatientPosition, "HFS");
  d.set_numbers(tags::ImagePositionPatient, {plane.x0, plane.y0, place.z});
  d.set_numbers(tags::ImageOrientationPatient, {1, 0, 0, 0, 1, 0});
  d.set_numbers(tags::PixelSpacing, {plane.spacing, plane.spacing});
  d.set_number(tags::SliceThickness, place.thickness);
  d.set_number(tags::SliceLocation, place.z);
}

void set_image_pixel(Dataset& d, const GreyPixels& p, std::string pixels) {
  d.set_number(tags::SamplesPerPixel, 1);
  d.set_text(tags::PhotometricInterpretation, "MONOCHROME2");
  d.set_number(tags::Rows, p.rows);
  d.set_number(tags::Columns, p.columns);
  d.set_number(tags::BitsAllocated, p.bits_allocated);
  d.set_number(tags::BitsStored, p.bits_stored);
  d.set_number(tags::HighBit, p.bits_stored - 1);
  d.set_number(tags::PixelRepresentation, p.is_signed ? 1 : 0);
  d.set_bytes(tags::PixelData, p.bits_allocated > 8 ? Vr::OW : Vr::OB, std::move(pixels));
}

void set_empty(Dataset& d, Tag tag) {
  Element element;
  element.tag = tag;
  element.vr = vr_of(tag);
  d.set(std::move(element));
}

Dataset& set_code(Dataset& d, Tag sequence, const Code& code) {
  Dataset& item = d.add_item(sequence);
  item.set_text(tags::CodeValue, code.value);
  item.set_text(tags::CodingSchemeDesignator, code.scheme);
  item.set_text(tags::CodeMeaning, code.meaning);
  return item;
}

void add_reference(Dataset& d, Tag sequence, std::string_view sop_class,
                   std::string_view sop_instance) {
  Dataset& item = d.add_item(sequence);
  item.set_text(tags::ReferencedSOPClassUID, sop_class);
  item.set_text(tags::ReferencedSOPInstanceUID, sop_instance);
}

std::string file_name(int number) {
  return "IMG" + with_zeros(static_cast<std::uint64_t>(number), 4) + ".dcm";
}

void Words::append(double value, double low, double high) {
  const auto word = static_cast<std::int32_t>(std::lround(std::clamp(value, low, high)));
  bytes_.push_back(static_cast<char>(word & 0xff));
  bytes_.push_back(static_cast<char>(word >> 8 & 0xff));
}

}  // namespace dcmfs::phantom
