// The reader and the JSON over all files of the shared test data.
#include <algorithm>
#include <ctime>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/dicom/json.h"
#include "store/dicom/reader.h"
#include "tests/store/dicom/strict_json.h"
#include "tests/support/manifest.h"
#include "tests/support/ok.h"

namespace dcmfs {
namespace {

struct OpenFile {
  explicit OpenFile(const std::filesystem::path& path) : fd(::open(path.c_str(), O_RDONLY)) {
    struct stat status {};
    ::fstat(fd, &status);
    source = file_source(fd, status.st_size);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() { ::close(fd); }
  int fd;
  std::unique_ptr<ByteSource> source;
};

std::vector<ManifestRow> rows_where(bool bad) {
  std::vector<ManifestRow> rows = manifest();
  std::erase_if(rows, [bad](const ManifestRow& row) { return row.is_bad() != bad; });
  return rows;
}

// What the manifest calls a transfer syntax, by what PS3.6 does.
std::string short_name(const DicomFile& file) {
  if (file.meta.empty()) return "(no file meta)";
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"1.2.840.10008.1.2.4.50", "JPEG Baseline (1)"},
      {"1.2.840.10008.1.2.4.51", "JPEG Extended (2,4)"},
      {"1.2.840.10008.1.2.4.53", "JPEG Spectral Selection (6,8) retired"},
      {"1.2.840.10008.1.2.4.55", "JPEG Full Progression (10,12) retired"},
      {"1.2.840.10008.1.2.4.57", "JPEG Lossless (14)"},
      {"1.2.840.10008.1.2.4.70", "JPEG Lossless SV1 (14)"},
      {"1.2.840.10008.1.2.4.80", "JPEG-LS Lossless"},
      {"1.2.840.10008.1.2.4.81", "JPEG-LS Near-lossless"},
      {"1.2.840.10008.1.2.4.90", "JPEG 2000 Lossless"},
      {"1.2.840.10008.1.2.4.91", "JPEG 2000"},
      {"1.2.840.10008.1.2.4.100", "MPEG2 MP@ML"},
      {"1.2.840.10008.1.2.4.102", "MPEG-4 AVC HP@L4.1"},
      {"1.2.840.10008.1.2.4.201", "HTJ2K Lossless"},
      {"1.2.840.10008.1.2.4.203", "HTJ2K"},
  };
  const auto* row = std::find_if(std::begin(kNames), std::end(kNames),
                                 [&](const auto& name) { return name.first == file.syntax_uid; });
  if (row != std::end(kNames)) return std::string(row->second);
  return std::string(file.syntax != nullptr ? file.syntax->name : file.syntax_uid);
}

TEST(SharedFiles, AreReadAsTheManifestSays) {
  const auto rows = rows_where(false);
  if (rows.empty()) GTEST_SKIP() << "the shared test data is missing";

  constexpr std::pair<const char*, Tag> kColumns[] = {
      {"sop_uid", tags::SOPInstanceUID},
      {"study_uid", tags::StudyInstanceUID},
      {"series_uid", tags::SeriesInstanceUID},
      {"for_uid", tags::FrameOfReferenceUID},
      {"patient_id", tags::PatientID},
      {"modality", tags::Modality},
      {"rows", tags::Rows},
      {"cols", tags::Columns},
      {"frames", tags::NumberOfFrames},
      {"samples", tags::SamplesPerPixel},
  };
  for (const ManifestRow& row : rows) {
    SCOPED_TRACE(row["path"]);
    OpenFile file(row.file);
    const auto read = read_dicom(*file.source);
    ASSERT_OK(read);
    EXPECT_FALSE(read->truncated);
    for (const auto& [column, tag] : kColumns) {
      EXPECT_EQ(read->dataset.text_or(tag, ""), row[column]) << column;
    }
    const bool told = !row["transfer_syntax"].empty() && !read->meta.empty() &&
                      read->meta.contains(tags::TransferSyntaxUID);
    if (told) {
      EXPECT_EQ(short_name(*read), row["transfer_syntax"]);
    }
  }
}

TEST(SharedFiles, BecomeValidJsonThatIsTheSameEveryTime) {
  const auto rows = rows_where(false);
  if (rows.empty()) GTEST_SKIP() << "the shared test data is missing";

  for (const ManifestRow& row : rows) {
    SCOPED_TRACE(row["path"]);
    OpenFile file(row.file);
    const auto read = read_dicom(*file.source);
    ASSERT_OK(read);
    const std::string json = keyword_json(*read);
    EXPECT_EQ(StrictJson::error_of(json), "");
    EXPECT_EQ(keyword_json(*read_dicom(*file.source)), json);
  }
}

TEST(SharedFiles, ThatAreBadGetTheSameAnswerTwiceAndSoon) {
  const auto rows = rows_where(true);
  if (rows.empty()) GTEST_SKIP() << "the shared test data is missing";

  for (const ManifestRow& row : rows) {
    SCOPED_TRACE(row["path"]);
    OpenFile file(row.file);
    const std::clock_t begin = std::clock();  // of the processor: the machine may be busy
    const auto first = read_dicom(*file.source);
    EXPECT_LT(std::clock() - begin, CLOCKS_PER_SEC);
    const auto second = read_dicom(*file.source);

    ASSERT_EQ(first.ok(), second.ok());
    if (first) {
      const std::string json = keyword_json(*first);
      EXPECT_EQ(StrictJson::error_of(json), "");
      EXPECT_EQ(keyword_json(*second), json);
      EXPECT_EQ(first->truncated, second->truncated);
    } else {
      EXPECT_EQ(first.error().code, second.error().code);
      EXPECT_EQ(first.error().message, second.error().message);
    }
  }
}

}  // namespace
}  // namespace dcmfs
