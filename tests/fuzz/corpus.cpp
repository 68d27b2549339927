#include "tests/fuzz/corpus.h"

#include <algorithm>
#include <filesystem>

#include "tests/store/dicom/raw_dicom.h"
#include "tests/support/make_dicom.h"
#include "tests/support/manifest.h"
#include "tests/support/program.h"
#include "tests/support/source_folder.h"
#include "tests/support/temp_folder.h"

namespace dcmfs::fuzz {
namespace {

std::vector<std::string> files_below(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  std::error_code missing;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, missing)) {
    if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> files;
  for (const auto& path : paths) files.push_back(read_whole_file(path));
  return files;
}

// Without random UIDs: the same seed is to damage the same bytes.
DicomBuilder image(std::string_view number) {
  const std::string uid = "1.2.826.0.1." + std::string(number);
  return make_dicom()
      .instance(uid)
      .study("1.2.826.0.2")
      .series("1.2.826.0.3")
      .set(tags::InstanceNumber, number);
}

void add_sequences(Dataset& dataset) {
  Dataset& item = dataset.add_item(tags::ReferencedSeriesSequence);
  item.set_text(tags::SeriesInstanceUID, "1.2.3");
  item.add_item(tags::ReferencedImageSequence).set_text(tags::ReferencedSOPInstanceUID, "1.2.4");
  dataset.add_item(tags::ReferencedSeriesSequence);
  dataset.set_bytes({0x0009, 0x0010}, Vr::LO, "ACME ");
  dataset.set_bytes({0x0009, 0x1001}, Vr::UN, "abcd");
}

std::string words(std::initializer_list<int> numbers) {
  std::string out;
  for (const int n : numbers) out += raw::le16(static_cast<std::uint32_t>(n));
  return out;
}

std::string colour(std::string_view photometric, int planar) {
  auto file = image("20").pixels(6, 4, 8);
  Dataset& dataset = file.dataset();
  dataset.set_number(tags::SamplesPerPixel, 3);
  dataset.set_number(tags::PlanarConfiguration, planar);
  dataset.set_text(tags::PhotometricInterpretation, photometric);
  const bool shared = photometric.ends_with("_422");
  dataset.set_bytes(tags::PixelData, Vr::OB, std::string(6 * 4 * (shared ? 2 : 3), '\x5a'));
  return file.bytes();
}

std::string palette(bool segmented) {
  auto file = image("21").pixels(4, 4, 8).set(tags::PhotometricInterpretation, "PALETTE COLOR");
  constexpr Tag kDescriptors[] = {{0x0028, 0x1101}, {0x0028, 0x1102}, {0x0028, 0x1103}};
  for (const Tag tag : kDescriptors) {
    file.set_bytes(tag, Vr::US, words({16, 0, 16}));
    Tag data = tag;
    data.element = static_cast<std::uint16_t>(tag.element + (segmented ? 0x120 : 0x100));
    std::string table = words({0, 1, 100, 1, 15, 60000});  // a value, and a line from there
    if (!segmented) table = std::string(32, '\x11');
    file.set_bytes(data, Vr::OW, table);
  }
  return file.bytes();
}

std::string with_luts() {
  auto file = image("22").pixels(8, 8, 12);
  Dataset& dataset = file.dataset();
  for (const Tag sequence : {tags::ModalityLUTSequence, tags::VOILUTSequence}) {
    Dataset& item = dataset.add_item(sequence);
    item.set_bytes(tags::LUTDescriptor, Vr::US, words({8, 2, 16}));
    item.set_bytes(tags::LUTData, Vr::OW, words({0, 9000, 8000, 7000, 1, 2, 65535, 30000}));
  }
  dataset.set_text(tags::PixelPaddingValue, "3");
  return file.bytes();
}

std::string windowed_frames() {
  auto file = image("23")
                  .pixels(8, 8, 16, 3)
                  .set(tags::RescaleSlope, "0.5")
                  .set(tags::RescaleIntercept, "-1024");
  for (int frame = 0; frame < 3; ++frame) {
    Dataset& group = file.dataset().add_item(tags::PerFrameFunctionalGroupsSequence);
    Dataset& voi = group.add_item(tags::FrameVOILUTSequence);
    voi.set_text(tags::WindowCenter, "40\\50");
    voi.set_text(tags::WindowWidth, "400\\1");
    voi.set_text(tags::VOILUTFunction, frame == 1 ? "SIGMOID" : "LINEAR_EXACT");
  }
  return file.bytes();
}

std::string bits() {
  auto file = image("24").pixels(5, 3, 8, 2);
  file.dataset().set_number(tags::BitsAllocated, 1);
  file.dataset().set_number(tags::BitsStored, 1);
  file.dataset().set_number(tags::HighBit, 0);
  return file.set_bytes(tags::PixelData, Vr::OB, "\x5a\xa5\x5a\xa5").bytes();
}

std::string floats(Tag tag, Vr vr, std::size_t width) {
  auto file = image("25").pixels(4, 4, 16).erase(tags::PixelData);
  return file.set_bytes(tag, vr, std::string(16 * width, '\x3f')).bytes();
}

std::string rle_frames() {
  const std::string segment =
      "\x0f"
      "abcdefghijklmnop"
      "\xf1z";  // a literal, and a run of 16
  const std::string frame = raw::le32(1) + raw::le32(64) + std::string(56, '\0') + segment;
  auto file = image("26").pixels(8, 4, 8, 2).in(uids::RLELossless);
  return file
      .set_bytes(tags::PixelData, Vr::OB,
                 raw::item(raw::le32(0) + raw::le32(static_cast<std::uint32_t>(frame.size() + 8))) +
                     raw::item(frame) + raw::item(frame))
      .bytes();
}

std::vector<std::string> made_files() {
  std::vector<std::string> files;
  for (const std::string_view syntax :
       {uids::ImplicitVRLittleEndian, uids::ExplicitVRLittleEndian, uids::ExplicitVRBigEndian,
        uids::DeflatedExplicitVRLittleEndian}) {
    auto file = image("10").pixels(4, 4, 16).in(syntax);
    add_sequences(file.dataset());
    files.push_back(file.bytes());
  }
  for (const int depth : {1, 8, 12, 32})
    files.push_back(image("11").pixels(9, 7, depth == 1 ? 2 : depth).bytes());
  files.push_back(image("12")
                      .patient("7", "Äneas^Jürg=山田^太郎")
                      .set(tags::StudyDescription, "Schädel/Hirn")
                      .bytes());
  for (const auto photometric : {"RGB", "YBR_FULL", "YBR_FULL_422"})
    files.push_back(colour(photometric, 0));
  files.push_back(colour("RGB", 1));
  files.push_back(palette(false));
  files.push_back(palette(true));
  files.push_back(with_luts());
  files.push_back(windowed_frames());
  files.push_back(bits());
  files.push_back(floats(tags::FloatPixelData, Vr::OF, 4));
  files.push_back(floats(tags::DoubleFloatPixelData, Vr::OD, 8));
  files.push_back(rle_frames());
  return files;
}

std::vector<std::string> phantom_files() {
  const TempFolder folder;
  for (const char* modality : {"CT", "MR", "US"}) {
    run("dcmfs-phantom", {folder.path().string(), "--quiet", "--instances", "2", "--size", "24x16",
                          "--modality", modality});
  }
  return files_below(folder.path());
}

void append(std::vector<std::string>& files, std::vector<std::string> more) {
  std::move(more.begin(), more.end(), std::back_inserter(files));
}

}  // namespace

std::vector<std::string> kept_inputs(std::string_view target) {
  return files_below(source_folder() / "tests/fuzz/corpus" / target);
}

std::vector<std::string> good_files(std::size_t bytes_max) {
  std::vector<std::string> files = made_files();
  append(files, kept_inputs("dataset"));
  append(files, phantom_files());
  for (const ManifestRow& row : manifest()) {
    std::error_code missing;
    if (!row.is_bad() && std::filesystem::file_size(row.file, missing) <= bytes_max) {
      files.push_back(read_whole_file(row.file));
    }
  }
  return files;
}

}  // namespace dcmfs::fuzz
