#include <cmath>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "store/dicom/reader.h"
#include "tests/support/ok.h"
#include "tests/support/program.h"
#include "tests/support/temp_folder.h"

namespace dcmfs {
namespace {

using testing::HasSubstr;

std::string content(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

// Path below `folder` to content.
std::map<std::string, std::string> contents(const std::filesystem::path& folder) {
  std::map<std::string, std::string> all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      all[entry.path().lexically_relative(folder).string()] = content(entry.path());
  return all;
}

struct Instance {
  std::string path;
  Dataset dataset;
  std::string pixels;

  std::string text(Tag tag) const { return dataset.text_or(tag, ""); }
  double z() const { return dataset.number(tags::ImagePositionPatient, 2).value(); }
  // Of 16 bit, rescaled, in the first frame.
  double at(int column, int row) const {
    const auto columns = dataset.integer(tags::Columns).value();
    const auto offset = static_cast<std::size_t>(2 * (row * columns + column));
    const auto low = static_cast<unsigned char>(pixels.at(offset));
    const auto high = static_cast<unsigned char>(pixels.at(offset + 1));
    return (low | high << 8) * dataset.number(tags::RescaleSlope).value_or(1) +
           dataset.number(tags::RescaleIntercept).value_or(0);
  }
  // At a place in mm of the patient.
  double at_mm(double x, double y) const {
    const double spacing = dataset.number(tags::PixelSpacing).value();
    const auto pixel = [&](double mm, std::size_t axis) {
      return static_cast<int>(
          std::lround((mm - dataset.number(tags::ImagePositionPatient, axis).value()) / spacing));
    };
    return at(pixel(x, 0), pixel(y, 1));
  }
};

constexpr std::int64_t kPixelBytesMax = 64 << 20;

Result<Instance> read_instance(const std::string& path, std::string_view bytes) {
  const auto source = memory_source(bytes);
  DCMFS_TRY(DicomFile file, read_dicom(*source));
  if (file.truncated) return Error{Errc::corrupt, "cut short"};
  Instance instance{path, {}, {}};
  if (const Element* pixels = file.dataset.find(tags::PixelData)) {
    DCMFS_TRY(instance.pixels, read_value(file, *pixels, kPixelBytesMax));
  }
  instance.dataset = std::move(file.dataset);
  return instance;
}

// One whole patient, made once for all tests.
class FullPhantom : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TempFolder>();
    const Ran ran = run("dcmfs-phantom", {folder_->path().string()});
    ASSERT_EQ(ran.exit_code, 0) << ran.err;
    for (const auto& [path, bytes] : contents(folder_->path())) {
      auto instance = read_instance(path, bytes);
      ASSERT_OK(instance) << path;
      instances_.push_back(*std::move(instance));
    }
  }
  static void TearDownTestSuite() {
    instances_.clear();
    folder_.reset();
  }

  static std::vector<const Instance*> of(std::string_view modality) {
    std::vector<const Instance*> found;
    for (const Instance& instance : instances_)
      if (instance.text(tags::Modality) == modality) found.push_back(&instance);
    return found;
  }
  static const Instance& only(std::string_view modality) {
    const auto found = of(modality);
    if (found.size() != 1) throw std::runtime_error("not one " + std::string(modality));
    return *found.front();
  }
  static const Instance& nearest(std::string_view modality, double z) {
    const Instance* best = nullptr;
    for (const Instance* instance : of(modality))
      if (!best || std::abs(instance->z() - z) < std::abs(best->z() - z)) best = instance;
    return *best;
  }
  // Where the plan aims: the middle of the tumour.
  static std::vector<double> isocentre() {
    const Dataset* beam = only("RTPLAN").dataset.item(tags::BeamSequence);
    return beam->item(tags::ControlPointSequence)->numbers(tags::IsocenterPosition);
  }

