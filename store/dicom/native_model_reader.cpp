#include "store/dicom/native_model_reader.h"

#include <algorithm>
#include <climits>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <libxml/xmlreader.h>

#include "store/dicom/json.h"
#include "store/dicom/json_text.h"
#include "store/dicom/tag.h"
#include "store/dicom/text.h"
#include "store/number.h"

namespace dcmfs {
namespace {

constexpr std::size_t kGapMax = 1024;  // values that a number leaves out
constexpr std::string_view kComponentNames[] = {"FamilyName", "GivenName", "MiddleName",
                                                "NamePrefix", "NameSuffix"};
constexpr std::string_view kGroupNames[] = {"Alphabetic", "Ideographic", "Phonetic"};

using Texts = std::map<std::size_t, std::string>;  // by number, JSON

struct ModelAttribute {
  std::uint32_t tag = 0;
  std::string creator;
  std::string vr;
  std::string value;       // a member of JSON with its comma, or nothing
  std::string first_text;  // of a private creator
};

bool is_private_creator(std::uint32_t tag) {
  return (tag >> 16) % 2 == 1 && (tag & 0xffff) >= 0x10 && (tag & 0xffff) <= 0xff;
}

void append_attribute(std::string& out, std::uint32_t tag, std::string_view vr,
                      std::string_view value) {
  out += out.ends_with('{') ? "\"" : ",\"";
  append_hex(out, tag, 8);
  out += "\":{\"vr\":";
  append_json_string(out, vr);
  out.append(value).append("}");
}

// PS3.5 7.8.1: the blocks of one data set.
class PrivateBlocks {
 public:
  explicit PrivateBlocks(const std::vector<ModelAttribute>& attributes) {
    for (const auto& one : attributes)
      if (is_private_creator(one.tag)) reserve(one.tag >> 16, one.tag & 0xff, one.first_text);
  }
  // Where it stands. What it adds are the creators that nobody wrote.
  std::optional<std::uint32_t> place(const ModelAttribute& one, std::string& added) {
    if (one.creator.empty() || is_private_creator(one.tag)) return one.tag;
    const std::uint32_t group = one.tag >> 16;
    auto found = blocks_.find({group, one.creator});
    if (found == blocks_.end()) {
      std::uint32_t block = one.tag >> 8 & 0xff;
      if (block < 0x10 || taken_.contains({group, block}))
        for (block = 0x10; taken_.contains({group, block}); ++block) {
        }
      if (block > 0xff) return std::nullopt;
      found = reserve(group, block, one.creator);
      std::string value = ",\"Value\":[";
      append_json_string(value, one.creator);
      append_attribute(added, group << 16 | block, "LO", value + ']');
    }
    return group << 16 | found->second << 8 | (one.tag & 0xff);
  }

 private:
  using Blocks = std::map<std::pair<std::uint32_t, std::string>, std::uint32_t>;
  Blocks::iterator reserve(std::uint32_t group, std::uint32_t block, const std::string& creator) {
    taken_.insert({group, block});
    return blocks_.try_emplace({group, creator}, block).first;
  }

  std::set<std::pair<std::uint32_t, std::uint32_t>> taken_;
  Blocks blocks_;  // by group and creator
};

class NativeModelReader {
 public:
  explicit NativeModelReader(std::string_view xml)
      : reader_(xmlReaderForMemory(
                    xml.data(), static_cast<int>(xml.size()), nullptr, nullptr,
                    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_COMPACT),
                xmlFreeTextReader) {}

  Result<std::string> read() {
    if (!reader_) return refused("not readable");
    do {
      DCMFS_CHECK(advance());
    } while (type() != XML_READER_TYPE_ELEMENT);
    if (name() != "NativeDicomModel") return refused("no NativeDicomModel");
    DCMFS_TRY(auto json, data_set());
    for (int more; (more = xmlTextReaderRead(reader_.get())) != 0;)
      if (more < 0) return refused("not well-formed");
    return json;
  }

