#include "rest/orthanc/tag_json.h"

#include <algorithm>
#include <string>
#include <vector>

#include "store/dicom/private_names.h"
#include "store/dicom/text.h"

namespace dcmfs::rest {
namespace {

constexpr std::string_view kUnknown = "Unknown Tag & Data";
constexpr std::string_view kGroupLength = "GenericGroupLength";
constexpr std::string_view kPrivateCreator = "PrivateCreator";

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

struct Shown {
  std::string_view type = "Null";
  std::string_view text{};  // of a String: it stands in the element
  std::string made{};       // or it was made of that

  std::string_view value() const { return made.empty() ? text : std::string_view(made); }
};

// Of unknown VR, most of all private attributes in Implicit VR: what reads as text is meant as text.
bool reads_as_text(const Element& element) {
  return element.vr == Vr::UN && !element.on_disk() && is_plain(trim(element.value));
}

bool has_text(const Element& element) {
  const VrInfo& vr = info(element.vr);
  if (vr.text || reads_as_text(element)) return true;
  return !element.value.empty() &&
         (vr.unit > 0 && element.vr != Vr::OB && element.vr != Vr::OW && element.vr != Vr::OF &&
          element.vr != Vr::OD && element.vr != Vr::OL && element.vr != Vr::OV &&
          element.vr != Vr::UN);
}

std::string joined(const std::vector<std::string>& values) {
  std::string all;
  for (std::size_t i = 0; i < values.size(); ++i) all.append(i ? "\\" : "").append(values[i]);
  return all;
}

// "0020,9057": each tag as the keys of the answer have it. The value is in little endian.
std::string numbers_of_tags(std::string_view value) {
  const auto number = [&](std::size_t at) {
    return static_cast<std::uint16_t>(static_cast<unsigned char>(value[at]) |
                                      static_cast<unsigned char>(value[at + 1]) << 8);
  };
  std::string all;
  for (std::size_t at = 0; at + 4 <= value.size(); at += 4)
    all.append(at ? "\\" : "").append(to_string(Tag{number(at), number(at + 2)}));
  return all;
}

class Walk {
 public:
  Walk(JsonWriter& json, const DicomFile& file, const TagView& view)
      : json_(json), file_(file), view_(view) {}

  void write(const Dataset& dataset, const IsWanted& is_wanted, bool at_top) {
    json_.begin_object();
    Block block;
    std::vector<std::string> told;
    for (const Element& element : dataset) {
      if (at_top && !view_.behind_pixels && element.tag > tags::PixelData) break;
      if (element.tag.is_group_length() && element.tag.group != 0x0002) continue;
      if (is_wanted && !is_wanted(element)) continue;
      write_member(dataset, element, block, told);
    }
    json_.end_object();
  }

  void write_alone(const Dataset& dataset, const Element& element) {
    Block block;
    std::vector<std::string> told;
    write_member(dataset, element, block, told);
  }

  Shown show(const Dataset& dataset, const Element& element) const {
    Shown shown;
    if (const Vr vr = known_vr(dataset, element); vr != element.vr) {
      Element known = element;
      known.vr = vr;
      shown = show(dataset, known);
      shown.made = std::string(shown.value());  // what it stands in goes
      shown.text = {};
      return shown;
    }
    if (element.tag == tags::PixelData || !has_text(element)) return shown;
    const bool whole = view_.whole.contains(element.tag);
    if (element.on_disk()) {
      if (!whole) {
        shown.type = "TooLong";
        return shown;
      }
      Element read = element;
      auto value = read_value(file_, element, kLongBytesMax);
      if (!value) return shown;
      read.value = *std::move(value);
      shown.made = text_of(read, dataset.character_set);
    } else if (reads_as_text(element) || (info(element.vr).text && is_plain(element.value))) {
      shown.text = trim(element.value);
    } else {
      shown.made = text_of(element, dataset.character_set);
    }
    shown.type = !whole && shown.value().size() > kShownBytesMax ? "TooLong" : "String";
    return shown;
  }

 private:
  struct Block {  // of private elements, PS3.5 7.8.1
    std::uint32_t number = 0;
    std::string creator;
  };
  struct Named {
    std::string name;     // Name of the full format
    std::string key;      // of the names format
    std::string creator;  // of a private attribute that is known to have one
  };

  // `told`: names that are not the standard's alone.
  void write_member(const Dataset& dataset, const Element& element, Block& block,
                    std::vector<std::string>& told) {
    const Named named = name(dataset, element.tag, block, told);
    json_.key(view_.format == TagFormat::names ? std::string_view(named.key) : number(element.tag));
    write_value(dataset, element, named);
  }

  static const std::string& creator_of(const Dataset& dataset, Tag tag, Block& block) {
    const std::uint32_t number = tag.number() >> 8;
    if (block.number != number) {
      block.number = number;
      block.creator =
          dataset.text_or({tag.group, static_cast<std::uint16_t>(tag.element >> 8)}, {});
    }
    return block.creator;
  }

