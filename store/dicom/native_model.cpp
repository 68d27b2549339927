#include "store/dicom/native_model.h"

#include <array>
#include <cmath>

#include "store/dicom/base64.h"
#include "store/dicom/binary.h"
#include "store/dicom/bulk_data.h"
#include "store/dicom/json_text.h"
#include "store/dicom/merged.h"
#include "store/dicom/private_block.h"
#include "store/dicom/text.h"

namespace dcmfs {
namespace {

constexpr int kModelTagDigits = 8;
constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

// XML 1.0 2.2: characters that stand for themselves, are written otherwise, or cannot be said at all.
void append_xml_text(std::string& out, std::string_view text) {
  std::string repaired;
  if (!is_valid_utf8(text)) text = repaired = repair_utf8(text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    switch (c) {
      case '\xef':  // U+FFFE and U+FFFF are no characters of XML
        if (const auto whole = text.substr(i, 3);
            whole == "\xef\xbf\xbe" || whole == "\xef\xbf\xbf") {
          out += kReplacement;
          i += 2;
        } else {
          out += c;
        }
        break;
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\r':  // a parser would make a line feed of it
        out += "&#13;";
        break;
      case '\t':
        out += "&#9;";
        break;
      case '\n':
        out += "&#10;";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20)
          out += kReplacement;
        else
          out += c;
    }
  }
}

class NativeModelWriter {
 public:
  explicit NativeModelWriter(std::string_view bulk_data)
      : path_(bulk_data), has_uri_(!bulk_data.empty()) {}

  void append(const Dataset& dataset, const Dataset& also = {}) {
    for_each_merged(dataset, also, [&](const Element& element, const Dataset& in) {
      append_attribute(element, in);
    });
  }

  std::string take() && { return std::move(out_); }

 private:
  void append_attribute(const Element& element, const Dataset& in) {
    if (element.tag.is_group_length() || element.tag.group <= 2) return;
    const auto creator = element.tag.is_private() ? creator_of(in, element.tag) : std::string();
    out_ += "<DicomAttribute tag=\"";
    append_hex(out_, creator.empty() ? element.tag.number() : element.tag.number() & 0xffff00ff,
               kModelTagDigits);
    out_ += "\" vr=\"";
    out_ += info(element.vr).name;
    out_ += '"';
    append_named(" keyword", keyword_of(element.tag));
    append_named(" privateCreator", creator);
    out_ += '>';
    append_value(element, in.character_set);
    out_ += "</DicomAttribute>";
  }

  void append_named(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    out_.append(name).append("=\"");
    append_xml_text(out_, value);
    out_ += '"';
  }

  void append_value(const Element& element, const CharacterSet& character_set) {
    if (element.vr == Vr::SQ) return append_items(element);
    if (element.value.empty() && !element.on_disk()) return;
    if (is_bulk_data(element)) return append_uri(element);
    if (is_binary_bytes(element.vr)) {
      out_ += "<InlineBinary>" + encode_base64(element.value) + "</InlineBinary>";
    } else if (!info(element.vr).text) {
      append_binary_numbers(element);
    } else {
      append_texts(element, character_set);
    }
  }

  void open(std::string_view what, std::size_t index) {
    out_.append("<")
        .append(what)
        .append(" number=\"")
        .append(std::to_string(index + 1))
        .append("\">");
  }
  void close(std::string_view what) { out_.append("</").append(what).append(">"); }

  void append_items(const Element& sequence) {
    const std::size_t before = path_.size();
    for (std::size_t i = 0; i < sequence.items.size(); ++i) {
      path_ += '/';
      append_hex(path_, sequence.tag.number(), kModelTagDigits);
      path_ += '/' + std::to_string(i);
      open("Item", i);
      append(sequence.items[i]);
      close("Item");
      path_.resize(before);
    }
  }

  void append_uri(const Element& element) {
    if (!has_uri_ || !may_be_bulk_data(element.vr)) return;
    std::string uri = path_ + '/';
    append_hex(uri, element.tag.number(), kModelTagDigits);
    out_ += "<BulkData";
    append_named(" uri", uri);
    out_ += "/>";
  }

  void append_texts(const Element& element, const CharacterSet& character_set) {
    const auto texts = texts_of(element, character_set);
    if (texts.empty() || (texts.size() == 1 && texts.front().empty())) return;
    std::size_t count = 0;
    for (const auto& text : texts) {
      if (!info(element.vr).multi_valued) {
        append_text(element.vr, count++, text);
        continue;
      }
      for (const auto value : split(text, '\\')) append_text(element.vr, count++, value);
    }
  }

  void append_text(Vr vr, std::size_t index, std::string_view text) {
    if (info(vr).multi_valued) text = vr == Vr::UC ? trim_right(text) : trim(text);
    if (vr == Vr::PN) return append_name(index, text);
    open("Value", index);
    append_xml_text(out_, text);
    close("Value");
  }

  // PS3.19 A.1.5.2: the groups and components that there are.
  void append_name(std::size_t index, std::string_view name) {
    constexpr std::array<std::string_view, 3> kGroups{"Alphabetic", "Ideographic", "Phonetic"};
    constexpr std::array<std::string_view, 5> kComponents{"FamilyName", "GivenName", "MiddleName",
                                                          "NamePrefix", "NameSuffix"};
    open("PersonName", index);
    const auto groups = split(name, '=');
    for (std::size_t i = 0; i < groups.size() && i < kGroups.size(); ++i) {
      const auto group = trim(groups[i]);
      if (group.empty()) continue;
      out_.append("<").append(kGroups[i]).append(">");
      const auto components = split(group, '^');
      for (std::size_t n = 0; n < components.size() && n < kComponents.size(); ++n) {
        if (trim(components[n]).empty()) continue;
        out_.append("<").append(kComponents[n]).append(">");
        append_xml_text(out_, trim(components[n]));
        close(kComponents[n]);
      }
      close(kGroups[i]);
    }
    close("PersonName");
  }

  template <class T>
  void append_numbers(const Element& element) {
    for (std::size_t i = 0; i < element.value.size() / sizeof(T); ++i) {
      const T number = load_little_endian<T>(element.value.data() + i * sizeof(T));
      open("Value", i);
      if constexpr (std::is_floating_point_v<T>) {  // as xs:double has them
        if (!std::isfinite(number))
          out_ += std::isnan(number) ? "NaN" : number > 0 ? "INF" : "-INF";
        else
          append_number(out_, number);
      } else {
        append_number(out_, number);
      }
      close("Value");
    }
  }

  void append_binary_numbers(const Element& element) {
    if (with_number_type(element.vr, [&]<class T>(T) { append_numbers<T>(element); })) return;
    for (std::size_t i = 0; i < element.value.size() / 4; ++i) {  // AT
      const char* at = element.value.data() + 4 * i;
      const Tag tag{load_little_endian<std::uint16_t>(at),
                    load_little_endian<std::uint16_t>(at + 2)};
      open("Value", i);
      append_hex(out_, tag.number(), kModelTagDigits);
      close("Value");
    }
  }

  std::string out_;
  std::string path_;  // of the data set that is being written
  const bool has_uri_;
};

}  // namespace

std::string native_dicom_model(const Dataset& dataset, std::string_view bulk_data,
                               const Dataset& also) {
  NativeModelWriter writer(bulk_data);
  writer.append(dataset, also);
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
         "<NativeDicomModel xmlns=\"http://dicom.nema.org/PS3.19/models/NativeDICOM\" "
         "xml:space=\"preserve\">" +
         std::move(writer).take() + "</NativeDicomModel>\n";
}

}  // namespace dcmfs
