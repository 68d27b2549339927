#include "store/image/annotation.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "store/dicom/person_name.h"
#include "store/dicom/text.h"
#include "store/image/picture_tags.h"
#include "store/number.h"

namespace dcmfs {
namespace {

constexpr std::size_t kTextBytesMax = 256;
constexpr int kLinesOfPicture = 36;  // letters are that part of the shorter side

enum class Says : bool { patient, technique };
using Form = std::string (*)(std::string_view);

std::string as_it_is(std::string_view text) {
  return std::string(text);
}
// "2024-11-02" of "20241102" and of ACR-NEMA's "2024.11.02".
std::string as_date(std::string_view text) {
  std::string digits;
  for (const char c : text)
    if (c >= '0' && c <= '9') digits += c;
  if (digits.size() != 8) return std::string(text);
  return digits.substr(0, 4) + '-' + digits.substr(4, 2) + '-' + digits.substr(6);
}
// "07:27:30" of "072730.123".
std::string as_time(std::string_view text) {
  const auto whole = text.substr(0, text.find('.'));
  if (whole.size() % 2 != 0 || whole.size() > 6 ||
      whole.find_first_not_of("0123456789") != whole.npos)
    return std::string(whole);
  std::string out;
  for (std::size_t at = 0; at < whole.size(); at += 2)
    out.append(at == 0 ? "" : ":").append(whole.substr(at, 2));
  return out;
}

// Two places of "3.26999999999998".
std::string as_number(std::string_view text) {
  const auto number = parse_real(text);
  if (!number || std::abs(*number) >= 1e9) return std::string(text);
  std::array<char, 32> out{};
  const auto written =
      std::to_chars(out.data(), out.data() + out.size(), *number, std::chars_format::fixed, 2);
  std::string digits(out.data(), written.ptr);
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.ends_with('.')) digits.pop_back();
  return digits;
}

// A line is made of the values that there are of its rows, which stand one after the other.
struct AnnotationRow {
  Says says;
  Corner corner;
  int line;
  Tag tag;
  std::string_view before, behind;
  Form form;
};

// clang-format off
constexpr auto kAnnotationRows = [] {
  using enum Corner;
  using enum Says;
  return std::to_array<AnnotationRow>({
    {patient,   top_left,     1, tags::PatientName,       "",      "",       readable_name},
    {patient,   top_left,     2, tags::PatientID,         "ID ",   "",       as_it_is},
    {patient,   top_left,     3, tags::PatientBirthDate,  "born ", "",       as_date},
    {patient,   top_left,     3, tags::PatientSex,        "",      "",       as_it_is},
    {technique, top_right,    1, tags::StudyDescription,  "",      "",       as_it_is},
    {technique, top_right,    2, tags::StudyDate,         "study ", "",      as_date},
    {technique, top_right,    2, tags::StudyTime,         "",      "",       as_time},
    {technique, top_right,    3, tags::AcquisitionDate,   "acquired ", "",   as_date},
    {technique, top_right,    3, tags::AcquisitionTime,   "",      "",       as_time},
    {technique, bottom_left,  1, tags::SeriesDescription, "",      "",       as_it_is},
    {technique, bottom_left,  2, tags::Modality,          "",      "",       as_it_is},
    {technique, bottom_left,  2, tags::SeriesNumber,      "series ", "",     as_it_is},
    {technique, bottom_left,  2, tags::InstanceNumber,    "image ", "",      as_it_is},
    {technique, bottom_right, 1, tags::KVP,               "",      " kV",    as_number},
    {technique, bottom_right, 1, tags::XRayTubeCurrent,   "",      " mA",    as_number},
    {technique, bottom_right, 1, picture_tags::ExposureTime,      "",      " ms",    as_number},
    {technique, bottom_right, 1, tags::Exposure,          "",      " mAs",   as_number},
    {technique, bottom_right, 2, tags::RepetitionTime,    "TR ",   " ms",    as_number},
    {technique, bottom_right, 2, tags::EchoTime,          "TE ",   " ms",    as_number},
    {technique, bottom_right, 3, tags::SliceThickness,    "slice ", " mm",   as_number},
    {technique, bottom_right, 3, tags::SliceLocation,     "at ",   " mm",    as_number},
  });
}();
// clang-format on

// PS3.3 C.7.6.16: of an enhanced object in some macro of the frame, or of all frames.
std::string text_of_frame(const Dataset& dataset, int frame, Tag tag) {
  if (auto text = dataset.text_or(tag, ""); !text.empty()) return text;
  for (const Dataset* group :
       {dataset.item(tags::PerFrameFunctionalGroupsSequence, static_cast<std::size_t>(frame)),
        dataset.item(tags::SharedFunctionalGroupsSequence)}) {
    if (group == nullptr) continue;
    for (const Element& macro : *group)
      if (!macro.items.empty())
        if (auto text = macro.items.front().text_or(tag, ""); !text.empty()) return text;
  }
  return "";
}

struct DrawnLine {
  Corner corner;
  Mask mask;
};

bool is_at_top(Corner corner) {
  return corner == Corner::top_left || corner == Corner::top_right;
}
bool is_at_left(Corner corner) {
  return corner == Corner::top_left || corner == Corner::bottom_left;
}

Result<std::vector<DrawnLine>> masks_of(const std::vector<AnnotationLine>& lines, int size) {
  std::vector<DrawnLine> out;
  for (const AnnotationLine& line : lines) {
    DCMFS_TRY(auto mask, text_mask(line.text, size));
    out.push_back({line.corner, std::move(mask)});
  }
  return out;
}

// How many times too wide the widest is, or the highest column; at most 1: they fit.
double excess(const std::vector<DrawnLine>& lines, const Picture& picture, int margin) {
  double out = 0;
  int heights[4] = {};
  for (const DrawnLine& line : lines) {
    const bool has_neighbour = std::ranges::any_of(lines, [&](const DrawnLine& other) {
      return is_at_top(other.corner) == is_at_top(line.corner) && other.corner != line.corner;
    });
    const double room =
        std::max(1, (picture.width - 2 * margin) / (has_neighbour ? 2 : 1) - margin);
    out = std::max(out, line.mask.width / room);
    heights[static_cast<std::size_t>(line.corner)] += line.mask.height;
  }
  for (const int height : heights)
    out = std::max(out, 2.0 * height / std::max(1, picture.height - 2 * margin));
  return out;
}

}  // namespace

