#include "store/dicom/recode.h"

#include <algorithm>
#include <utility>

#include "store/dicom/character_set_terms.h"
#include "store/dicom/text.h"

namespace dcmfs {
namespace {

constexpr std::string_view kUtf8Term = "ISO_IR 192";

std::string joined(const std::vector<std::string>& values) {
  std::string text;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) text += '\\';
    text += values[i];
  }
  return text;
}

void set_value(Element& element, std::string bytes) {
  if (bytes.size() % 2 != 0) bytes.push_back(info(element.vr).padding);  // PS3.5 7.1.1
  element.value = std::move(bytes);
  element.length = static_cast<std::int64_t>(element.value.size());
  element.offset = -1;
}

bool is_all_ascii(const Dataset& dataset) {
  return std::ranges::all_of(dataset, [](const Element& element) {
    if (element.vr == Vr::SQ) return std::ranges::all_of(element.items, is_all_ascii);
    return !info(element.vr).text ||
           (is_ascii(element.value) &&
            element.value.find(character_sets::kEscape) == std::string::npos);
  });
}

// CS, UI and the like have no letters beyond ASCII (PS3.5 6.1.2.3), whatever a file says there.
std::string ascii_of(std::string_view text) {
  std::string ascii;
  for (const char c : text)
    if ((c & 0xC0) != 0x80) ascii += (c & 0x80) != 0 ? '?' : c;  // one for each character
  return ascii;
}

// nullopt: a character is missing.
std::optional<Dataset> encoded(const Dataset& utf8, const CharacterSet& set) {
  Dataset dataset;
  dataset.character_set = set;
  for (const Element& element : utf8) {
    auto bytes = encoded_for(element, set);
    if (!bytes) return std::nullopt;
    dataset.set(*std::move(bytes));
  }
  return dataset;
}

Dataset decoded(const Dataset& dataset) {
  Dataset utf8;
  for (const Element& element : dataset) {
    const VrInfo& vr = info(element.vr);
    if (element.tag == tags::SpecificCharacterSet) continue;
    if (element.vr == Vr::SQ) {
      Element sequence;
      sequence.tag = element.tag;
      sequence.vr = Vr::SQ;
      for (const Dataset& item : element.items) sequence.items.push_back(decoded(item));
      utf8.set(std::move(sequence));
    } else if (vr.text && vr.character_set && !element.on_disk()) {
      utf8.set(in_utf8(element, dataset.character_set));
    } else {
      utf8.set(element);
    }
  }
  utf8.character_set = CharacterSet::utf8();
  return utf8;
}

}  // namespace

Element in_utf8(const Element& element, const CharacterSet& character_set) {
  Element text;
  text.tag = element.tag;
  text.vr = element.vr;
  for (const Dataset& item : element.items) {
    Dataset& copy = text.items.emplace_back();
    for (const Element& of_item : item)
      if (of_item.tag != tags::SpecificCharacterSet) copy.set(in_utf8(of_item, item.character_set));
  }
  if (element.on_disk()) return text;
  set_value(text, info(element.vr).text ? joined(texts_of(element, character_set)) : element.value);
  return text;
}

Dataset in_character_set(const Dataset& utf8, std::string_view preferred) {
  if (is_all_ascii(utf8)) return utf8;
  for (const std::string_view terms : {preferred, kUtf8Term}) {
    if (auto recoded = recoded_from_utf8(utf8, terms)) return *std::move(recoded);
  }
  return utf8;  // not reached but by text that is no UTF-8
}

std::optional<Element> encoded_for(const Element& utf8, const CharacterSet& set) {
  if (utf8.vr == Vr::SQ) {
    Element sequence;
    sequence.tag = utf8.tag;
    sequence.vr = Vr::SQ;
    for (const Dataset& item : utf8.items) {
      auto bytes = encoded(item, set);
      if (!bytes) return std::nullopt;
      sequence.items.push_back(*std::move(bytes));
    }
    return sequence;
  }
  Element element = utf8;
  const VrInfo& vr = info(utf8.vr);
  if (!vr.text || utf8.on_disk()) return element;
  if (!vr.character_set) {
    set_value(element, ascii_of(utf8.value));
    return element;
  }
  std::string text(trim_right(utf8.value));
  std::erase(text, character_sets::kEscape);  // what it begins here is no code extension
  auto bytes = set.from_utf8(text, utf8.vr);
  if (!bytes) return std::nullopt;
  set_value(element, *std::move(bytes));
  return element;
}

Dataset recoded_to_utf8(const Dataset& dataset) {
  Dataset utf8 = decoded(dataset);
  utf8.set_text(tags::SpecificCharacterSet, kUtf8Term);
  return utf8;
}

std::optional<Dataset> recoded_from_utf8(const Dataset& utf8, std::string_view terms) {
  auto dataset = encoded(utf8, CharacterSet::parse(terms));
  if (!dataset) return std::nullopt;
  // UTF-8 that somebody asked for by another name is UTF-8.
  const bool is_utf8 = CharacterSet::parse(terms) == CharacterSet::utf8();
  dataset->set_text(tags::SpecificCharacterSet, is_utf8 ? kUtf8Term : terms);
  return dataset;
}

}  // namespace dcmfs
