// make_rows STORE [INSTANCES]: a store of that many instances (1,000,000) without their files.
#include <cstdio>
#include <cstdlib>

#include "tests/support/synthetic_rows.h"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: make_rows STORE [INSTANCES]\n");
    return 2;
  }
  dcmfs::SyntheticRows rows;
  if (argc > 2) rows.instances = std::atoll(argv[2]);
  const auto made = dcmfs::make_synthetic_store(argv[1], rows);
  if (!made) std::fprintf(stderr, "make_rows: %s\n", made.error().message.c_str());
  return made ? 0 : 1;
}
