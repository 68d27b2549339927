#include "rest/orthanc/create_dicom.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string_view>
#include <vector>

#include <json/json.h>

#include "rest/http/error.h"
#include "rest/http/json.h"
#include "rest/instance_file.h"
#include "rest/orthanc/request_origin.h"
#include "rest/orthanc/resource_id.h"
#include "rest/orthanc/upload.h"
#include "store/dicom/base64.h"
#include "store/dicom/create.h"
#include "store/dicom/writer.h"
#include "store/image/picture_file.h"

namespace dcmfs::rest {
namespace {

constexpr Json::ArrayIndex kContentsMax = 10'000;

using Content = decltype(NewInstance::content);

Result<Content> read_content(const Json::Value& content, bool encapsulate) {
  if (content.isNull()) return Content();
  if (!content.isString())
    return Error{Errc::invalid_argument, "\"Content\" must be a \"data:\" URI"};
  auto data = parse_data_uri(content.asString());
  if (!data) return Error{Errc::invalid_argument, "\"Content\" must be a \"data:\" URI in Base64"};
  if (data->media_type == "application/pdf") {
    if (!data->bytes.starts_with("%PDF-"))
      return Error{Errc::not_dicom, "\"Content\" is said to be PDF, and is not"};
    return Content(PdfDocument{std::move(data->bytes)});
  }
  if (encapsulate && data->media_type == "image/jpeg") {
    DCMFS_TRY(auto frame, jpeg_frame(data->bytes));
    return Content(std::move(frame));
  }
  if (data->media_type == "image/png" || data->media_type == "image/jpeg") {
    DCMFS_TRY(auto pixels, decode_picture_file(data->bytes));
    return Content(std::move(pixels));
  }
  return Error{Errc::not_supported, "\"Content\" must be image/png, image/jpeg or application/pdf"};
}

constexpr std::string_view kNoTags[] = {"Content",     "Parent",         "Force",
                                        "Encapsulate", "PrivateCreator", "InterpretBinaryTags"};

bool is_content(const std::string& name, const Json::Value& value) {
  const auto tag = tag_of(name);
  return (tag == tags::PixelData || tag == tags::EncapsulatedDocument) && value.isString() &&
         is_data_uri(value.asString());
}

// The older form of a body, in which the members are the tags, and what they hold is one of them.
Json::Value with_tags(const Json::Value& body) {
  if (body.isMember("Tags")) return body;
  Json::Value out;
  out["Tags"] = Json::Value(Json::objectValue);
  for (const std::string& name : body.getMemberNames()) {
    const Json::Value& value = body[name];
    if (std::ranges::find(kNoTags, name) != std::end(kNoTags))
      out[name] = value;
    else if (is_content(name, value))
      out["Content"] = value;
    else
      out["Tags"][name] = value;
  }
  return out;
}

NewInstance::Joins joins(Level level) {
  using enum NewInstance::Joins;
  constexpr NewInstance::Joins kJoins[] = {patient, study, series, series};
  return kJoins[index_of(level)];
}

// Text of DA and TM.
std::pair<std::string, std::string> date_and_time(Time at) {
  const std::string text = time_text(at);
  const auto t = text.find('T');
  return {text.substr(0, t), text.substr(t + 1)};
}

class CreateDicom {
 public:
  CreateDicom(const Services& services, Request& request)
      : services_(services), request_(request) {}

  Result<Response> answer() {
    DCMFS_TRY(const auto said, json_object(request_));
    body_ = with_tags(said);
    DCMFS_TRY(force_, json_bool(body_, "Force", false));
    DCMFS_TRY(encapsulate_, json_bool(body_, "Encapsulate", false));
    DCMFS_TRY(private_creator_, json_string(body_, "PrivateCreator", ""));
    DCMFS_TRY(tags_, attributes(body_["Tags"]));
    DCMFS_CHECK(find_parent());
    return body_["Content"].isArray() ? answer_series() : answer_instance();
  }

 private:
  Result<Dataset> attributes(const Json::Value& tags) const {
    if (!tags.isObject()) return Error{Errc::invalid_argument, "\"Tags\" must be an object"};
    for (const std::string& name : tags.getMemberNames())
      if (is_content(name, tags[name]))
        return Error{Errc::invalid_argument, name + ": what is in it goes to \"Content\""};
    return read_new_attributes(json_text(tags), private_creator_);
  }

  Result<> find_parent() {
    DCMFS_TRY(const auto id, json_string(body_, "Parent", ""));
    if (id.empty()) return {};
    DCMFS_TRY(const Key key, find_resource(services_, id));
    if (key.level == Level::instance)
      return Error{Errc::invalid_argument, "\"Parent\" must be a patient, a study or a series"};
    DCMFS_TRY(parent_, InstanceFile::below(services_, key));
    joins_ = joins(key.level);
    return {};
  }