  static inline std::unique_ptr<TempFolder> folder_;
  static inline std::vector<Instance> instances_;
};

TEST_F(FullPhantom, HasTheImagesOfOnePatient) {
  EXPECT_EQ(of("CT").size(), 60U);
  EXPECT_GE(of("PT").size(), 60U);
  EXPECT_EQ(of("MR").size(), 48U);
  EXPECT_EQ(of("US").size(), 1U);
  for (const char* modality : {"RTSTRUCT", "RTPLAN", "RTDOSE"})
    EXPECT_EQ(of(modality).size(), 1U) << modality;
}

TEST_F(FullPhantom, CannotBeTakenForAPerson) {
  for (const Instance& instance : instances_) {
    EXPECT_THAT(instance.text(tags::PatientName), testing::StartsWith("PHANTOM^")) << instance.path;
    EXPECT_THAT(instance.text(tags::PatientComments), HasSubstr("synthetic")) << instance.path;
  }
}

TEST_F(FullPhantom, HasNoUidTwice) {
  std::set<std::string> uids;
  for (const Instance& instance : instances_) {
    const std::string uid = instance.text(tags::SOPInstanceUID);
    EXPECT_TRUE(is_valid_uid(uid)) << instance.path;
    EXPECT_TRUE(uids.insert(uid).second) << instance.path;
  }
}

TEST_F(FullPhantom, IsReadByDcmdump) {
  if (!has_program("dcmdump")) GTEST_SKIP() << "DCMTK's dcmdump is not installed";
  const Ran ran =
      run("dcmdump", {"--quiet", "--scan-directories", "--recurse", folder_->path().string()});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
}

TEST_F(FullPhantom, IsReadByPydicom) {
  const std::string python = "/usr/bin/python3";
  if (run(python, {"-c", "import pydicom"}).exit_code != 0)
    GTEST_SKIP() << "pydicom is not installed for " << python;
  const Ran ran = run(python, {"-W", "error", "-c", R"(
import os, pydicom, sys
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        dataset = pydicom.dcmread(os.path.join(folder, name))
        dataset.walk(lambda dataset, element: element.value)
        if 'PixelData' in dataset:
            dataset.pixel_array
)",
                               folder_->path().string()});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
}

TEST_F(FullPhantom, KeepsTheRulesOfItsSopClasses) {
  if (!has_program("dciodvfy")) GTEST_SKIP() << "dicom3tools' dciodvfy is not installed";
  std::set<std::string> seen;  // one of each series is enough
  for (const Instance& instance : instances_) {
    if (!seen.insert(instance.text(tags::SeriesInstanceUID)).second) continue;
    const Ran ran = run("dciodvfy", {(folder_->path() / instance.path).string()});
    EXPECT_THAT(ran.out + ran.err, testing::Not(HasSubstr("Error"))) << instance.path;
  }
}

TEST_F(FullPhantom, HasSlicesAtEqualDistances) {
  for (const auto& [modality, distance] : {std::pair{"CT", 3.0}, {"PT", 5.0}}) {
    std::set<double> heights;
    for (const Instance* slice : of(modality)) {
      heights.insert(slice->z());
      EXPECT_EQ(slice->text(tags::ImageOrientationPatient), "1\\0\\0\\0\\1\\0") << slice->path;
    }
    ASSERT_EQ(heights.size(), of(modality).size()) << modality;
    for (auto z = heights.begin(); std::next(z) != heights.end(); ++z)
      EXPECT_NEAR(*std::next(z) - *z, distance, 1e-6) << modality;
  }
}

TEST_F(FullPhantom, HasCtAndPetInOneFrameOfReferenceWithTheirOwnPixels) {
  const Instance &ct = *of("CT").front(), &pet = *of("PT").front();
  EXPECT_EQ(ct.text(tags::FrameOfReferenceUID), pet.text(tags::FrameOfReferenceUID));
  EXPECT_EQ(ct.text(tags::StudyInstanceUID), pet.text(tags::StudyInstanceUID));
  EXPECT_NE(ct.text(tags::PixelSpacing), pet.text(tags::PixelSpacing));
  EXPECT_NE(of("MR").front()->text(tags::FrameOfReferenceUID), ct.text(tags::FrameOfReferenceUID));
}

TEST_F(FullPhantom, HasAirLiverAndBoneOfTheRightDensity) {
  const Instance& slice = nearest("CT", 150);
  EXPECT_LT(slice.at_mm(-240, -200), -900);
  double liver = 0;
  for (int i = -10; i <= 10; ++i) liver += slice.at_mm(-90 + i, 10) / 21;
  EXPECT_NEAR(liver, 108, 30);
  double densest = -1024;
  for (int y = 40; y < 110; ++y) densest = std::max(densest, slice.at_mm(0, y));
  EXPECT_GT(densest, 180);
}

TEST_F(FullPhantom, HasAHotTumourWhereCtAndPlanHaveIt) {
  const auto centre = isocentre();
  EXPECT_NEAR(nearest("CT", centre[2]).at_mm(centre[0], centre[1]), 62, 60);
  const Instance& pet = nearest("PT", centre[2]);
  EXPECT_GT(pet.at_mm(centre[0], centre[1]), 8 * pet.at_mm(centre[0], centre[1] - 40));
}

