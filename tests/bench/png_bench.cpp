// The yardstick of reading .png files through the mount: the same files decoded and encoded in this
// process, by one thread.
//
//   png_bench DICOM... <milliseconds and bytes>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "store/blob.h"
#include "store/dicom/reader.h"
#include "store/image/render.h"

namespace dcmfs {
namespace {

Result<std::int64_t> png_bytes(const char* path) {
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return system_error(errno, path);
  const Blob blob(fd, ::lseek(fd, 0, SEEK_END));
  const auto source = file_source(blob.fd(), blob.size());
  DCMFS_TRY(const auto file, read_dicom(*source));
  DCMFS_TRY(const auto pixels, describe_pixels(file));
  DCMFS_TRY(const auto picture, render(file, {.frame = pixels.frames / 2, .window = {}}));
  DCMFS_TRY(const auto png, encode_png(picture));
  return std::ssize(png);
}

}  // namespace
}  // namespace dcmfs

int main(int count, char** paths) {
  const auto begin = std::chrono::steady_clock::now();
  std::int64_t bytes = 0;
  for (int i = 1; i < count; ++i) {
    const auto png = dcmfs::png_bytes(paths[i]);
    if (!png) {
      std::fprintf(stderr, "%s: %s\n", paths[i], png.error().message.c_str());
      return EXIT_FAILURE;
    }
    bytes += *png;
  }
  const std::chrono::duration<double, std::milli> spent = std::chrono::steady_clock::now() - begin;
  std::printf("%.1f %lld\n", spent.count(), static_cast<long long>(bytes));
}
