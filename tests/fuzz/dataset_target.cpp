// The header, the .json, the names and the picture of what should be a DICOM file.
#include <functional>

#include "store/dicom/json.h"
#include "store/dicom/reader.h"
#include "store/entry_names.h"
#include "store/image/annotation.h"
#include "store/image/icc.h"
#include "store/image/presentation_state.h"
#include "store/image/render.h"
#include "tests/fuzz/entry_name.h"
#include "tests/fuzz/target.h"
#include "tests/store/dicom/strict_json.h"
#include "tests/support/make_dicom.h"

namespace dcmfs::fuzz {
namespace {

// Larger pictures are described and not made: what their limits are is tested elsewhere.
constexpr std::int64_t kPictureBytesMax = 4 << 20;

// All that the program would say of the bytes, in short; the same bytes must give the same.
class Answer {
 public:
  explicit Answer(std::string_view bytes) {
    const auto source = memory_source(bytes);
    const auto file = read_dicom(*source);
    if (!file) {
      add(file.error().message);
      return;
    }
    look_at_json(*file);
    look_at_names(file->dataset);
    look_at_picture(*file);
    look_at_presentation_state(*file);
  }
  const std::string& text() const { return text_; }
  const std::string& wrong() const { return wrong_; }

 private:
  void add(std::string_view said) { text_.append(said).push_back('\n'); }
  void add_hash(std::string_view bytes) {
    add(std::to_string(std::hash<std::string_view>()(bytes)));
  }
  void require(const std::string& fault, std::string_view of) {
    if (!fault.empty() && wrong_.empty()) wrong_ = std::string(of) + ": " + fault;
  }

  void look_at_json(const DicomFile& file) {
    const std::string json = keyword_json(file);
    require(StrictJson::error_of(json), ".json");
    add_hash(json);
  }

  void look_at_names(const Dataset& dataset) {
    for (const auto name_of : {patient_name, study_name, series_name, instance_name,
                               study_link_name, series_link_name, modality_folder_name}) {
      const std::string name = name_of(dataset);
      require(fault_of_name(name), "name");
      if (name_of != instance_name && name.empty()) require("empty", "name");
      require(fault_of_name(told_apart(name, "1.2.3", 30)), "name told apart");
      require(fault_of_name(instance_told_apart(name, "1.2.3", 30)), "name told apart");
      add(name);
    }
    for (const int date : {study_date(dataset), series_date(dataset)}) {
      if (date < 0 || date > 99991231) require("out of range", "date");
      add(std::to_string(date));
    }
  }

  void look_at_picture(const DicomFile& file) {
    const auto pixels = describe_pixels(file);
    if (!pixels) {
      if (render(file, {})) require("made without a description", "picture");
      return add(pixels.error().message);
    }
    const std::int64_t promised = png_size(pixels->columns, pixels->rows, pixels->channels());
    add(std::to_string(promised) + " " + std::to_string(pixels->frames));
    if (promised > kPictureBytesMax) return;
    for (const int frame : {0, pixels->frames - 1}) {
      const auto picture = render(file, {.frame = frame});
      if (!picture) {
        add(picture.error().message);
        continue;
      }
      const auto png = encode_png(*picture);
      if (!png) return require(png.error().message, "PNG");
      if (std::ssize(*png) != promised) return require("of another size than promised", "PNG");
      add_hash(*png);
      auto coloured = *picture;
      const auto profile = apply_profile(coloured, {&file}, IccProfile::srgb);
      add(profile ? "colours are known" : profile.error().message);
    }
    for (const auto& line : annotation_lines(file, 0, {.patient = true, .technique = true}))
      add(line.text);
  }

  // Of a small image that it is about.
  void look_at_presentation_state(const DicomFile& file) {
    const auto images = referenced_images(file.dataset);
    if (!is_presentation_state(file.dataset) || images.empty()) return;
    const std::string bytes =
        make_dicom().instance(images.front().instance).pixels(16, 16, 8).bytes();
    const auto source = memory_source(bytes);
    const auto image = read_dicom(*source);
    if (!image) return add(image.error().message);
    const auto pixels = describe_pixels(*image);
    if (!pixels) return add(pixels.error().message);
    const auto state = read_presentation_state(file, *image, *pixels, 0);
    if (!state) return add(state.error().message);
    const auto picture = present(*image, *pixels, 0, *state, {.width = 256, .height = 256});
    if (!picture) return add(picture.error().message);
    if (picture->pixels.size() !=
        static_cast<std::size_t>(picture->width * picture->height * picture->channels))
      require("of another size than it says", "picture of a presentation state");
    add_hash({reinterpret_cast<const char*>(picture->pixels.data()), picture->pixels.size()});
  }

  std::string text_, wrong_;
};

}  // namespace

std::string dataset(std::string_view bytes) {
  const Answer answer(bytes);
  if (!answer.wrong().empty()) return answer.wrong();
  if (Answer(bytes).text() != answer.text()) return "another answer the second time";
  return "";
}

}  // namespace dcmfs::fuzz