 private:
  Error refused(std::string_view why) const {
    const int line = reader_ ? xmlTextReaderGetParserLineNumber(reader_.get()) : 0;
    return {Errc::invalid_argument, "XML: line " + std::to_string(line) + ": " + std::string(why)};
  }
  // The next piece; there must be one.
  Result<> advance() {
    if (xmlTextReaderRead(reader_.get()) != 1) return refused("not well-formed");
    if (type() == XML_READER_TYPE_DOCUMENT_TYPE || type() == XML_READER_TYPE_ENTITY_REFERENCE)
      return refused("a document type is not taken");
    return {};
  }
  int type() const { return xmlTextReaderNodeType(reader_.get()); }
  std::string_view name() const {
    return reinterpret_cast<const char*>(xmlTextReaderConstLocalName(reader_.get()));
  }
  std::string attribute(const char* of) const {
    const std::unique_ptr<xmlChar, void (*)(void*)> value(
        xmlTextReaderGetAttribute(reader_.get(), reinterpret_cast<const xmlChar*>(of)), xmlFree);
    return value ? reinterpret_cast<const char*>(value.get()) : "";
  }
  std::string_view text_here() const {
    const auto* text = xmlTextReaderConstValue(reader_.get());
    return text ? reinterpret_cast<const char*>(text) : "";
  }

  // Calls `each` for the elements in this one, `text` for the characters between them.
  template <class Each, class Text>
  Result<> contents(Each&& each, Text&& text) {
    if (xmlTextReaderIsEmptyElement(reader_.get()) == 1) return {};
    const int depth = xmlTextReaderDepth(reader_.get());
    for (;;) {
      DCMFS_CHECK(advance());
      switch (type()) {
        case XML_READER_TYPE_END_ELEMENT:
          if (xmlTextReaderDepth(reader_.get()) == depth) return {};
          break;
        case XML_READER_TYPE_ELEMENT:
          DCMFS_CHECK(each(name()));
          break;
        case XML_READER_TYPE_TEXT:
        case XML_READER_TYPE_CDATA:
        case XML_READER_TYPE_WHITESPACE:
        case XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
          DCMFS_CHECK(text(text_here()));
          break;
        default:
          break;  // comments, processing instructions
      }
    }
  }
  template <class Each>
  Result<> elements(Each&& each) {
    return contents(std::forward<Each>(each), [&](std::string_view text) -> Result<> {
      if (text.find_first_not_of(" \t\r\n") == text.npos) return {};
      return refused("text where elements belong");
    });
  }
  Result<std::string> text() {
    std::string all;
    DCMFS_CHECK(contents(
        [&](std::string_view) -> Result<> { return refused("an element where text belongs"); },
        [&](std::string_view text) -> Result<> {
          all += text;
          return {};
        }));
    return all;
  }

  Result<std::string> data_set() {
    std::vector<ModelAttribute> attributes;
    DCMFS_CHECK(elements([&](std::string_view element) -> Result<> {
      if (element != "DicomAttribute") return refused("an element that is no DicomAttribute");
      DCMFS_TRY(auto one, dicom_attribute());
      attributes.push_back(std::move(one));
      return {};
    }));
    PrivateBlocks blocks(attributes);
    std::string out = "{";
    for (const auto& one : attributes) {
      const auto tag = blocks.place(one, out);
      if (!tag) return refused("too many private blocks");
      append_attribute(out, *tag, one.vr, one.value);
    }
    return out + '}';
  }

  Result<ModelAttribute> dicom_attribute() {
    ModelAttribute one;
    const std::string tag = attribute("tag");
    const auto parsed = parse_whole<decltype(one.tag)>(tag, 16);
    if (!parsed || tag.size() != 8) return refused("a tag has eight hexadecimal digits");
    one.tag = *parsed;
    one.vr = attribute("vr");
    one.creator = attribute("privateCreator");
    Texts values;
    DCMFS_CHECK(elements([&](std::string_view element) -> Result<> {
      if (element == "BulkData" || element == "InlineBinary")
        return binary(one, values, element == "BulkData");
      if (!one.value.empty()) return refused("a value that is binary and something else");
      DCMFS_TRY(const std::size_t number, number_of(values));
      std::string& json = values[number];
      if (element == "Value") return value(one, json);
      if (element == "PersonName") return person_name(json);
      if (element != "Item") return refused("an element that no attribute has");
      DCMFS_TRY(json, data_set());
      return {};
    }));
    if (!values.empty()) one.value = list_of(values);
    return one;
  }

