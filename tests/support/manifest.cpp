#include "tests/support/manifest.h"

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tests/support/source_folder.h"

namespace dcmfs {
namespace {

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::size_t begin = 0;
  for (;;) {
    const std::size_t tab = line.find('\t', begin);
    cells.push_back(line.substr(begin, tab - begin));
    if (tab == std::string::npos) return cells;
    begin = tab + 1;
  }
}

std::filesystem::path shared_folder() {
  if (const char* given = std::getenv("DCMFS_SHARED")) return given;
  return source_folder() / "../shared";
}

}  // namespace

std::optional<std::filesystem::path> shared_data() {
  std::error_code missing;
  auto folder = std::filesystem::canonical(shared_folder() / "data", missing);
  if (missing) return std::nullopt;
  return folder;
}

std::vector<ManifestRow> manifest() {
  std::vector<ManifestRow> rows;
  const auto data = shared_data();
  if (!data) return rows;
  std::ifstream file(*data / "manifest.tsv");
  std::string line;
  std::getline(file, line);
  const auto names = cells_of(line);
  while (std::getline(file, line)) {
    const auto cells = cells_of(line);
    ManifestRow& row = rows.emplace_back();
    for (std::size_t i = 0; i < names.size(); ++i) {
      row.columns[names[i]] = i < cells.size() ? cells[i] : "";
    }
    row.file = *data / row["path"];
  }
  return rows;
}

std::string read_whole_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace dcmfs
