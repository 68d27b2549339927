#include "store/dicom/dicom_json.h"

#include <array>
#include <cstdint>

#include "store/dicom/base64.h"
#include "store/dicom/binary.h"
#include "store/dicom/bulk_data.h"
#include "store/dicom/json.h"
#include "store/dicom/json_text.h"
#include "store/dicom/merged.h"
#include "store/dicom/text.h"

namespace dcmfs {
namespace {

// Integers up to here are exact in JavaScript, which has doubles alone.
constexpr std::uint64_t kExactIntegerMax = std::uint64_t{1} << 53;
constexpr int kTagDigits = 8;

void append_tag(std::string& out, Tag tag) {
  append_hex(out, tag.number(), kTagDigits);
}

class ModelWriter {
 public:
  explicit ModelWriter(std::string_view bulk_data)
      : path_(bulk_data), has_uri_(!bulk_data.empty()) {}

  // What both have is told of `also`.
  void append(const Dataset& dataset, const Dataset& also = {}) {
    out_ += '{';
    first_ = true;
    for_each_merged(dataset, also, [&](const Element& element, const Dataset& in) {
      append_element(element, in);
    });
    out_ += '}';
    first_ = false;
  }

  std::string take() && { return std::move(out_); }

 private:
  void append_element(const Element& element, const Dataset& dataset) {
    if (element.tag.is_group_length() || element.tag.group <= 2) return;
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    append_tag(out_, element.tag);
    out_ += "\":{\"vr\":\"";
    out_ += info(element.vr).name;
    out_ += '"';
    append_value(element, dataset.character_set);
    out_ += '}';
  }

  void append_value(const Element& element, const CharacterSet& character_set) {
    const VrInfo& vr = info(element.vr);
    if (element.vr == Vr::SQ) return append_items(element);
    if (element.value.empty() && !element.on_disk()) return;  // F.2.5
    if (is_bulk_data(element)) return append_uri(element);
    if (is_binary_bytes(element.vr)) {
      out_ += ",\"InlineBinary\":\"" + encode_base64(element.value) + '"';
    } else if (!vr.text) {
      append_binary_numbers(element);
    } else {
      append_texts(element, character_set);
    }
  }

  void append_items(const Element& sequence) {
    if (sequence.items.empty()) return;
    const std::size_t before = path_.size();
    out_ += ",\"Value\":[";
    for (std::size_t i = 0; i < sequence.items.size(); ++i) {
      if (i > 0) out_ += ',';
      path_ += '/';
      append_tag(path_, sequence.tag);
      path_ += '/' + std::to_string(i);
      append(sequence.items[i]);
      path_.resize(before);
    }
    out_ += ']';
  }

  void append_uri(const Element& element) {
    if (!has_uri_ || !may_be_bulk_data(element.vr)) return;
    std::string uri = path_ + '/';
    append_tag(uri, element.tag);
    out_ += ",\"BulkDataURI\":";
    append_json_string(out_, uri);
  }

  template <class Append>
  void append_list(std::size_t count, Append append_one) {
    out_ += ",\"Value\":[";
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) out_ += ',';
      append_one(i);
    }
    out_ += ']';
  }

  void append_texts(const Element& element, const CharacterSet& character_set) {
    const auto texts = texts_of(element, character_set);
    if (texts.empty() || (texts.size() == 1 && texts.front().empty())) return;
    // texts_of() leaves plain text whole.
    std::vector<std::string_view> values;
    for (const auto& text : texts) {
      if (info(element.vr).multi_valued) {
        for (const auto value : split(text, '\\')) values.push_back(value);
      } else {
        values.push_back(text);
      }
    }
    append_list(values.size(), [&](std::size_t i) { append_one_text(element.vr, values[i]); });
  }

  // F.2.5: of several values an empty one is null.
  void append_one_text(Vr vr, std::string_view text) {
    if (info(vr).multi_valued) text = vr == Vr::UC ? trim_right(text) : trim(text);
    if (text.empty()) {
      out_ += "null";
    } else if (vr == Vr::PN) {
      append_name(text);
    } else if ((vr != Vr::IS && vr != Vr::DS) || !append_decimal(out_, text)) {
      append_json_string(out_, text);
    }
  }

  // F.2.2: the groups that there are.
  void append_name(std::string_view name) {
    constexpr std::array kGroups{"Alphabetic", "Ideographic", "Phonetic"};
    const auto groups = split(name, '=');
    bool first = true;
    out_ += '{';
    for (std::size_t i = 0; i < groups.size() && i < kGroups.size(); ++i) {
      const auto group = trim(groups[i]);
      if (group.empty()) continue;
      if (!first) out_ += ',';
      first = false;
      out_ += '"';
      out_ += kGroups[i];
      out_ += "\":";
      append_json_string(out_, group);
    }
    out_ += '}';
  }

  template <class T>
  void append_numbers(const Element& element) {
    append_list(element.value.size() / sizeof(T), [&](std::size_t i) {
      const T number = load_little_endian<T>(element.value.data() + i * sizeof(T));
      if constexpr (std::is_floating_point_v<T>) {
        append_number(out_, static_cast<double>(number));  // the very value: JSON has doubles
      } else {
        const auto size = number < T{0} ? 0 - static_cast<std::uint64_t>(number)
                                        : static_cast<std::uint64_t>(number);
        const bool is_exact = size <= kExactIntegerMax;
        if (!is_exact) out_ += '"';
        append_number(out_, number);
        if (!is_exact) out_ += '"';
      }
    });
  }

  void append_binary_numbers(const Element& element) {
    if (element.vr == Vr::AT)
      return append_list(element.value.size() / 4, [&](std::size_t i) {
        const char* at = element.value.data() + 4 * i;
        out_ += '"';
        append_tag(out_, {load_little_endian<std::uint16_t>(at),
                          load_little_endian<std::uint16_t>(at + 2)});
        out_ += '"';
      });
    with_number_type(element.vr, [&]<class T>(T) { append_numbers<T>(element); });
  }

  std::string out_;
  std::string path_;  // of the data set that is being written
  const bool has_uri_;
  bool first_ = true;  // in the object that is being written
};

}  // namespace

std::string dicom_json(const Dataset& dataset, std::string_view bulk_data, const Dataset& also) {
  ModelWriter writer(bulk_data);
  writer.append(dataset, also);
  return std::move(writer).take();
}

}  // namespace dcmfs