TEST_F(FullPhantom, HasAPetWhoseLiverHasAnUptakeOfAboutTwo) {
  const Instance& slice = nearest("PT", 150);
  const Dataset* drug = slice.dataset.item(tags::RadiopharmaceuticalInformationSequence);
  ASSERT_NE(drug, nullptr);
  ASSERT_EQ(drug->text_or(tags::RadiopharmaceuticalStartTime, ""), "091500");
  ASSERT_EQ(slice.text(tags::SeriesTime), "101500");
  const double decay = std::exp2(-3600 / drug->number(tags::RadionuclideHalfLife).value());
  const double dose = drug->number(tags::RadionuclideTotalDose).value() * decay;
  double becquerels = 0;
  for (int i = -5; i <= 5; ++i) becquerels += slice.at_mm(-70 + 4 * i, 0) / 11;

  const double uptake =
      becquerels * 1000 * slice.dataset.number(tags::PatientWeight).value() / dose;

  EXPECT_NEAR(uptake, 2.2, 0.4);
}

TEST_F(FullPhantom, HasAPetOfWhichEverySliceHasItsOwnSlope) {
  std::set<std::string> slopes;
  for (const Instance* slice : of("PT")) slopes.insert(slice->text(tags::RescaleSlope));
  EXPECT_GT(slopes.size(), 20U);
}

TEST_F(FullPhantom, HasAnUltrasoundThatMovesInColour) {
  const Instance& loop = only("US");
  EXPECT_EQ(loop.dataset.integer(tags::NumberOfFrames), 30);
  EXPECT_EQ(loop.text(tags::PhotometricInterpretation), "RGB");
  const std::size_t frame = 640 * 480 * 3;
  ASSERT_EQ(loop.pixels.size(), 30 * frame);
  EXPECT_NE(loop.pixels.substr(0, frame), loop.pixels.substr(10 * frame, frame));
  bool coloured = false;
  for (std::size_t i = 0; i < frame; i += 3) coloured |= loop.pixels[i] != loop.pixels[i + 1];
  EXPECT_TRUE(coloured);
}

TEST_F(FullPhantom, HasRadiotherapyWhoseReferencesLeadSomewhere) {
  const Instance &structures = only("RTSTRUCT"), &plan = only("RTPLAN"), &dose = only("RTDOSE");
  EXPECT_EQ(dose.dataset.item(tags::ReferencedRTPlanSequence)->text(tags::ReferencedSOPInstanceUID),
            plan.text(tags::SOPInstanceUID));
  EXPECT_EQ(
      plan.dataset.item(tags::ReferencedStructureSetSequence)->text(tags::ReferencedSOPInstanceUID),
      structures.text(tags::SOPInstanceUID));
  const Dataset* series = structures.dataset.item(tags::ReferencedFrameOfReferenceSequence)
                              ->item(tags::RTReferencedStudySequence)
                              ->item(tags::RTReferencedSeriesSequence);
  EXPECT_EQ(series->text(tags::SeriesInstanceUID), of("CT").front()->text(tags::SeriesInstanceUID));
  EXPECT_EQ(series->find(tags::ContourImageSequence)->items.size(), 60U);
}

TEST_F(FullPhantom, HasContoursOnTheSlicesThatTheyName) {
  std::map<std::string, double> heights;
  for (const Instance* slice : of("CT")) heights[slice->text(tags::SOPInstanceUID)] = slice->z();
  const Element* rois = only("RTSTRUCT").dataset.find(tags::ROIContourSequence);
  ASSERT_GE(rois->items.size(), 6U);
  for (const Dataset& roi : rois->items) {
    const Element* contours = roi.find(tags::ContourSequence);
    ASSERT_NE(contours, nullptr);
    for (const Dataset& contour : contours->items) {
      const std::string image =
          contour.item(tags::ContourImageSequence)->text_or(tags::ReferencedSOPInstanceUID, "");
      ASSERT_EQ(heights.count(image), 1U);
      const auto points = contour.numbers(tags::ContourData);
      ASSERT_EQ(points.size(), 3 * contour.number(tags::NumberOfContourPoints).value());
      for (std::size_t i = 2; i < points.size(); i += 3)
        EXPECT_NEAR(points[i], heights[image], 1e-3);
    }
  }
}

TEST_F(FullPhantom, HasTheDoseOfThePlanAtTheIsocentre) {
  const Instance& dose = only("RTDOSE");
  const auto centre = isocentre();
  const auto frame = std::lround((centre[2] - dose.z()) /
                                 dose.dataset.number(tags::GridFrameOffsetVector, 1).value());
  const auto frame_bytes = static_cast<std::size_t>(2 * dose.dataset.integer(tags::Rows).value() *
                                                    dose.dataset.integer(tags::Columns).value());
  Instance slice = dose;
  slice.pixels = dose.pixels.substr(static_cast<std::size_t>(frame) * frame_bytes, frame_bytes);

  const double gray =
      slice.at_mm(centre[0], centre[1]) * dose.dataset.number(tags::DoseGridScaling).value();

  EXPECT_NEAR(gray, 60, 3);
}

