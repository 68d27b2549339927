#include "store/dicom/json_reader.h"

#include <cctype>
#include <cmath>
#include <memory>
#include <string>

#include <json/json.h>

#include "store/dicom/number_text.h"
#include "store/dicom/text.h"

namespace dcmfs {
namespace {

constexpr int kDepthMax = 40;  // of JSON; an item of a sequence takes two or three
constexpr std::size_t kAttributesMax = 100'000;
constexpr std::size_t kKeyBytesMax = 64;  // of a key in a message

Error refused(std::string_view key, std::string_view why) {
  return {Errc::invalid_argument,
          repair_utf8(cut_utf8(key, kKeyBytesMax)) + ": " + std::string(why)};
}

class JsonDataset {
 public:
  Result<> add_all(Dataset& dataset, const Json::Value& object) {
    for (const auto& key : object.getMemberNames()) DCMFS_CHECK(add(dataset, key, object[key]));
    return {};
  }

 private:
  Result<> add(Dataset& dataset, const std::string& key, const Json::Value& value) {
    if (++count_ > kAttributesMax) return Error{Errc::too_large, "too many attributes"};
    const auto tag = tag_of(key);
    if (!tag) return refused(key, "no attribute has this keyword");
    if (tag->is_group_length() || *tag == tags::SpecificCharacterSet) return {};  // it is UTF-8
    if (dataset.contains(*tag)) return refused(key, "is there twice");
    // PS3.18 F.2.2: an attribute has a "vr". No keyword is written so.
    if (value.isObject() && value.isMember("vr")) return add_model(dataset, key, *tag, value);
    const Vr vr = vr_of(*tag);
    return vr == Vr::SQ ? add_items(dataset, key, *tag, value)
                        : add_values(dataset, key, {*tag, vr}, value);
  }

  Result<> add_model(Dataset& dataset, const std::string& key, Tag tag, const Json::Value& of) {
    const Json::Value& named = of["vr"];
    const std::string name = named.isString() ? named.asString() : "";
    const auto vr = name.size() == 2 ? parse_vr(name[0], name[1]) : std::nullopt;
    if (!vr) return refused(key, "unknown vr");
    for (const auto& member : of.getMemberNames())
      if (member != "vr" && member != "Value") return refused(key, "only vr and Value are read");
    const Json::Value& values = of["Value"];
    if (!values.isNull() && !values.isArray()) return refused(key, "Value is a list");
    return *vr == Vr::SQ ? add_items(dataset, key, tag, values)
                         : add_values(dataset, key, {tag, *vr}, values);
  }

  // A list of objects, or one object alone.
  Result<> add_items(Dataset& dataset, const std::string& key, Tag tag, const Json::Value& value) {
    Element sequence;
    sequence.tag = tag;
    sequence.vr = Vr::SQ;
    dataset.set(std::move(sequence));
    if (value.isNull()) return {};
    if (value.isObject()) return add_all(dataset.add_item(tag), value);
    if (!value.isArray()) return refused(key, "a sequence is a list of objects");
    for (const Json::Value& item : value) {
      if (!item.isObject() && !item.isNull())
        return refused(key, "a sequence is a list of objects");
      Dataset& added = dataset.add_item(tag);
      if (item.isObject()) DCMFS_CHECK(add_all(added, item));
    }
    return {};
  }

  struct Of {
    Tag tag;
    Vr vr;
  };

  Result<> add_values(Dataset& dataset, const std::string& key, Of of, const Json::Value& value) {
    std::string all;
    if (!value.isArray()) {
      DCMFS_TRY(all, text_of(key, of.vr, value));
    }
    for (Json::ArrayIndex i = 0; value.isArray() && i < value.size(); ++i) {
      DCMFS_TRY(const auto one, text_of(key, of.vr, value[i]));
      if (i > 0) all += '\\';
      all += one;
    }
    const VrInfo& vr = info(of.vr);
    if (!vr.text && !vr.multi_valued && !all.empty())
      return refused(key, "binary values are not read");
    dataset.set_text(of.tag, of.vr, all);
    return {};
  }

  static Result<std::string> text_of(const std::string& key, Vr vr, const Json::Value& value) {
    if (value.isNull()) return std::string();
    std::string text;
    if (vr == Vr::PN && value.isObject()) {
      DCMFS_TRY(text, name_of(key, value));
    } else if (value.isString()) {
      text = value.asString();
    } else if (value.isIntegral()) {
      text = value.asString();
    } else if (value.isDouble()) {
      text = decimal_text(value.asDouble());
    } else {
      return refused(key, "its value is no text, number or null");
    }
    if (!is_valid_utf8(text) || text.find('\0') != std::string::npos)
      return refused(key, "its text is no UTF-8");
    const bool is_number = vr == Vr::IS || vr == Vr::DS || (!info(vr).text && vr != Vr::AT);
    if (is_number && !trim(text).empty() && !parse_decimal(trim(text)))
      return refused(key, "its value is no number");
    return text;
  }

  // PS3.18 F.2.2
  static Result<std::string> name_of(const std::string& key, const Json::Value& groups) {
    constexpr const char* kGroups[] = {"Alphabetic", "Ideographic", "Phonetic"};
    std::string name, separators;
    for (const char* group : kGroups) {
      const Json::Value& text = groups[group];
      if (!text.isNull() && !text.isString()) return refused(key, "a name is text");
      if (text.isString() && !text.asString().empty()) {
        name += separators + text.asString();
        separators.clear();
      }
      separators += '=';
    }
    return name;
  }

  std::size_t count_ = 0;
};

// The first line of JsonCpp's report, which has a place and no text of the file.
std::string place_of(const std::string& report) {
  const auto start = report.find_first_not_of("* ");
  if (start == std::string::npos) return "is no JSON";
  return report.substr(start, report.find('\n', start) - start) + ": is no JSON";
}

}  // namespace

Result<Dataset> read_json_dataset(std::string_view json) {
  Json::CharReaderBuilder builder;
  Json::CharReaderBuilder::strictMode(&builder.settings_);
  builder["stackLimit"] = kDepthMax;
  Json::Value root;
  std::string report;
  const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
  try {
    if (!reader->parse(json.data(), json.data() + json.size(), &root, &report))
      return Error{Errc::invalid_argument, place_of(report)};
  } catch (const std::exception&) {  // JsonCpp throws when the nesting is too deep
    return Error{Errc::too_large, "nested too deeply"};
  }
  if (root.isArray() && root.size() == 1) root = Json::Value(root[0]);  // as DICOMweb answers one
  if (!root.isObject()) return Error{Errc::invalid_argument, "expected an object { ... }"};
  Dataset dataset;
  dataset.set_text(tags::SpecificCharacterSet, "ISO_IR 192");
  DCMFS_CHECK(JsonDataset().add_all(dataset, root));
  return dataset;
}

}  // namespace dcmfs
