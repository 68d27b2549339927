#pragma once
// The shared DICOM test data and what its manifest says of each file.
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace dcmfs {

// $DCMFS_SHARED/data, else ../shared/data beside the source folder; nullopt if it is not there.
// A test that needs it skips then:
//   const auto data = shared_data();
//   if (!data) GTEST_SKIP() << "the shared test data is missing";
std::optional<std::filesystem::path> shared_data();

struct ManifestRow {
  std::filesystem::path file;                  // absolute
  std::map<std::string, std::string> columns;  // see README.md there: "path", "rows", "sop_uid" ...
  const std::string& operator[](const std::string& column) const { return columns.at(column); }
  bool is_bad() const { return columns.at("path").rfind("bad/", 0) == 0; }
};

std::vector<ManifestRow> manifest();  // empty without shared data

std::string read_whole_file(const std::filesystem::path&);

}  // namespace dcmfs
