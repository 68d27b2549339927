#include "fs/xattrs.h"

#include "fs/tree.h"

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

}  // namespace

Result<std::string> dicom_xattr(const Store& store, const Node& node, std::string_view name) {
  const Error none{Errc::not_found, "no such attribute"};
  if (!name.starts_with(kXattrPrefix)) return none;
  const auto tag = tag_of(name.substr(kXattrPrefix.size()));
  if (!tag) return none;
  Result<std::string> answer = none;
  DCMFS_CHECK(upwards(store, node, [&](const Resource& resource) {
    const auto found = resource.attributes.find(*tag);
    if (found != resource.attributes.end()) answer = found->second;
    return found == resource.attributes.end();
  }));
  return answer;
}

Result<std::vector<std::string>> dicom_xattrs(const Store& store, const Node& node) {
  std::vector<std::string> names;
  DCMFS_CHECK(upwards(store, node, [&](const Resource& resource) {
    for (const auto& [tag, text] : resource.attributes) {
      names.push_back(std::string(kXattrPrefix) + keyword_of(tag));
    }
    return true;
  }));
  return names;
}

}  // namespace dcmfs::fs