  Named name(const Dataset& dataset, Tag tag, Block& block, std::vector<std::string>& told) const {
    Named named;
    if (tag.is_private_creator()) {
      named.name = kPrivateCreator;
    } else if (tag.is_private() && tag.element >= 0x1000) {
      named.creator = creator_of(dataset, tag, block);
      named.name = private_name_of(tag, named.creator);
    } else {
      named.name = keyword_of(tag);
    }
    if (named.name.empty()) {
      named.name = tag.is_group_length() ? kGroupLength : kUnknown;
      named.key = to_string(tag);
    } else if (view_.format == TagFormat::names) {
      named.key = is_the_only(dataset, tag, named.name, told) ? named.name : to_string(tag);
    }
    return named;
  }

  // Only private attributes and repeating groups can have the name of another.
  static bool is_the_only(const Dataset& dataset, Tag tag, const std::string& name,
                          std::vector<std::string>& told) {
    if (!tag.is_private() && tag.group < 0x5000) return true;
    if (tag.is_private()) {
      const auto standard = tag_of(name);
      if (standard && dataset.contains(*standard)) return false;
    }
    if (std::ranges::find(told, name) != told.end()) return false;
    told.push_back(name);
    return true;
  }

  void write_value(const Dataset& dataset, const Element& element, const Named& named) {
    const bool full = view_.format == TagFormat::full;
    if (element.vr == Vr::SQ) {
      if (full) {
        begin_full(named);
        json_.member("Type", "Sequence").key("Value");
      }
      json_.begin_array();
      for (const Dataset& item : element.items) write(item, {}, false);
      json_.end_array();
    } else {
      const Shown shown = show(dataset, element);
      if (full) {
        begin_full(named);
        json_.member("Type", shown.type).key("Value");
      }
      shown.type == "String" ? json_.text(shown.value()) : json_.null();
    }
    if (full) json_.end_object();
  }

  void begin_full(const Named& named) {
    json_.begin_object().member("Name", named.name);
    if (!named.creator.empty()) json_.member("PrivateCreator", named.creator);
  }

  // As to_string(Tag), without making a string of it.
  std::string_view number(Tag tag) {
    constexpr char kDigits[] = "0123456789abcdef";
    const std::uint32_t n = tag.number();
    for (int i = 0; i < 4; ++i) number_[i] = kDigits[n >> (28 - 4 * i) & 15];
    for (int i = 4; i < 8; ++i) number_[i + 1] = kDigits[n >> (28 - 4 * i) & 15];
    return {number_, 9};
  }

  // Files in Implicit VR do not say the VR of private attributes.
  static Vr known_vr(const Dataset& dataset, const Element& element) {
    const Tag tag = element.tag;
    if (element.vr != Vr::UN || !tag.is_private() || tag.element < 0x1000) return element.vr;
    const Tag reserved{tag.group, static_cast<std::uint16_t>(tag.element >> 8)};
    const Vr vr = known_private_vr(tag, dataset.text_or(reserved, {}));
    return vr == Vr::SQ ? element.vr : vr;
  }

  static std::string text_of(const Element& element, const CharacterSet& set) {
    const VrInfo& vr = info(element.vr);
    if (element.vr == Vr::AT) return numbers_of_tags(element.value);
    if (!vr.text) return joined(texts_of(element, set));
    const std::string decoded =
        (vr.character_set ? set : CharacterSet()).to_utf8(element.value, element.vr);
    return std::string(trim(decoded));
  }

  JsonWriter& json_;
  const DicomFile& file_;
  const TagView& view_;
  char number_[9] = {0, 0, 0, 0, ',', 0, 0, 0, 0};
};

}  // namespace

Result<TagView> tag_view(const Parameters& query, TagFormat otherwise) {
  TagView view{.format = tag_format(query, otherwise)};
  view.behind_pixels = query.flag("whole");
  for (const auto& [name, value] : query.all()) {
    if (name != "ignore-length") continue;
    // A comma may be within a tag: "0010,0010".
    const bool is_one = tag_of(trim(value)).has_value();
    for (const std::string_view each :
         is_one ? std::vector<std::string_view>{value} : split(value, ',')) {
      const auto tag = tag_of(trim(each));
      if (!tag) return Error{Errc::invalid_argument, "ignore-length names an unknown tag"};
      view.whole.insert(*tag);
    }
  }
  return view;
}

std::optional<std::string> told_text(const DicomFile& file, const Dataset& dataset,
                                     const Element& element) {
  if (element.vr == Vr::SQ) return std::nullopt;
  JsonWriter unused;
  const TagView view;
  const Shown shown = Walk(unused, file, view).show(dataset, element);
  if (shown.type != "String") return std::nullopt;
  return std::string(shown.value());
}

void write_element(JsonWriter& json, const DicomFile& file, const Dataset& dataset,
                   const Element& element, const TagView& view) {
  Walk(json, file, view).write_alone(dataset, element);
}

void write_dataset(JsonWriter& json, const DicomFile& file, const Dataset& dataset,
                   const TagView& view, const IsWanted& is_wanted) {
  Walk(json, file, view).write(dataset, is_wanted, true);
}

}  // namespace dcmfs::rest
