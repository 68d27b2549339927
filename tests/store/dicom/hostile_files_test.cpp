// Damage at every byte, random damage, and what is made to use up memory or time.
#include <chrono>
#include <fstream>
#include <random>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "store/dicom/dataset_reader.h"
#include "store/dicom/json.h"
#include "store/dicom/reader.h"
#include "tests/store/dicom/raw_dicom.h"
#include "tests/store/dicom/read_text.h"
#include "tests/store/dicom/strict_json.h"
#include "tests/support/make_dicom.h"
#include "tests/support/temp_folder.h"

namespace dcmfs {
namespace {

// The processor's time of this thread: what else runs on the machine does not count.
struct Clock {
  static std::chrono::nanoseconds now() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  }
};

constexpr std::string_view kSyntaxes[] = {uids::ImplicitVRLittleEndian,
                                          uids::ExplicitVRLittleEndian, uids::ExplicitVRBigEndian,
                                          uids::DeflatedExplicitVRLittleEndian, uids::RLELossless};

std::string small_file(std::string_view syntax) {
  auto builder = make_dicom().patient("12345678", "DOE^JOHN").pixels(4, 4, 16).in(syntax);
  Dataset& item = builder.dataset().add_item(tags::ReferencedSeriesSequence);
  item.set_text(tags::SeriesInstanceUID, "1.2.3");
  item.add_item(tags::ReferencedImageSequence).set_text(tags::ReferencedSOPInstanceUID, "1.2.4");
  builder.dataset().add_item(tags::ReferencedSeriesSequence);
  builder.set_bytes({0x0009, 0x0010}, Vr::LO, "ACME").set_bytes({0x0009, 0x1001}, Vr::UN, "abcd");
  if (syntax == uids::RLELossless) {
    builder.set_bytes(tags::PixelData, Vr::OB, raw::item("") + raw::item("abcdefgh"));
  }
  return builder.bytes();
}

// What was kept is what was there: nothing is made up, nothing is read from elsewhere.
void expect_beginning_of(const Dataset& whole, const Dataset& part) {
  ASSERT_LE(part.size(), whole.size());
  auto expected = whole.begin();
  for (const Element& element : part) {
    EXPECT_EQ(element.tag, expected->tag);
    if (!element.on_disk()) {
      EXPECT_EQ(element.value, expected->value);
    }
    ++expected;
  }
}

TEST(HostileFiles, CutAtAnyByteGiveWhatWasBefore) {
  for (std::string_view syntax : kSyntaxes) {
    const std::string bytes = small_file(syntax);
    ReadText whole(bytes);
    ASSERT_OK(whole.result);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      SCOPED_TRACE(std::string(syntax) + " cut at " + std::to_string(size));
      ReadText cut(bytes.substr(0, size));
      if (cut.result) {
        expect_beginning_of(whole->dataset, cut->dataset);
        EXPECT_EQ(StrictJson::error_of(keyword_json(*cut)), "");
      } else {
        EXPECT_TRUE(cut.result.error().code == Errc::not_dicom ||
                    cut.result.error().code == Errc::corrupt);
      }
    }
  }
}

TEST(HostileFiles, SurviveTwentyThousandMutations) {
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto below = [&random](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
  };
  constexpr char kNasty[] = {'\0', '\xff', '\x7f', '\x80', '\xfe', '\xe0', 'S', 'Q', '\\'};
  std::vector<std::string> files;
  for (std::string_view syntax : kSyntaxes) files.push_back(small_file(syntax));

  int read = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = files[below(files.size())];
    for (std::size_t changes = 1 + below(8); changes > 0; --changes) {
      const std::size_t at = 128 + below(bytes.size() - 128);
      switch (below(5)) {
        case 0:
          bytes[at] = static_cast<char>(below(256));
          break;
        case 1:
          bytes[at] = kNasty[below(sizeof kNasty)];
          break;
        case 2:
          bytes.erase(at, below(9));
          break;
        case 3:
          bytes.insert(at, bytes.substr(below(bytes.size()), below(40)));
          break;
        default:
          bytes.replace(at, 4, raw::le32(raw::kUndefined - static_cast<std::uint32_t>(below(3))));
      }
    }
    ReadText file(bytes, {.value_bytes_max = static_cast<std::int64_t>(below(100))});
    if (!file.result) continue;
    ++read;
    const std::string json = keyword_json(*file);
    if (i % 16 == 0) {
      ASSERT_EQ(StrictJson::error_of(json), "");
    }
    for (const Element& element : file->dataset) {
      if (element.on_disk()) (void)read_value(*file, element, 1 << 20);
    }
    if (file->syntax != nullptr) (void)encode_dataset(file->dataset, *file->syntax);
  }
  EXPECT_GT(read, 10000);  // else the mutations are too wild to test anything
}

TEST(HostileFiles, AreRefusedWhereTheyNestTooDeep) {
  for (int depth : {DatasetReader::kNestingMax, DatasetReader::kNestingMax + 1, 100000}) {
    std::string nested;
    for (int i = 0; i < depth; ++i) {
      nested +=
          raw::long_header(tags::ReferencedStudySequence, "SQ", raw::kUndefined) + raw::open_item();
    }
    nested += raw::short_element(tags::PatientID, "LO", "77");
    for (int i = 0; i < depth; ++i) nested += raw::end_item() + raw::end_sequence();
    ReadText file(raw::explicit_file(nested));

    if (depth <= DatasetReader::kNestingMax) {
      ASSERT_OK(file.result);
      EXPECT_EQ(StrictJson::error_of(keyword_json(*file)), "");
    } else {
      ASSERT_FALSE(file.result.ok());
      EXPECT_EQ(file.result.error().code, Errc::too_large);
    }
  }
}

