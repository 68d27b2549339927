#pragma once
// user.dicom.<Keyword>: the indexed attributes of a resource and of those above
// it, as extended attributes of its files and folders.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "fs/node.h"
#include "store/store.h"

namespace dcmfs::fs {

inline constexpr std::string_view kXattrPrefix = "user.dicom.";

// Only names of "user." can have a value here. `ls -l` asks for security.* and system.posix_acl_*
// of every entry, and each time that is a message to us; told that they are not supported
// (EOPNOTSUPP), it asks once for the whole device.
inline bool is_supported_xattr(std::string_view name) {
  return name.starts_with("user.");
}

// What an access control list says that is set on a file: its permission bits. Programs set them by
// that alone (sed -i). nullopt: it is none.
std::optional<mode_t> mode_of_acl(std::string_view xattr_name, std::string_view value);

// not_found: no such attribute. Names without the prefix are answered without asking the store.
Result<std::string> dicom_xattr(const Store&, const Node&, std::string_view name);
Result<std::vector<std::string>> dicom_xattrs(const Store&, const Node&);

}  // namespace dcmfs::fs
