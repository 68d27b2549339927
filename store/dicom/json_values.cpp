#include "store/dicom/json_values.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <memory>

#include <json/json.h>

#include "store/dicom/base64.h"
#include "store/dicom/json_size.h"
#include "store/dicom/number_text.h"
#include "store/dicom/private_block.h"
#include "store/dicom/text.h"
#include "store/dicom/value_rules.h"

namespace dcmfs {
namespace {

constexpr int kDepthMax = 40;  // of JSON; an item of a sequence takes two or three
constexpr std::size_t kAttributesMax = 100'000;
constexpr std::size_t kKeyBytesMax = 64;  // of a key in a message

// PS3.18 F.2.2
Result<std::string> name_of_groups(std::string_view key, const Json::Value& groups) {
  constexpr const char* kGroups[] = {"Alphabetic", "Ideographic", "Phonetic"};
  std::string name, separators;
  for (const char* group : kGroups) {
    const Json::Value& text = groups[group];
    if (!text.isNull() && !text.isString()) return refused_key(key, "a name is text");
    if (text.isString() && !text.asString().empty()) {
      name += separators + text.asString();
      separators.clear();
    }
    separators += '=';
  }
  return name;
}

Result<std::string> text_of_value(std::string_view key, Vr vr, const Json::Value& value) {
  if (value.isNull()) return std::string();
  std::string text;
  if (vr == Vr::PN && value.isObject()) {
    DCMFS_TRY(text, name_of_groups(key, value));
  } else if (value.isString() || value.isIntegral()) {
    text = value.asString();
  } else if (value.isDouble()) {
    text = decimal_text(value.asDouble());
  } else {
    return refused_key(key, "its value is no text, number or null");
  }
  if (!is_valid_utf8(text) || text.find('\0') != std::string::npos)
    return refused_key(key, "its text is no UTF-8");
  return text;
}

// One value, or a list of them.
Result<std::string> joined_text(std::string_view key, Vr vr, const Json::Value& value) {
  if (!value.isArray()) return text_of_value(key, vr, value);
  std::string all;
  for (Json::ArrayIndex i = 0; i < value.size(); ++i) {
    DCMFS_TRY(const auto one, text_of_value(key, vr, value[i]));
    if (i > 0) all += '\\';
    all += one;
  }
  return all;
}

bool is_binary_number(Vr vr) {
  return !info(vr).text && info(vr).multi_valued;
}
bool is_bulk(Vr vr) {
  return !info(vr).text && !info(vr).multi_valued && vr != Vr::SQ;
}

// Of one value of a VR that holds numbers or tags; "" for other VRs, and if nothing is wrong.
std::string_view fault_of_number(Vr vr, std::string_view text) {
  struct Range {
    Vr vr;
    double min, max;
  };
  constexpr double kFloatMax = std::numeric_limits<float>::max();
  constexpr Range kRanges[] = {
      {Vr::US, 0, 65535.0},
      {Vr::SS, -32768.0, 32767.0},
      {Vr::UL, 0, 4294967295.0},
      {Vr::UV, 0, 0x1p64},
      {Vr::SL, -2147483648.0, 2147483647.0},
      {Vr::SV, -0x1p63, 0x1p63},
      {Vr::FL, -kFloatMax, kFloatMax},
  };
  if (vr == Vr::AT) return tag_of(trim(text)) ? "" : "its value is no tag";
  if (!is_binary_number(vr) && vr != Vr::IS && vr != Vr::DS) return "";
  const bool is_float = vr == Vr::FL || vr == Vr::FD;
  const auto number = is_float ? parse_float(text) : parse_decimal(text);
  if (!number) return "its value is no number";
  if (!std::isfinite(*number)) return "";
  const auto range = std::ranges::find(kRanges, vr, &Range::vr);
  if (range == std::end(kRanges)) return "";
  if (vr != Vr::FL && *number != std::trunc(*number)) return "its value is no whole number";
  return *number >= range->min && *number <= range->max ? "" : "its value is out of range";
}

Result<Element> element_from_uri(std::string_view key, Tag tag, Vr vr, std::string_view uri) {
  const auto data = parse_data_uri(uri);
  if (!data) return refused_key(key, "its data URI is not in base64");
  Dataset holder;
  holder.set_bytes(tag, vr, data->bytes);
  return Element(*holder.begin());
}

class JsonWalk {
 public:
  explicit JsonWalk(const JsonRules& rules) : rules_(rules) {}