class SmallPhantom : public testing::Test {
 protected:
  Ran phantom(std::vector<std::string> arguments, std::string_view folder = "a") {
    arguments.insert(arguments.begin(), (folder_ / folder).string());
    return run("dcmfs-phantom", arguments);
  }
  std::map<std::string, std::string> made(std::string_view folder = "a") const {
    return contents(folder_ / folder);
  }
  TempFolder folder_;
};

TEST_F(SmallPhantom, IsTheSameBytesForTheSameSeedOnAnyNumberOfThreads) {
  const std::vector<std::string> only{"--only", "mr", "--seed", "7"};
  for (const char* threads : {"1", "3"}) {
    auto arguments = only;
    arguments.insert(arguments.end(), {"--threads", threads});
    ASSERT_EQ(phantom(arguments, threads).exit_code, 0);
  }

  EXPECT_EQ(made("1").size(), 48U);
  EXPECT_TRUE(made("1") == made("3"));
}

TEST_F(SmallPhantom, IsAnotherPersonForAnotherSeed) {
  phantom({"--instances", "1"}, "one");
  phantom({"--instances", "1", "--seed", "2"}, "other");

  const auto one = made("one"), other = made("other");
  const auto a = read_instance("", one.begin()->second),
             b = read_instance("", other.begin()->second);
  for (const Tag tag : {tags::PatientID, tags::StudyInstanceUID, tags::SOPInstanceUID})
    EXPECT_NE(a->text(tag), b->text(tag));
}

TEST_F(SmallPhantom, IsAnotherInstanceForAnotherModalityOrSize) {
  std::set<std::string> uids;
  for (const std::vector<std::string>& kind : std::vector<std::vector<std::string>>{
           {"--modality", "CT"}, {"--modality", "MR"}, {"--size", "8x8"}, {"--size", "8x9"}}) {
    phantom(kind, kind.back());
    uids.insert(read_instance("", made(kind.back()).begin()->second)->text(tags::SOPInstanceUID));
  }
  EXPECT_EQ(uids.size(), 4U);
}

TEST_F(SmallPhantom, HasAsManyInstancesAsAskedForAllDifferent) {
  const Ran ran = phantom(
      {"--patients", "2", "--studies", "3", "--series", "2", "--instances", "5", "--size", "16x8"});

  EXPECT_THAT(ran.out, testing::StartsWith("60 files, "));
  std::set<std::string> patients, studies, series, instances, pixels;
  for (const auto& [path, bytes] : made()) {
    const auto instance = read_instance(path, bytes);
    ASSERT_OK(instance);
    EXPECT_EQ(instance->dataset.integer(tags::Columns), 16);
    EXPECT_EQ(instance->dataset.integer(tags::Rows), 8);
    patients.insert(instance->text(tags::PatientID));
    studies.insert(instance->text(tags::StudyInstanceUID));
    series.insert(instance->text(tags::SeriesInstanceUID));
    instances.insert(instance->text(tags::SOPInstanceUID));
    pixels.insert(instance->pixels);
  }
  EXPECT_EQ(patients.size(), 2U);
  EXPECT_EQ(studies.size(), 6U);
  EXPECT_EQ(series.size(), 12U);
  EXPECT_EQ(instances.size(), 60U);
  EXPECT_EQ(pixels.size(), 60U);
}

TEST_F(SmallPhantom, KeepsTheRulesOfEveryModality) {
  if (!has_program("dciodvfy")) GTEST_SKIP() << "dicom3tools' dciodvfy is not installed";
  for (const std::string modality : {"CT", "MR", "US", "CR", "OT"}) {
    ASSERT_EQ(phantom({"--modality", modality}, modality).exit_code, 0);
    const Ran ran =
        run("dciodvfy", {(folder_ / modality / "PHANTOM-0001/ST0001/SE0001/IMG0001.dcm").string()});
    EXPECT_THAT(ran.out + ran.err, testing::Not(HasSubstr("Error"))) << modality;
  }
}

TEST_F(SmallPhantom, ExplainsWrongOptions) {
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{"--size", "64"},
                                             {"--size", "0x64"},
                                             {"--size", "64x65536"},
                                             {"--modality", "XX"},
                                             {"--only", "ct,xx"},
                                             {"--only", "ct", "--instances", "3"},
                                             {"--patients", "0"}}) {
    const Ran ran = phantom(wrong);
    EXPECT_EQ(ran.exit_code, 2) << wrong.back();
    EXPECT_NE(ran.err, "") << wrong.back();
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "a"));
}

TEST_F(SmallPhantom, SaysWhereItCannotWrite) {
  folder_.write("a", "a file");

  const Ran ran = phantom({"--instances", "1"});

  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.err, HasSubstr((folder_ / "a").string()));
}

}  // namespace
}  // namespace dcmfs
