#pragma once
// Who the phantom is, and the modules of PS3.3 that its objects have in common.
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "store/dicom/dataset.h"
#include "tools/phantom/canvas.h"

namespace dcmfs::phantom {

namespace tags {  // those of the program, and some that only the phantom names
using namespace dcmfs::tags;
#define DCMFS_TAG(keyword, group, element) inline constexpr Tag keyword{group, element};
#include "tools/phantom/more_tags.inc"
#undef DCMFS_TAG
}  // namespace tags

struct Subject {
  std::uint64_t key = 0;  // of all that is random about this person
  std::string id, name, sex, birth_date;
  int age = 0;
  double weight_kg = 0, height_m = 0;
  std::chrono::sys_days first_study;
};
inline constexpr std::uint64_t kDefaultSeed = 1;
// `number` counts from 1. The same seed and number are always the same person.
Subject subject(std::uint64_t seed, int number);

// The UID of something of this person, for ever the same.
std::string uid_of(const Subject&, std::string_view what);

struct Study {
  std::string_view key;  // for its UID
  int number;
  int days;  // after the first
  std::string_view time, description;
};
struct Series {
  std::string_view key;
  int number;
  std::string_view modality, time, description, body_part;
};

// Patient, General Study, General Series, General Equipment and SOP Common (PS3.3 C.7.1.1, C.7.2.1,
// C.7.3.1, C.7.5.1, C.12.1).
Dataset common_modules(const Subject&, const Study&, const Series&);
// What tells one object of a series from the others.
void set_instance(Dataset&, const Subject&, std::string_view sop_class, std::string_view key,
                  int number);

// What an image has beside: General Image, PS3.3 C.7.6.1, and of its series what was examined.
void set_general_image(Dataset&, const Series&, std::string_view image_type, std::string_view time);

// Frame of Reference and Image Plane, PS3.3 C.7.4.1 and C.7.6.2, of a transverse slice.
struct SlicePlace {
  std::string_view frame_of_reference;  // key of its UID
  double z, thickness;
};
void set_image_plane(Dataset&, const Subject&, const Plane&, const SlicePlace&);

// Image Pixel, PS3.3 C.7.6.3, grey and native.
struct GreyPixels {
  int rows, columns, bits_allocated, bits_stored;
  bool is_signed = false;
};
void set_image_pixel(Dataset&, const GreyPixels&, std::string pixels);

// An empty Type 2 attribute.
void set_empty(Dataset&, Tag);
// Adds an item to a code sequence (PS3.3 8.8) and returns it.
struct Code {
  std::string_view value, scheme, meaning;
};
Dataset& set_code(Dataset&, Tag sequence, const Code&);
void add_reference(Dataset&, Tag sequence, std::string_view sop_class,
                   std::string_view sop_instance);

// IMG0001.dcm
std::string file_name(int number);

// Any rounded numbers as 16 bit words, little endian.
class Words {
 public:
  explicit Words(std::size_t count) { bytes_.reserve(2 * count); }
  void append(double value, double low, double high);
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

namespace sop {
inline constexpr std::string_view Ct = "1.2.840.10008.5.1.4.1.1.2";
inline constexpr std::string_view Mr = "1.2.840.10008.5.1.4.1.1.4";
inline constexpr std::string_view Pet = "1.2.840.10008.5.1.4.1.1.128";
inline constexpr std::string_view Ultrasound = "1.2.840.10008.5.1.4.1.1.6.1";
inline constexpr std::string_view UltrasoundMultiFrame = "1.2.840.10008.5.1.4.1.1.3.1";
inline constexpr std::string_view ComputedRadiography = "1.2.840.10008.5.1.4.1.1.1";
inline constexpr std::string_view SecondaryCapture = "1.2.840.10008.5.1.4.1.1.7";
inline constexpr std::string_view RtStructureSet = "1.2.840.10008.5.1.4.1.1.481.3";
inline constexpr std::string_view RtPlan = "1.2.840.10008.5.1.4.1.1.481.5";
inline constexpr std::string_view RtDose = "1.2.840.10008.5.1.4.1.1.481.2";
// Retired, but RTReferencedStudySequence must name some class of studies (PS3.3 C.8.8.5).
inline constexpr std::string_view DetachedStudyManagement = "1.2.840.10008.3.1.2.3.1";
}  // namespace sop

}  // namespace dcmfs::phantom