  Result<> add_all(Dataset& dataset, const Json::Value& object) {
    for (const auto& key : object.getMemberNames()) DCMFS_CHECK(add(dataset, key, object[key]));
    return {};
  }

  Result<JsonAttribute> attribute(std::string_view key, Tag tag, const Json::Value& value) {
    // PS3.18 F.2.2: an attribute has a "vr". No keyword is written so.
    if (value.isObject() && value.isMember("vr")) return of_model(key, tag, value);
    const Vr vr = vr_of(tag);
    if (vr == Vr::SQ || (vr == Vr::UN && value.isArray() && !value.empty() && value[0].isObject()))
      return of_items(key, tag, value);
    return of_values(key, tag, vr, value, vr == Vr::UN || us_or_ss(tag));
  }

 private:
  Result<> add(Dataset& dataset, const std::string& key, const Json::Value& value) {
    const auto named = tag_of(key);
    if (!named) return refused_key(key, "no attribute has this keyword");
    // It is UTF-8.
    if (named->is_group_length() || *named == tags::SpecificCharacterSet) return {};
    Tag tag = *named;
    if (!rules_.private_creator.empty()) {
      DCMFS_TRY(tag, reserve_private(dataset, tag, rules_.private_creator));
    }
    if (dataset.contains(tag)) return refused_key(key, "is there twice");
    DCMFS_TRY(auto found, attribute(key, tag, value));
    dataset.set(std::move(found.element));
    return {};
  }

  Result<JsonAttribute> of_model(std::string_view key, Tag tag, const Json::Value& of) {
    const Json::Value& named = of["vr"];
    const std::string name = named.isString() ? named.asString() : "";
    const auto vr = name.size() == 2 ? parse_vr(name[0], name[1]) : std::nullopt;
    if (!vr) return refused_key(key, "unknown vr");
    for (const auto& member : of.getMemberNames()) {
      if (member == "vr" || member == "Value") continue;
      if (member == "BulkDataURI" && rules_.bulk_data != nullptr) {
        if (!of[member].isString()) return refused_key(key, "BulkDataURI is text");
        DCMFS_TRY(auto element, (*rules_.bulk_data)(tag, *vr, of[member].asString()));
        return JsonAttribute{std::move(element), {}};
      }
      if (member != "InlineBinary" || !is_bulk(*vr))
        return refused_key(key, "only vr and Value are read");
      const Json::Value& binary = of[member];
      if (!binary.isString()) return refused_key(key, "InlineBinary is text");
      DCMFS_TRY(auto element, element_from_uri(key, tag, *vr, "data:;base64," + binary.asString()));
      return JsonAttribute{std::move(element), {}};
    }
    const Json::Value& values = of["Value"];
    if (!values.isNull() && !values.isArray()) return refused_key(key, "Value is a list");
    return *vr == Vr::SQ ? of_items(key, tag, values) : of_values(key, tag, *vr, values, false);
  }

  // A list of objects, or one object alone.
  Result<JsonAttribute> of_items(std::string_view key, Tag tag, const Json::Value& value) {
    JsonAttribute made;
    made.element.tag = tag;
    made.element.vr = Vr::SQ;
    if (value.isNull()) return made;
    if (value.isObject()) {
      DCMFS_CHECK(add_all(add_item(made.element), value));
      return made;
    }
    // "" empties a sequence as it does other attributes.
    if (value.isString() && value.asString().empty()) return made;
    if (!value.isArray()) return refused_key(key, "a sequence is a list of objects");
    for (const Json::Value& item : value) {
      if (!item.isObject() && !item.isNull())
        return refused_key(key, "a sequence is a list of objects");
      Dataset& added = add_item(made.element);
      if (++count_ > kAttributesMax) return Error{Errc::too_large, "too many items"};
      if (item.isObject()) DCMFS_CHECK(add_all(added, item));
    }
    return made;
  }

