#pragma once
// user.dicom.<Keyword>: the indexed attributes of a resource and of those above
// it, as extended attributes of its files and folders.
#include <string>
#include <string_view>
#include <vector>

#include "fs/node.h"
#include "store/store.h"

namespace dcmfs::fs {

inline constexpr std::string_view kXattrPrefix = "user.dicom.";

// not_found: no such attribute. Names without the prefix are answered without asking the store:
// `ls -l` asks for security.* and system.posix_acl_* twice for every file.
Result<std::string> dicom_xattr(const Store&, const Node&, std::string_view name);
Result<std::vector<std::string>> dicom_xattrs(const Store&, const Node&);

}  // namespace dcmfs::fs
