#include "store/dicom/json.h"

#include <set>

#include "store/dicom/binary.h"
#include "store/dicom/dictionary.h"
#include "store/dicom/element_header.h"
#include "store/dicom/json_text.h"
#include "store/dicom/json_writer.h"
#include "store/dicom/text.h"

namespace dcmfs {
namespace {

// Longer lists of binary numbers are tables, which nobody reads as JSON.
constexpr std::size_t kBinaryNumbersMax = 256;
// LO has 64 characters of at most 4 bytes: a longer private creator is not repeated in every key.
constexpr std::size_t kCreatorBytesMax = 256;
// From here on values are told by their length and private attributes by their number alone. No
// reader of JSON likes more, and every byte of a file can become six of JSON.
constexpr std::size_t kWholeBytesMax = 64 << 20;

class Writer {
 public:
  void append(const Dataset* meta, const Dataset& dataset) {
    json_.begin_object();
    if (meta != nullptr) append_attributes(*meta);
    append_attributes(dataset);
    json_.end_object();
  }

  std::string take() && { return std::move(json_).take(); }

 private:
  // -- attributes

  struct PrivateBlock {  // of the elements (gggg,xx00-xxFF), PS3.5 7.8.1
    unsigned group = 0, number = 0;
    std::string creator;    // as a key shows it
    bool repeated = false;  // a lower block of the group has the same creator
  };

  void append_attributes(const Dataset& dataset) {
    PrivateBlock block;
    std::set<std::string> creators;  // of the group
    for (const Element& element : dataset) {
      const Tag tag = element.tag;
      if (tag.is_group_length()) continue;
      std::string& out = json_.raw_key();
      if (tag.is_private() && tag.element >= 0x1000) {
        const unsigned number = tag.element >> 8;
        if (block.group != tag.group) creators.clear();
        if (block.group != tag.group || block.number != number) {
          block = {tag.group, number, creator_of(dataset, tag), false};
          block.repeated = !creators.insert(block.creator).second;
        }
        append_json_string(out, private_key(tag, block));
      } else {
        append_key(out, tag);
      }
      append_value(element, dataset.character_set);
    }
  }

  static std::string creator_of(const Dataset& dataset, Tag tag) {
    const Tag reservation{tag.group, static_cast<std::uint16_t>(tag.element >> 8)};
    const std::string creator = dataset.text_or(reservation, "");
    return std::string(cut_utf8(creator, kCreatorBytesMax));
  }

  bool is_long() const { return json_.size() > kWholeBytesMax; }

  std::string private_key(Tag tag, const PrivateBlock& block) const {
    std::string key = "Private_";
    append_hex(key, tag.group, 4);
    key.push_back('_');
    // The number of the block tells those apart that the creator does not.
    const bool with_creator = !block.creator.empty() && !is_long();
    const bool whole_element = !with_creator || block.repeated;
    append_hex(key, whole_element ? tag.element : tag.element & 0xffu, whole_element ? 4 : 2);
    if (with_creator) key.append("_").append(block.creator);
    return key;
  }

  static void append_key(std::string& out, Tag tag) {
    out.push_back('"');
    if (const DictionaryEntry* entry = find_in_dictionary(tag);
        entry != nullptr && !entry->keyword.empty()) {
      out += entry->keyword;
      append_repetition(out, tag, entry->tag);
    } else {
      out += tag.is_private_creator() ? "PrivateCreator_"
             : tag.is_private()       ? "Private_"
                                      : "Unknown_";
      append_hex(out, tag.group, 4);
      out.push_back('_');
      append_hex(out, tag.element, tag.is_private_creator() ? 2 : 4);
    }
    out.push_back('"');
  }

  // PS3.5 7.6: the overlay groups 6000, 6002 ... have the same keywords.
  static void append_repetition(std::string& out, Tag tag, Tag first) {
    if (tag == first) return;
    out.push_back('_');
    append_hex(out, tag.group != first.group ? tag.group : tag.element, 4);
  }

  // -- values

  void append_value(const Element& element, const CharacterSet& character_set) {
    if (element.vr == Vr::SQ) return append_items(element);
    std::string& out = json_.raw();
    if (element.length == Element::kUndefinedLength)
      return append_length(out, fragment_bytes(element));
    if (element.on_disk()) return append_length(out, element.length);
    if (is_long()) return append_length(out, std::ssize(element.value));
    if (element.value.empty()) {
      out += "null";
    } else if (element.vr == Vr::IS || element.vr == Vr::DS) {
      append_decimals(out, element);
    } else if (info(element.vr).text) {
      append_texts(out, texts_of(element, character_set));
    } else {
      append_binary(out, element);
    }
  }

  void append_items(const Element& sequence) {
    json_.begin_array();
    for (const Dataset& item : sequence.items) append(nullptr, item);
    json_.end_array();
  }

  static void append_length(std::string& out, std::int64_t bytes) {
    out += "{\"BinaryLength\": ";
    append_number(out, bytes);
    out.push_back('}');
  }

  static std::int64_t fragment_bytes(const Element& element) {
    if (element.value.empty()) return element.fragment_bytes;
    std::int64_t bytes = 0;
    std::string_view rest = element.value;
    for (bool fragment = false;; fragment = true) {  // the first item is the offset table
      const auto item = parse_header(rest, kImplicitLittleEndian);
      if (!item || item->tag != kItem) return bytes;
      const std::int64_t size = item->size + item->length;
      if (item->length < 0 || size > static_cast<std::int64_t>(rest.size())) return bytes;
      if (fragment) bytes += item->length;
      rest.remove_prefix(static_cast<std::size_t>(size));
    }
  }

  // One value as it is, several as an array.
  template <class Append>
  static void append_list(std::string& out, std::size_t count, Append append_one) {
    if (count != 1) out.push_back('[');
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) out += ", ";
      append_one(i);
    }
    if (count != 1) out.push_back(']');
  }

  static void append_texts(std::string& out, const std::vector<std::string>& texts) {
    append_list(out, texts.size(), [&](std::size_t i) { append_text(out, texts[i]); });
  }

  static void append_text(std::string& out, std::string_view text) {
    if (text.empty()) {
      out += "null";
    } else {
      append_json_string(out, text);
    }
  }

  static void append_decimals(std::string& out, const Element& element) {
    const auto parts = split(element.value, '\\');
    append_list(out, parts.size(), [&](std::size_t i) {
      if (append_decimal(out, parts[i])) return;
      append_text(out, trim(CharacterSet().to_utf8(parts[i], element.vr)));
    });
  }

  template <class T>
  static void append_numbers(std::string& out, const Element& element) {
    append_list(out, element.value.size() / sizeof(T), [&](std::size_t i) {
      append_number(out, load_little_endian<T>(element.value.data() + i * sizeof(T)));
    });
  }

  static void append_binary(std::string& out, const Element& element) {
    const std::size_t count = count_values(element);
    if (count == 0 || count > kBinaryNumbersMax)
      return append_length(out, std::ssize(element.value));
    if (element.vr == Vr::AT) return append_texts(out, texts_of(element, {}));
    if (!with_number_type(element.vr, [&]<class T>(T) { append_numbers<T>(out, element); }))
      append_length(out, std::ssize(element.value));
  }

  JsonWriter json_{JsonWriter::Layout::indented};
};

}  // namespace

std::string keyword_json(const DicomFile& file) {
  Writer writer;
  writer.append(&file.meta, file.dataset);
  return std::move(writer).take();
}

std::string keyword_json(const Dataset& dataset) {
  Writer writer;
  writer.append(nullptr, dataset);
  return std::move(writer).take();
}

}  // namespace dcmfs