  static Dataset& add_item(Element& sequence) {
    Dataset& item = sequence.items.emplace_back();
    item.character_set = CharacterSet::utf8();
    return item;
  }

  Result<JsonAttribute> of_values(std::string_view key, Tag tag, Vr vr, const Json::Value& value,
                                  bool is_open) {
    if (++count_ > kAttributesMax) return Error{Errc::too_large, "too many attributes"};
    JsonAttribute made;
    if (value.isString() && is_bulk(vr) && is_data_uri(value.asString())) {
      DCMFS_TRY(made.element, element_from_uri(key, tag, vr, value.asString()));
      return made;
    }
    DCMFS_TRY(std::string all, joined_text(key, vr, value));
    if (vr == Vr::UN && is_open) {
      // Nobody knows; text it is, which says so itself where the VR is written.
      const bool is_long = !fault_of_value(Vr::LO, all).empty();
      DCMFS_TRY(made.element, element_from_text(key, tag, is_long ? Vr::UT : Vr::LO, all, rules_));
    } else {
      const Vr signed_or_not = is_open && all.find('-') != std::string::npos ? Vr::SS : vr;
      DCMFS_TRY(made.element, element_from_text(key, tag, signed_or_not, all, rules_));
    }
    if (is_open) made.text = std::move(all);
    return made;
  }

  const JsonRules& rules_;
  std::size_t count_ = 0;
};

// The first line of JsonCpp's report, which has a place and no text of the file.
std::string place_of(const std::string& report) {
  const auto start = report.find_first_not_of("* ");
  if (start == std::string::npos) return "is no JSON";
  return report.substr(start, report.find('\n', start) - start) + ": is no JSON";
}

}  // namespace

Error refused_key(std::string_view key, std::string_view why) {
  return {Errc::invalid_argument,
          repair_utf8(cut_utf8(key, kKeyBytesMax)) + ": " + std::string(why)};
}

Result<Json::Value> parse_json(std::string_view text) {
  if (json_values_in(text) > kJsonValuesMax) return Error{Errc::too_large, "too many values"};
  Json::CharReaderBuilder builder;
  Json::CharReaderBuilder::strictMode(&builder.settings_);
  builder["stackLimit"] = kDepthMax;
  Json::Value root;
  std::string report;
  const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
  try {
    if (!reader->parse(text.data(), text.data() + text.size(), &root, &report))
      return Error{Errc::invalid_argument, place_of(report)};
  } catch (const std::exception&) {  // JsonCpp throws when the nesting is too deep
    return Error{Errc::too_large, "nested too deeply"};
  }
  return root;
}

Result<Dataset> dataset_from_json(const Json::Value& object, const JsonRules& rules) {
  Dataset dataset;
  dataset.character_set = CharacterSet::utf8();
  DCMFS_CHECK(JsonWalk(rules).add_all(dataset, object));
  return dataset;
}

Result<JsonAttribute> attribute_from_json(std::string_view key, Tag tag, const Json::Value& value,
                                          const JsonRules& rules) {
  return JsonWalk(rules).attribute(key, tag, value);
}

Result<Element> element_from_text(std::string_view key, Tag tag, Vr vr, std::string_view utf8,
                                  const JsonRules& rules) {
  if (is_bulk(vr) && !utf8.empty()) {
    return refused_key(key,
                       "its values are binary: write data:application/octet-stream;base64,...");
  }
  const bool may_be_empty = info(vr).text;
  for (const std::string_view part : split(utf8, '\\')) {
    if (utf8.empty() || (may_be_empty && trim(part).empty())) continue;
    if (const std::string_view fault = fault_of_number(vr, part); !fault.empty())
      return refused_key(key, fault);
  }
  if (rules.checked) {
    if (const std::string fault = fault_of_value(vr, utf8); !fault.empty())
      return refused_key(key, fault);
  }
  Dataset holder;
  holder.set_text(tag, vr, utf8);
  return Element(*holder.begin());
}

}  // namespace dcmfs