  Result<> binary(ModelAttribute& one, const Texts& values, bool is_bulk_data) {
    if (!values.empty() || !one.value.empty())
      return refused("a value that is binary and something else");
    std::string text;
    if (is_bulk_data) {
      text = attribute("uri").empty() ? attribute("uuid") : attribute("uri");
      DCMFS_CHECK(elements(
          [&](std::string_view) -> Result<> { return refused("an element in BulkData"); }));
    } else {
      DCMFS_TRY(const auto written, this->text());
      for (const char c : written)
        if (c != ' ' && c != '\t' && c != '\r' && c != '\n') text += c;
    }
    one.value = is_bulk_data ? ",\"BulkDataURI\":" : ",\"InlineBinary\":";
    append_json_string(one.value, text);
    return {};
  }

  Result<std::size_t> number_of(const Texts& values) {
    const std::string text = attribute("number");
    std::size_t number = values.empty() ? 1 : values.rbegin()->first + 1;
    if (!text.empty()) {
      number = parse_whole<std::size_t>(text).value_or(0);
      if (number == 0) return refused("a number that is none");
    }
    if (values.contains(number) || number > values.size() + kGapMax)
      return refused("a number that comes twice, or far behind the others");
    return number;
  }

  Result<> value(ModelAttribute& one, std::string& json) {
    DCMFS_TRY(auto text, this->text());
    if (one.first_text.empty()) one.first_text = text;
    // xs:double and PS3.18 F.2.3 write them otherwise.
    if (one.vr == "FD" || one.vr == "FL") {
      if (text == "INF") text = "Infinity";
      if (text == "-INF") text = "-Infinity";
    }
    if (text.empty())
      json = "null";
    else
      append_json_string(json, text);
    return {};
  }

  // PS3.19 A.1.5.2, PS3.18 F.2.2: the components of a group in one text.
  Result<> person_name(std::string& json) {
    json = "{";
    std::set<std::string_view> groups;
    DCMFS_CHECK(elements([&](std::string_view element) -> Result<> {
      const auto* group = std::ranges::find(kGroupNames, element);
      if (group == std::end(kGroupNames)) return refused("an element that no name has");
      if (!groups.insert(*group).second) return refused("a part of a name that comes twice");
      DCMFS_TRY(const auto text, name_group());
      json += json.size() == 1 ? "\"" : ",\"";
      json.append(*group).append("\":");
      append_json_string(json, text);
      return {};
    }));
    json += '}';
    return {};
  }
  Result<std::string> name_group() {
    std::string components[std::size(kComponentNames)];
    DCMFS_CHECK(elements([&](std::string_view element) -> Result<> {
      const auto* component = std::ranges::find(kComponentNames, element);
      if (component == std::end(kComponentNames)) return refused("an element that no name has");
      DCMFS_TRY(components[component - kComponentNames], text());
      return {};
    }));
    std::string joined;
    for (const auto& component : components) joined.append(component).append("^");
    return joined.substr(0, joined.find_last_not_of('^') + 1);
  }

  static std::string list_of(const Texts& values) {
    std::string list = ",\"Value\":[";
    std::size_t next = 1;
    for (const auto& [number, json] : values) {
      for (; next < number; ++next) list += next == 1 ? "null" : ",null";
      if (next++ > 1) list += ',';
      list += json;
    }
    return list + ']';
  }

  std::unique_ptr<xmlTextReader, void (*)(xmlTextReaderPtr)> reader_;
};

}  // namespace

Result<std::string> json_of_native_model(std::string_view xml) {
  if (xml.size() > INT_MAX) return Error{Errc::too_large, "XML: too long"};
  static const bool is_ready = (xmlInitParser(), true);  // before threads meet in it
  (void)is_ready;
  return NativeModelReader(xml).read();
}

}  // namespace dcmfs
