#include "rest/orthanc/dataset_json.h"

#include <optional>

#include <json/json.h>

namespace dcmfs::rest {
namespace {

Failure no_attribute(const std::string& name) {
  return {400, orthanc_errors::kUnknownTag, "no attribute of DICOM: " + told_name(name)};
}
Failure wrong_value(const std::string& name) {
  return {400, orthanc_errors::kBadRequest,
          "a value of another type was expected: " + told_name(name)};
}
Failure no_text(const std::string& name) {
  return {400, orthanc_errors::kBadRequest,
          "Tag \"" + told_name(name) + "\" should be associated with a string"};
}

Json::Value value_json(const Dataset& dataset, const Element& element, TagFormat format) {
  if (element.vr == Vr::SQ) {
    Json::Value items(Json::arrayValue);
    for (const Dataset& item : element.items) items.append(dataset_json(item, format));
    return items;
  }
  if (const auto text = dataset.text(element.tag); text && !element.on_disk()) return *text;
  return {};
}

const char* type_of(const Element& element, const Json::Value& value) {
  if (element.vr == Vr::SQ) return "Sequence";
  return value.isNull() ? "Null" : "String";
}

std::optional<Failure> add_member(Dataset& dataset, const std::string& name,
                                  const Json::Value& value) {
  const auto tag = tag_of(name);
  if (!tag) return no_attribute(name);
  if (vr_of(*tag) == Vr::SQ) {
    Element sequence;
    sequence.tag = *tag;
    sequence.vr = Vr::SQ;
    dataset.set(std::move(sequence));
    if (value.isString() && value.asString().empty()) return std::nullopt;  // all of it is wanted
    if (!value.isArray()) return wrong_value(name);
    for (const auto& item : value) {
      auto below = json_dataset(item);
      if (auto* failure = std::get_if<Failure>(&below)) return std::move(*failure);
      dataset.add_item(*tag) = std::get<Dataset>(std::move(below));
    }
    return std::nullopt;
  }
  if (!value.isString()) return no_text(name);
  dataset.set_text(*tag, value.asString());
  return std::nullopt;
}

}  // namespace

Json::Value dataset_json(const Dataset& dataset, TagFormat format) {
  Json::Value all(Json::objectValue);
  for (const Element& element : dataset) {
    auto value = value_json(dataset, element, format);
    switch (format) {
      case TagFormat::names:
        all[shown_name(element.tag)] = std::move(value);
        break;
      case TagFormat::numbers:
        all[to_string(element.tag)] = std::move(value);
        break;
      case TagFormat::full:
        auto& one = all[to_string(element.tag)];
        one["Name"] = shown_name(element.tag);
        one["Type"] = type_of(element, value);
        one["Value"] = std::move(value);
        break;
    }
  }
  return all;
}

std::variant<Dataset, Failure> json_dataset(const Json::Value& object) {
  if (!object.isObject())
    return Failure{400, orthanc_errors::kBadRequest, "expected an object of attributes"};
  Dataset dataset;
  for (const auto& name : object.getMemberNames())
    if (auto failure = add_member(dataset, name, object[name])) return *std::move(failure);
  return dataset;
}

}  // namespace dcmfs::rest