TEST(HostileFiles, AreRefusedWhereTheyHaveTooManyElements) {
  std::string items;
  for (int i = 0; i <= DatasetReader::kElementsMax; ++i) items += raw::item("");
  ReadText file(raw::explicit_file(raw::long_element(tags::ReferencedStudySequence, "SQ", items)));

  ASSERT_FALSE(file.result.ok());
  EXPECT_EQ(file.result.error().code, Errc::too_large);
}

TEST(HostileFiles, AreSortedInReasonableTime) {
  std::string elements;
  for (int number = 300000; number > 0; --number) {
    const Tag tag{static_cast<std::uint16_t>(0x0009 + 2 * (number / 60000)),
                  static_cast<std::uint16_t>(0x1000 + number % 60000)};
    elements += raw::long_header(tag, "UN", 0);
  }
  const auto begin = Clock::now();
  ReadText file(raw::explicit_file(elements));

  ASSERT_OK(file.result);
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(5));
}

// The most memory that this process had since reset_peak(), in MiB.
std::int64_t peak_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stoll(line.substr(6)) / 1024;
  }
  return 0;
}
bool reset_peak() {
  return static_cast<bool>(std::ofstream("/proc/self/clear_refs") << 5 << std::flush);
}

constexpr std::int64_t kMemoryMiB = 64;

TEST(HostileFiles, LeaveOnDiskWhatMemoryShallNotHold) {
  if (!reset_peak()) GTEST_SKIP() << "/proc/self/clear_refs cannot be written";
  TempFolder folder;
  const auto path = folder.write("large.dcm", raw::explicit_file(""));
  {
    std::ofstream file(path, std::ios::binary | std::ios::app);
    const std::string value(60000, 'x');
    for (std::uint16_t i = 0; i < 4000; ++i) {
      file << raw::long_element({0x0009, static_cast<std::uint16_t>(0x1000 + i)}, "OB", value);
    }
  }
  const int fd = ::open(path.c_str(), O_RDONLY);
  auto source = file_source(fd, static_cast<std::int64_t>(std::filesystem::file_size(path)));
  const std::int64_t before = peak_memory();

  const auto file = read_dicom(*source);

  ASSERT_OK(file);
  EXPECT_LT(peak_memory() - before, 2 * kMemoryMiB);
  EXPECT_EQ(file->dataset.size(), 4002u);
  EXPECT_FALSE(file->dataset.find({0x0009, 0x1000})->on_disk());
  EXPECT_TRUE(file->dataset.find({0x0009, 0x1000 + 3999})->on_disk());
  ::close(fd);
}

TEST(HostileFiles, OfManyGigabytesAreReadByTheirHeaders) {
  if (!reset_peak()) GTEST_SKIP() << "/proc/self/clear_refs cannot be written";
  constexpr int kFragments = 10500;
  constexpr std::int64_t kFragmentBytes = 512 << 10;
  TempFolder folder;
  const std::string start =
      raw::part10("1.2.840.10008.1.2.4.90",
                  raw::explicit_start() + raw::long_header(tags::PixelData, "OB", raw::kUndefined) +
                      raw::item(""));
  const auto path = folder.write("multi-frame.dcm", start);
  const int fd = ::open(path.c_str(), O_RDWR);
  auto size = static_cast<std::int64_t>(start.size());
  const auto put = [&](const std::string& bytes) {
    ASSERT_EQ(::pwrite(fd, bytes.data(), bytes.size(), size), static_cast<ssize_t>(bytes.size()));
    size += static_cast<std::int64_t>(bytes.size());
  };
  for (int i = 0; i < kFragments; ++i) {
    put(raw::implicit_header({0xfffe, 0xe000}, kFragmentBytes));
    size += kFragmentBytes;  // a hole
  }
  put(raw::end_sequence() + raw::long_element(tags::DataSetTrailingPadding, "OB", "ab"));
  ASSERT_GT(size, std::int64_t{5} << 30);
  auto source = file_source(fd, size);
  const std::int64_t before = peak_memory();
  const auto begin = Clock::now();

  const auto file = read_dicom(*source);

  const auto took = Clock::now() - begin;
  ASSERT_OK(file);
  EXPECT_EQ(file->dataset.find(tags::PixelData)->fragment_bytes, kFragments * kFragmentBytes);
  EXPECT_TRUE(file->dataset.contains(tags::DataSetTrailingPadding));
  EXPECT_FALSE(file->truncated);
  EXPECT_LT(peak_memory() - before, kMemoryMiB);
  EXPECT_LT(took, std::chrono::seconds(2));
  ::close(fd);
}

TEST(HostileFiles, ThatInflateWithoutEndUseLittleMemory) {
  if (!reset_peak()) GTEST_SKIP() << "/proc/self/clear_refs cannot be written";
  std::string bomb;
  {
    auto builder = make_dicom().in(uids::DeflatedExplicitVRLittleEndian);
    builder.set_bytes(tags::PixelData, Vr::OB, std::string(80 << 20, '\0'));
    bomb = builder.bytes();
  }
  reset_peak();
  const std::int64_t before = peak_memory();

  ReadText file(bomb);

  ASSERT_OK(file.result);
  EXPECT_EQ(file->dataset.find(tags::PixelData)->length, 80 << 20);
  EXPECT_FALSE(file->truncated);
  EXPECT_LT(peak_memory() - before, kMemoryMiB);
}

}  // namespace
}  // namespace dcmfs