  // One to be, or the answer that refuses it.
  Result<std::optional<Response>> refusal(const NewInstance& wanted) const {
    const auto twice = wanted.force ? std::nullopt : inherited_twice(wanted);
    if (!twice) return std::optional<Response>();
    return std::optional(
        failure_response({400, orthanc_errors::kInherited, keyword_of(*twice)}, request_));
  }

  NewInstance new_instance(Dataset attributes) const {
    NewInstance wanted{.attributes = std::move(attributes),
                       .content = {},
                       .sibling = parent_ ? &parent_->dicom().dataset : nullptr,
                       .joins = joins_,
                       .force = force_,
                       .date = {},
                       .time = {}};
    std::tie(wanted.date, wanted.time) = date_and_time(now());
    return wanted;
  }

  Result<SpoolFile> spool(const Created& created) const {
    DCMFS_TRY(const auto bytes, encode_file(created.dataset, *created.syntax));
    DCMFS_TRY(auto file, services_.store.spool());
    DCMFS_CHECK(file.append(std::as_bytes(std::span(bytes))));
    return file;
  }

  Result<Response> answer_instance() {
    auto wanted = new_instance(tags_);
    DCMFS_TRY(auto refused, refusal(wanted));
    if (refused) return *std::move(refused);
    DCMFS_TRY(wanted.content, read_content(body_["Content"], encapsulate_));
    DCMFS_TRY(const auto created, create_instance(std::move(wanted)));
    DCMFS_TRY(auto file, spool(created));
    DCMFS_TRY(const auto report, store_and_report(services_.store, file, origin_of(request_)));
    return json_response(report);
  }

  // The first one is made as one alone would be; the others join its series.
  Result<Response> answer_series() {
    const Json::Value& contents = body_["Content"];
    if (contents.empty() || contents.size() > kContentsMax)
      return Error{Errc::invalid_argument, "\"Content\" must be a list of 1 to 10000"};
    if (tags_.contains(tags::SOPInstanceUID) && contents.size() > 1)
      return Error{Errc::invalid_argument,
                   "SOPInstanceUID: is that of one instance; this would make one of several"};
    std::vector<SpoolFile> files;
    std::optional<Dataset> first;
    for (Json::ArrayIndex i = 0; i < contents.size(); ++i) {
      const bool has_tags = contents[i].isObject();
      Dataset own;
      if (has_tags && contents[i].isMember("Tags")) {
        DCMFS_TRY(own, attributes(contents[i]["Tags"]));
      }
      auto wanted = new_instance(tags_);
      if (first) {
        const NewInstance joining{.attributes = own,
                                  .content = {},
                                  .sibling = &*first,
                                  .joins = NewInstance::Joins::series,
                                  .date = {},
                                  .time = {}};
        DCMFS_TRY(auto refused, refusal(joining));
        if (refused) return *std::move(refused);
        wanted.sibling = &*first;
        wanted.joins = NewInstance::Joins::series;
        wanted.force = true;  // what all say is what the series says
      }
      for (const Element& element : own) wanted.attributes.set(element);
      if (!wanted.attributes.contains(tags::InstanceNumber))
        wanted.attributes.set_text(tags::InstanceNumber, std::to_string(i + 1));
      if (!first) {
        DCMFS_TRY(auto refused, refusal(wanted));
        if (refused) return *std::move(refused);
      }
      DCMFS_TRY(wanted.content,
                read_content(has_tags ? contents[i]["Content"] : contents[i], encapsulate_));
      DCMFS_TRY(auto created, create_instance(std::move(wanted)));
      DCMFS_TRY(auto file, spool(created));
      files.push_back(std::move(file));
      if (!first) {
        created.dataset.erase(tags::PixelData);
        created.dataset.erase(tags::EncapsulatedDocument);
        first = std::move(created.dataset);
      }
    }
    return store_series(files);
  }

  Result<Response> store_series(std::vector<SpoolFile>& files) {
    std::vector<Added> added;
    for (auto& file : files) {
      auto one = services_.store.add(file, origin_of(request_));
      if (one) {
        added.push_back(*std::move(one));
        continue;
      }
      for (const auto& before : added)
        if (!before.existed) DCMFS_CHECK(services_.store.remove(before.instance));
      return one.error();
    }
    const auto id = ResourceId::of(Level::series, added.front().uids);
    Json::Value v;
    v["ID"] = id.str();
    v["Path"] = path_of(Level::series, id);
    v["Status"] = "Success";
    return json_response(v);
  }

  const Services& services_;
  Request& request_;
  Json::Value body_;
  bool force_ = false, encapsulate_ = false;
  std::string private_creator_;
  Dataset tags_;
  std::optional<InstanceFile> parent_;
  NewInstance::Joins joins_ = NewInstance::Joins::nothing;
};

}  // namespace

Result<Response> create_dicom(const Services& services, Request& request) {
  return CreateDicom(services, request).answer();
}

}  // namespace dcmfs::rest
