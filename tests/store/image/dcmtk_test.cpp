// Pictures compared with those that DCMTK's own programs make.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <map>
#include <sstream>
#include <thread>

#include <gmock/gmock.h>

#include "store/image/grey.h"
#include "store/image/values.h"
#include "tests/store/image/open_dicom.h"
#include "tests/support/manifest.h"
#include "tests/support/ok.h"
#include "tests/support/temp_folder.h"

namespace dcmfs {
namespace {

// The picture of a file by one of DCMTK's programs, as a binary PGM or PPM.
Result<Picture> picture_by(const std::string& command, const std::string& dicom) {
  const TempFolder folder;
  const std::string out = folder / "picture.pnm";
  const std::string line = command + " '" + dicom + "' '" + out + "' >/dev/null 2>&1";
  if (std::system(line.c_str()) != 0) return Error{Errc::io, "failed: " + line};
  std::istringstream in(read_whole_file(out));
  std::string magic;
  int highest = 0;
  Picture picture;
  in >> magic >> picture.width >> picture.height >> highest;
  in.get();
  picture.channels = magic == "P6" ? 3 : 1;
  picture.pixels.assign(std::istreambuf_iterator<char>(in), {});
  return picture;
}

bool is_there(const std::string& program) {
  return std::system(("command -v " + program + " >/dev/null").c_str()) == 0;
}

constexpr int kSameMin = 200;

struct Explained {
  std::string_view path;
  std::string_view why;
};
constexpr Explained kExplained[] = {
    {"transfer_syntaxes/wg04_rg3/RG3_JPLY",
     "lossy: a few values above BitsStored; it cuts their high bits off, we clamp"},
};

bool is_explained(const std::string& path) {
  return std::ranges::find(kExplained, path, &Explained::path) != std::end(kExplained);
}

bool has_groups(const Dataset& dataset) {
  return dataset.contains(tags::SharedFunctionalGroupsSequence) ||
         dataset.contains(tags::PerFrameFunctionalGroupsSequence);
}

const Rescale* rescale_of(const GreyAttributes& grey) {
  return std::get_if<Rescale>(&grey.modality);
}

std::string voi_option(const Dataset& dataset, const GreyAttributes& grey) {
  if (!grey.voi) return " +Wm";
  const auto* window = std::get_if<Window>(&*grey.voi);
  if (!window) return " +Wl 1";
  if (!has_groups(dataset)) return " +Wi 1";
  // It finds the rescale in the shared functional groups, not the window.
  return " +Ww " + std::to_string(window->center) + " " + std::to_string(window->width);
}

// What DCMTK does otherwise, so that there is nothing to compare.
const char* difference(const DicomFile& file, const PixelDescription& pixels,
                       const GreyAttributes& grey) {
  const Dataset& dataset = file.dataset;
  if (pixels.channels() == 3) return nullptr;
  if (grey.padding && !grey.voi) return "it takes padding for part of the range";
  if (file.big_endian && pixels.bits_allocated == 32) {
    return "it turns words, the writers of such files turned pixels";
  }
  const auto* rescale = rescale_of(grey);
  if (has_groups(dataset) && grey.voi && (!rescale || rescale->slope != 1)) {
    return "a rescale in functional groups that is no shift";
  }
  if (!has_groups(dataset) && rescale && rescale->slope != std::floor(rescale->slope)) {
    return "it rounds after the rescale";
  }
  return nullptr;
}

struct Compared {
  std::string why_not;  // nothing was compared
  std::string wrong;
};

// Of each pixel; empty if there is none.
std::vector<bool> padding_mask(const DicomFile& file, const PixelDescription& pixels,
                               const GreyAttributes& grey) {
  if (!grey.padding) return {};
  const auto frame = decode_frame(file, pixels, 0);
  if (!frame) return {};
  return with_values(*frame, [&](auto values) {
    std::vector<bool> out;
    for (const auto value : values)
      out.push_back(grey.padding->contains(static_cast<double>(value)));
    return out;
  });
}

Compared compare(const std::filesystem::path& path) {
  const OpenDicom file(read_whole_file(path));
  const auto pixels = describe_pixels(*file);
  if (!pixels) return {{}, pixels.error().message};
  const auto grey = read_grey_attributes(*file, *pixels, 0);
  if (const char* why = difference(*file, *pixels, grey)) return {why, {}};
  const std::string program = file->syntax->codec == Codec::jpeg_ls ? "dcml2pnm" : "dcmj2pnm";
  const std::string voi = pixels->channels() == 1 ? voi_option(file->dataset, grey) : "";
  const auto theirs = picture_by(program + " -O" + voi, path);
  if (!theirs) return {theirs.error().message, {}};
  const auto ours = render(*file, {});
  if (!ours) return {{}, ours.error().message};
  if (ours->width != theirs->width || ours->height != theirs->height ||
      ours->channels != theirs->channels || ours->pixels.size() != theirs->pixels.size()) {
    return {{}, "another size"};
  }
  constexpr int kTolerance = 2;  // DCMTK rounds after each step
  std::size_t far = 0;
  int farthest = 0;
  const auto padding = padding_mask(*file, *pixels, grey);
  for (std::size_t i = 0; i < ours->pixels.size(); ++i) {
    if (!padding.empty() && padding[i]) continue;  // it draws it like the rest
    const int distance = std::abs(ours->pixels[i] - theirs->pixels[i]);
    far += distance > kTolerance ? 1 : 0;
    farthest = std::max(farthest, distance);
  }
  if (far == 0) return {};
  return {{}, std::to_string(far) + " samples differ, by up to " + std::to_string(farthest) + voi};
}

// Files of one folder that are encoded alike are many slices of one series: a few of them will do.
std::vector<std::filesystem::path> files_to_compare() {
  constexpr int kOfAKind = 2;
  std::map<std::string, int> seen;
  std::vector<std::filesystem::path> out;
  for (const ManifestRow& row : manifest()) {
    if (row.is_bad() || row["dcmtk_render"] != "yes") continue;
    const std::string kind = row.file.parent_path().string() + row["transfer_syntax"] +
                             row["photometric"] + row["bits"] + row["rows"] + row["frames"];
    if (++seen[kind] <= kOfAKind) out.push_back(row.file);
  }
  return out;
}

// DCMTK's programs draw the first frame, so do we.
TEST(DcmtkPictures, AreTheSameWhereverBothDoTheSame) {
  if (!shared_data()) GTEST_SKIP() << "the shared test data is missing";
  if (!is_there("dcmj2pnm")) GTEST_SKIP() << "dcmj2pnm is missing";
  const auto files = files_to_compare();
  std::vector<Compared> compared(files.size());
  std::atomic<std::size_t> next = 0;
  {
    std::vector<std::jthread> threads;
    for (unsigned t = 0; t < std::max(1U, std::thread::hardware_concurrency()); ++t) {
      threads.emplace_back([&] {
        for (std::size_t i; (i = next++) < files.size();) compared[i] = compare(files[i]);
      });
    }
  }

  std::map<std::string, int> left_out;
  std::vector<std::string> wrong;
  int same = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto name = files[i].lexically_relative(*shared_data()).string();
    if (!compared[i].wrong.empty()) {
      if (!is_explained(name)) wrong.push_back(name + ": " + compared[i].wrong);
    } else if (!compared[i].why_not.empty()) {
      ++left_out[compared[i].why_not];
    } else {
      ++same;
    }
  }
  for (const auto& [why, count] : left_out) RecordProperty("left out, " + why, count);
  EXPECT_THAT(wrong, testing::IsEmpty());
  EXPECT_GT(same, kSameMin);
}

}  // namespace
}  // namespace dcmfs
