#include "store/derived_files.h"

#include <span>
#include <string>

#include <unistd.h>

#include "store/detail/file_ops.h"
#include "store/number.h"

namespace dcmfs {
namespace {

namespace file_ops = detail::file_ops;

constexpr std::string_view kBeingWritten = ".new";

constexpr std::string_view derived_folder_name(DerivedFiles::Kind kind) {
  switch (kind) {
    case DerivedFiles::Kind::series_metadata:
      return "series-metadata";
  }
  return {};
}

}  // namespace

std::filesystem::path DerivedFiles::folder(Kind kind) const {
  return folder_ / derived_folder_name(kind);
}

std::filesystem::path DerivedFiles::file(Kind kind, RowId row) const {
  return folder(kind) / std::to_string(value(row));
}

Result<Blob> DerivedFiles::open(Kind kind, RowId row) const {
  return Blob::open(file(kind, row), "opening a derived file");
}

Result<> DerivedFiles::put(Kind kind, RowId row, std::string_view bytes) {
  DCMFS_CHECK(file_ops::make_folder(folder_));
  DCMFS_CHECK(file_ops::make_folder(folder(kind)));
  const auto place = file(kind, row);
  // Of two at a time each has its own; the process is told apart from others on the same store.
  const auto unfinished =
      place.string() + '.' + std::to_string(::gettid()) + std::string(kBeingWritten);
  DCMFS_TRY(auto fd, file_ops::create(unfinished, "making a derived file"));
  auto done =
      file_ops::write_all(fd.get(), std::as_bytes(std::span(bytes)), "writing a derived file");
  if (done) done = file_ops::rename(unfinished, place, "giving a derived file its name");
  if (!done) (void)file_ops::unlink(unfinished, "dropping a derived file");
  return done;
}

Result<> DerivedFiles::remove(Kind kind, RowId row) {
  return file_ops::unlink(file(kind, row), "removing a derived file");
}

Result<std::vector<RowId>> DerivedFiles::rows(Kind kind) const {
  std::vector<RowId> rows;
  std::error_code error;
  std::filesystem::directory_iterator files(folder(kind), error);
  if (error == std::errc::no_such_file_or_directory) return rows;
  for (; !error && files != std::filesystem::directory_iterator(); files.increment(error)) {
    const auto name = files->path().filename().string();
    if (const auto row = parse_whole<std::int64_t>(name)) rows.push_back(RowId{*row});
    // What a crash left; nobody else writes under that name.
    else if (name.ends_with(kBeingWritten))
      (void)file_ops::unlink(files->path(), "dropping a derived file");
  }
  if (error) return system_error(error.value(), "listing derived files");
  return rows;
}

}  // namespace dcmfs
