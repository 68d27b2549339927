// What clients write as JSON, as edits.
#include <algorithm>

#include <json/json.h>

#include "store/dicom/edit.h"
#include "store/dicom/json_values.h"
#include "store/dicom/modify.h"

namespace dcmfs {
namespace {

constexpr std::size_t kPathsMax = 10'000;

Result<Edit::Replacement> replacement_from_json(std::string_view path, const Json::Value& json,
                                                std::string_view private_creator) {
  Edit::Replacement made;
  DCMFS_TRY(made.path, parse_tag_path(path, private_creator));
  DCMFS_TRY(auto attribute,
            attribute_from_json(path, made.path.tag, json,
                                {.private_creator = private_creator, .checked = true}));
  made.value = std::move(attribute.element);
  made.text = std::move(attribute.text);
  return made;
}

class RequestReader {
 public:
  RequestReader(const Json::Value& root, std::string_view private_creator)
      : root_(root), private_creator_(private_creator) {}

  Result<EditRequest> read() {
    EditRequest request;
    if (const Json::Value& creator = root_["PrivateCreator"]; creator.isString()) {
      private_creator_ = creator.asString();
    } else if (!creator.isNull()) {
      return refused_key("PrivateCreator", "is text");
    }
    DCMFS_TRY(request.replace, replacements());
    DCMFS_TRY(request.remove, paths("Remove"));
    DCMFS_TRY(request.keep, paths("Keep"));
    DCMFS_TRY(request.clear, paths("Clear"));
    DCMFS_TRY(request.force, flag("Force"));
    DCMFS_TRY(request.remove_private_tags, flag("RemovePrivateTags"));
    DCMFS_TRY(request.keep_private_tags, flag("KeepPrivateTags"));
    if (const Json::Value& edition = root_["DicomVersion"]; edition.isString()) {
      DCMFS_TRY(request.edition, parse_profile_edition(edition.asString()));
    } else if (!edition.isNull()) {
      return refused_key("DicomVersion", "is text");
    }
    return request;
  }

 private:
  Result<std::vector<Edit::Replacement>> replacements() const {
    std::vector<Edit::Replacement> made;
    const Json::Value& object = root_["Replace"];
    if (!object.isNull() && !object.isObject()) return refused_key("Replace", "is an object");
    if (object.size() > kPathsMax) return Error{Errc::too_large, "Replace: too many attributes"};
    for (const std::string& path : object.getMemberNames()) {
      DCMFS_TRY(auto one, replacement_from_json(path, object[path], private_creator_));
      const bool is_twice = std::ranges::any_of(
          made, [&](const Edit::Replacement& other) { return other.path == one.path; });
      if (is_twice) return refused_key(path, "is there twice");
      made.push_back(std::move(one));
    }
    return made;
  }

  Result<std::vector<TagPath>> paths(const char* key) const {
    std::vector<TagPath> parsed;
    const Json::Value& list = root_[key];
    if (!list.isNull() && !list.isArray()) return refused_key(key, "is a list of tags");
    if (list.size() > kPathsMax) return refused_key(key, "is too long");
    for (const Json::Value& one : list) {
      if (!one.isString()) return refused_key(key, "is a list of tags");
      DCMFS_TRY(auto path, parse_tag_path(one.asString(), private_creator_));
      parsed.push_back(std::move(path));
    }
    return parsed;
  }

  Result<bool> flag(const char* key) const {
    const Json::Value& value = root_[key];
    if (value.isNull()) return false;
    if (!value.isBool()) return refused_key(key, "is true or false");
    return value.asBool();
  }

  const Json::Value& root_;
  std::string private_creator_;
};

}  // namespace

Result<Edit::Replacement> read_replacement(std::string_view path, std::string_view json,
                                           std::string_view private_creator) {
  DCMFS_TRY(const Json::Value value, parse_json("[" + std::string(json) + "]"));
  if (value.size() != 1) return refused_key(path, "is one value");
  return replacement_from_json(path, value[0], private_creator);
}

Result<EditRequest> read_edit_request(std::string_view json, std::string_view private_creator) {
  if (json.find_first_not_of(" \t\r\n") == std::string_view::npos) return EditRequest();
  DCMFS_TRY(const Json::Value root, parse_json(json));
  if (!root.isObject()) return Error{Errc::invalid_argument, "expected an object { ... }"};
  return RequestReader(root, private_creator).read();
}

}  // namespace dcmfs
