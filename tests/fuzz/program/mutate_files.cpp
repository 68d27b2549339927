// mutate_files FOLDER SEED COUNT: writes damaged DICOM files, 000000 and so on.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/fuzz/mutations.h"

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: mutate_files FOLDER SEED COUNT\n");
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  const dcmfs::fuzz::Mutations mutations(std::strtoull(argv[2], nullptr, 10));
  const auto count = std::strtoull(argv[3], nullptr, 10);
  for (std::size_t n = 0; n < count; ++n) {
    char name[32];
    std::snprintf(name, sizeof name, "%06zu", n);
    std::ofstream(folder / name, std::ios::binary) << mutations[n];
  }
  return 0;
}