std::string readable_name(std::string_view person_name) {
  std::string out;
  for (std::size_t group = 0; group < 2;
       ++group) {  // the phonetic one is for who cannot read the second
    const auto parts = split(name_group(person_name, group), '^');
    const auto part = [&](std::size_t i) {
      return i < parts.size() ? trim(parts[i]) : std::string_view();
    };
    // PS3.5 6.2.1.1: family, given, middle name, prefix, suffix; other scripts have the family first.
    const std::array<std::string_view, 5> order =
        group == 0 ? std::array{part(3), part(1), part(2), part(0), part(4)}
                   : std::array{part(3), part(0), part(1), part(2), part(4)};
    for (const auto word : order)
      if (!word.empty()) out.append(out.empty() ? "" : " ").append(word);
  }
  return out;
}

std::vector<AnnotationLine> annotation_lines(const DicomFile& file, int frame, Annotations wanted) {
  std::vector<AnnotationLine> out;
  const AnnotationRow* last = nullptr;
  for (const AnnotationRow& row : kAnnotationRows) {
    if (!(row.says == Says::patient ? wanted.patient : wanted.technique)) continue;
    const auto text = row.form(text_of_frame(file.dataset, frame, row.tag));
    if (text.empty()) continue;
    if (last != nullptr && last->corner == row.corner && last->line == row.line) {
      out.back().text += "  ";
    } else {
      out.push_back({row.corner, {}});
    }
    out.back().text.append(row.before).append(cut_utf8(text, kTextBytesMax)).append(row.behind);
    last = &row;
  }
  const auto frames = file.dataset.integer(tags::NumberOfFrames).value_or(1);
  if (wanted.technique && frames > 1)
    out.push_back({Corner::bottom_left,
                   "frame " + std::to_string(frame + 1) + " of " + std::to_string(frames)});
  return out;
}

Result<> annotate(Picture& picture, const std::vector<AnnotationLine>& lines) {
  if (lines.empty()) return {};
  const int usual =
      std::clamp(std::min(picture.width, picture.height) / kLinesOfPicture, 10, kTextSizeMax);
  const int margin = std::max(2, usual / 3);
  int size = usual;
  DCMFS_TRY(auto drawn, masks_of(lines, size));
  for (double over = excess(drawn, picture, margin); over > 1 && size > kTextSizeMin;
       over = excess(drawn, picture, margin)) {
    size = std::max(kTextSizeMin, std::min(size - 1, static_cast<int>(size / over)));
    DCMFS_TRY(drawn, masks_of(lines, size));
  }
  // Where even the smallest letters would meet, who the patient is must be readable: the right gives way.
  const auto drawn_at_left = drawn;
  std::erase_if(drawn, [&](const DrawnLine& line) {
    return !is_at_left(line.corner) &&
           std::ranges::any_of(drawn_at_left, [&](const DrawnLine& other) {
             return is_at_left(other.corner) && is_at_top(other.corner) == is_at_top(line.corner) &&
                    other.mask.width + line.mask.width + 3 * margin > picture.width;
           });
  });
  Canvas canvas(picture);
  int heights[4] = {};
  for (const DrawnLine& line : drawn)
    if (!is_at_top(line.corner)) heights[static_cast<std::size_t>(line.corner)] += line.mask.height;
  int below[4] = {margin, margin, picture.height - margin - heights[2],
                  picture.height - margin - heights[3]};
  for (const DrawnLine& line : drawn) {
    int& y = below[static_cast<std::size_t>(line.corner)];
    const int x = is_at_left(line.corner) ? margin : picture.width - margin - line.mask.width;
    draw_text(canvas, line.mask, size, x, y);
    y += line.mask.height;
  }
  return {};
}

}  // namespace dcmfs
