#include "store/detail/trash.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include <sys/stat.h>

#include "store/detail/file_ops.h"

namespace dcmfs::detail {
namespace {

constexpr std::size_t kDayLetters = 8;
constexpr int kNamesakesMax = 1000;

std::string day_name(Time at) {
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(at));
  char text[32];
  std::snprintf(text, sizeof text, "%04d%02u%02u", static_cast<int>(day.year()),
                static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
  return text;
}

bool is_day_name(const std::string& name) {
  return name.size() == kDayLetters && name.find_first_not_of("0123456789") == name.npos;
}

// Where the file stands in that folder, or may stand. Another one can have its name: after an index
// was lost, numbers of rows may be given again.
struct TrashPlace {
  std::filesystem::path path;
  bool is_taken;  // by this file
};
std::optional<TrashPlace> place_of(const std::filesystem::path& blob,
                                   const std::filesystem::path& folder) {
  struct stat file {
  }, there{};
  if (::stat(blob.c_str(), &file) != 0) return std::nullopt;
  for (int n = 1; n <= kNamesakesMax; ++n) {
    const auto tail = n == 1 ? std::string() : "~" + std::to_string(n);
    auto path = folder / (blob.stem().string() + tail + blob.extension().string());
    if (::lstat(path.c_str(), &there) != 0) return TrashPlace{std::move(path), false};
    if (there.st_ino == file.st_ino) return TrashPlace{std::move(path), true};
  }
  return std::nullopt;
}

}  // namespace

std::filesystem::path Trash::folder(Time at) const {
  return folders_.trash() / day_name(at);
}

Result<> Trash::keep(std::span<const RowId> rows, Time at) const {
  const auto into = folder(at);
  DCMFS_CHECK(file_ops::make_folder(into));
  for (const RowId row : rows) {
    const auto blob = folders_.blob(row);
    const auto place = place_of(blob, into);
    if (!place || place->is_taken) continue;  // a damaged store can be tidied up too
    if (auto linked = file_ops::link(blob, place->path, "moving a file to the trash"); !linked) {
      take_back(rows, at);
      return linked;
    }
  }
  DCMFS_CHECK(file_ops::sync_folder(into));
  return file_ops::sync_folder(folders_.trash());
}

void Trash::take_back(std::span<const RowId> rows, Time at) const {
  for (const RowId row : rows) {
    const auto place = place_of(folders_.blob(row), folder(at));
    if (place && place->is_taken) (void)file_ops::unlink(place->path, "emptying the trash");
  }
}

RowId Trash::last_row() const {
  std::int64_t last = 0;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator files(folders_.trash(), error);
       !error && files != std::filesystem::recursive_directory_iterator(); files.increment(error)) {
    if (!files->is_regular_file(error)) continue;
    last = std::max<std::int64_t>(last, std::atoll(files->path().stem().c_str()));
  }
  return RowId{last};
}

Result<> Trash::expire(Time now) const {
  const std::string oldest_kept = day_name(now - kKept);
  std::error_code error;
  std::filesystem::directory_iterator days(folders_.trash(), error);
  for (; !error && days != std::filesystem::directory_iterator(); days.increment(error)) {
    const std::string name = days->path().filename().string();
    if (!is_day_name(name) || name >= oldest_kept) continue;
    std::filesystem::directory_iterator files(days->path(), error);
    for (; !error && files != std::filesystem::directory_iterator(); files.increment(error)) {
      DCMFS_CHECK(file_ops::unlink(files->path(), "emptying the trash"));
    }
    if (!error) DCMFS_CHECK(file_ops::remove_folder(days->path()));
  }
  if (error) return system_error(error.value(), "listing the trash");
  return {};
}

}  // namespace dcmfs::detail
