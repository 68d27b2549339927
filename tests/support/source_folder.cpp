#include "tests/support/source_folder.h"

namespace dcmfs {

std::filesystem::path source_folder() {
  return DCMFS_SOURCE_FOLDER;
}

}  // namespace dcmfs
