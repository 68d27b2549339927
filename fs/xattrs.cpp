#include "fs/xattrs.h"

#include <cstring>
#include <set>

#include <endian.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>

#include "fs/tree.h"
#include "store/attributes.h"

namespace dcmfs::fs {
namespace {

// Calls with the resource and each above it until `each` returns false.
template <class Each>
Result<> upwards(const Store& store, const Node& node, Each each) {
  const auto key = resource_of(node);
  if (!key) return {};
  DCMFS_TRY(const auto resource, store.get(*key));
  if (!each(resource)) return {};
  for (const auto above : resource.ancestors) {
    DCMFS_TRY(const auto parent, store.get(above));
    if (!each(parent)) return {};
  }
  return {};
}

// Then the levels above it are not asked: it may be another's there.
bool speaks_of(const Resource& resource, Tag tag) {
  const Attribute* nearest = find_attribute(tag, resource.key.level);
  return nearest && nearest->level == resource.key.level;
}

}  // namespace

std::optional<mode_t> mode_of_acl(std::string_view xattr_name, std::string_view value) {
  posix_acl_xattr_header header{};
  if (xattr_name != "system.posix_acl_access" || value.size() < sizeof header) return std::nullopt;
  std::memcpy(&header, value.data(), sizeof header);
  if (le32toh(header.a_version) != POSIX_ACL_XATTR_VERSION) return std::nullopt;
  mode_t mode = 0;
  std::optional<mode_t> mask;
  for (value.remove_prefix(sizeof header); !value.empty();) {
    posix_acl_xattr_entry entry{};
    if (value.size() < sizeof entry) return std::nullopt;
    std::memcpy(&entry, value.data(), sizeof entry);
    value.remove_prefix(sizeof entry);
    const mode_t bits = le16toh(entry.e_perm) & 7u;
    switch (le16toh(entry.e_tag)) {
      case ACL_USER_OBJ:
        mode |= bits << 6;
        break;
      case ACL_GROUP_OBJ:
        mode |= bits << 3;
        break;
      case ACL_MASK:
        mask = bits << 3;
        break;
      case ACL_OTHER:
        mode |= bits;
        break;
      default:
        break;
    }
  }
  return mask ? (mode & ~mode_t{070}) | *mask : mode;
}

Result<std::string> dicom_xattr(const Store& store, const Node& node, std::string_view name) {
  const Error none{Errc::not_found, "no such attribute"};
  if (!name.starts_with(kXattrPrefix)) return none;
  const auto tag = tag_of(name.substr(kXattrPrefix.size()));
  if (!tag) return none;
  Result<std::string> answer = none;
  DCMFS_CHECK(upwards(store, node, [&](const Resource& resource) {
    const auto found = resource.attributes.find(*tag);
    if (found != resource.attributes.end()) answer = found->second;
    return !speaks_of(resource, *tag);
  }));
  return answer;
}

Result<std::vector<std::string>> dicom_xattrs(const Store& store, const Node& node) {
  std::vector<std::string> names;
  std::set<Tag> told;  // by a level below, of several that keep it
  DCMFS_CHECK(upwards(store, node, [&](const Resource& resource) {
    for (const auto& [tag, text] : resource.attributes)
      if (!told.contains(tag)) names.push_back(std::string(kXattrPrefix) + keyword_of(tag));
    for (const Attribute& attribute : attributes(resource.key.level)) told.insert(attribute.tag);
    return true;
  }));
  return names;
}

}  // namespace dcmfs::fs
