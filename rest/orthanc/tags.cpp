#include "rest/orthanc/tags.h"

#include <map>

#include "rest/http/text_source.h"
#include "rest/instance_file.h"
#include "rest/orthanc/modules.h"
#include "rest/orthanc/resource_id.h"
#include "rest/orthanc/resources.h"
#include "rest/orthanc/tag_json.h"

namespace dcmfs::rest {
namespace {

// Text up to 16 times that is in memory: all that is shown, unless somebody asks for a long value.
constexpr ReadOptions kForShowing{.value_bytes_max = 1 << 10};

Result<Response> show_tags(const Services& services, Request& request, TagFormat otherwise) {
  DCMFS_TRY(const auto view, tag_view(request.query, otherwise));
  DCMFS_TRY(const Key key, find_resource(services, Level::instance, request.part("id")));
  DCMFS_TRY(const auto file, InstanceFile::open(services, key.row, kForShowing));
  JsonWriter json;
  write_dataset(json, file.dicom(), file.dicom().dataset, view);
  return written(std::move(json));
}

Result<Response> show_module(const Services& services, Request& request, Level level) {
  DCMFS_TRY(const auto view, tag_view(request.query));
  DCMFS_TRY(const Key key, find_resource(services, request.level, request.part("id")));
  DCMFS_TRY(const auto file, InstanceFile::below(services, key));
  JsonWriter json;
  write_dataset(json, file.dicom(), file.dicom().dataset, view,
                [level](const Element& element) { return is_in_module(level, element.tag); });
  return written(std::move(json));
}

// Each attribute that is told by its value: of the others nobody has compared the bytes.
std::map<Tag, std::string> told_texts(const DicomFile& file,
                                      const std::map<Tag, std::string>* of_interest) {
  std::map<Tag, std::string> told;
  for (const Element& element : file.dataset) {
    if (of_interest && !of_interest->contains(element.tag)) continue;
    if (auto text = told_text(file, file.dataset, element))
      told.emplace(element.tag, *std::move(text));
  }
  return told;
}

// The instances of a resource one after the other, in one object.
class InstancesText {
 public:
  InstancesText(const Services& services, std::vector<Identity> instances, TagView view)
      : services_(services), instances_(std::move(instances)), view_(std::move(view)) {
    json_.begin_object();
  }

  Result<std::optional<std::string>> next() {
    if (over_) return std::optional<std::string>();
    if (at_ == instances_.size()) {
      over_ = true;
      json_.end_object();
      return std::optional(std::move(json_).take());
    }
    const Identity& instance = instances_[at_++];
    auto file = InstanceFile::open(services_, instance.key.row, kForShowing);
    if (!file && file.error().code == Errc::not_found)
      return std::optional<std::string>("");  // removed meanwhile
    if (!file) return file.error();
    json_.key(instance.id.str());
    write_dataset(json_, file->dicom(), file->dicom().dataset, view_);
    return std::optional(json_.take_so_far());
  }

 private:
  const Services& services_;
  const std::vector<Identity> instances_;
  const TagView view_;
  JsonWriter json_;
  std::size_t at_ = 0;
  bool over_ = false;
};

}  // namespace

Result<Response> instance_tags(const Services& services, Request& request) {
  return show_tags(services, request, TagFormat::full);
}

Result<Response> simplified_tags(const Services& services, Request& request) {
  return show_tags(services, request, TagFormat::names);
}

Result<Response> file_header(const Services& services, Request& request) {
  DCMFS_TRY(const auto view, tag_view(request.query));
  DCMFS_TRY(const Key key, find_resource(services, Level::instance, request.part("id")));
  DCMFS_TRY(const auto file, InstanceFile::open(services, key.row, kForShowing));
  JsonWriter json;
  write_dataset(json, file.dicom(), file.dicom().meta, view);
  return written(std::move(json));
}

Result<Response> module_tags(const Services& services, Request& request) {
  return show_module(services, request, request.level);
}

Result<Response> patient_module_tags(const Services& services, Request& request) {
  return show_module(services, request, Level::patient);
}

Result<Response> shared_tags(const Services& services, Request& request) {
  DCMFS_TRY(const auto view, tag_view(request.query));
  DCMFS_TRY(const Key key, find_resource(services, request.level, request.part("id")));
  DCMFS_TRY(const auto instances,
            services.store.identities(key, Level::instance, RowId{}, kAllOfThem));
  std::optional<InstanceFile> first;
  std::map<Tag, std::string> shared;
  for (const Identity& instance : instances) {
    auto file = InstanceFile::open(services, instance.key.row, kForShowing);
    if (!file && file.error().code == Errc::not_found) continue;  // removed meanwhile
    if (!file) return file.error();
    if (!first) {
      shared = told_texts(file->dicom(), nullptr);
      first = *std::move(file);
      continue;
    }
    const auto told = told_texts(file->dicom(), &shared);
    std::erase_if(shared, [&](const auto& of) {
      const auto found = told.find(of.first);
      return found == told.end() || found->second != of.second;
    });
  }
  if (!first) return Error{Errc::not_found, "the resource was removed"};
  JsonWriter json;
  write_dataset(json, first->dicom(), first->dicom().dataset, view,
                [&](const Element& element) { return shared.contains(element.tag); });
  return written(std::move(json));
}

Result<Response> instances_tags(const Services& services, Request& request) {
  DCMFS_TRY(auto view, tag_view(request.query));
  DCMFS_TRY(const Key key, find_resource(services, request.level, request.part("id")));
  DCMFS_TRY(auto instances, services.store.identities(key, Level::instance, RowId{}, kAllOfThem));
  const auto text =
      std::make_shared<InstancesText>(services, std::move(instances), std::move(view));
  return Response{.body = Streamed{std::make_unique<TextSource>([text] { return text->next(); }),
                                   std::nullopt}};
}

}  // namespace dcmfs::rest
