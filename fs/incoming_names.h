#pragma once
// What the name of a file that was dropped says, before a byte is read or with its first ones.
#include <string_view>

namespace dcmfs::fs {

// Names that programs give a file while they write it; the rename to the final
// name says that it is complete. Any part of the path may say so.
bool is_temporary(std::string_view path);

// Never an image, wherever it is dropped, unless its bytes claim to be one: DICOMDIR, autorun.inf,
// Thumbs.db ... What else may stand beside images that come in a folder, store/companion.h says.
bool is_never_image(std::string_view name);

// The same, decided by name and content: beside images, and not one. `path`: below the place where
// it was dropped.
bool is_company(int fd, std::string_view path);

}  // namespace dcmfs::fs
