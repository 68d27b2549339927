#include "store/detail/trash.h"

#include <cstdio>
#include <string>

#include "store/detail/file_ops.h"

namespace dcmfs::detail {
namespace {

constexpr std::size_t kDayLetters = 8;

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

}  // namespace

std::filesystem::path Trash::folder(Time at) const {
  return folders_.trash() / day_name(at);
}

Result<> Trash::keep(std::span<const RowId> rows, Time at) const {
  const auto into = folder(at);
  DCMFS_CHECK(file_ops::make_folder(into));
  for (const RowId row : rows) {
    const auto blob = folders_.blob(row);
    const auto linked = file_ops::link(blob, into / blob.filename(), "moving a file to the trash");
    if (linked || linked.error().code == Errc::already_exists) continue;
    if (linked.error().code == Errc::not_found) continue;  // a damaged store can be tidied up too
    take_back(rows, at);
    return linked;
  }
  DCMFS_CHECK(file_ops::sync_folder(into));
  return file_ops::sync_folder(folders_.trash());
}

void Trash::take_back(std::span<const RowId> rows, Time at) const {
  for (const RowId row : rows) {
    (void)file_ops::unlink(folder(at) / folders_.blob(row).filename(), "emptying the trash");
  }
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
