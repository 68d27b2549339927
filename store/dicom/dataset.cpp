#include "store/dicom/dataset.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "store/dicom/binary.h"
#include "store/dicom/number_text.h"
#include "store/dicom/text.h"
#include "store/number.h"

namespace dcmfs {
namespace {

bool is_before(const Element& element, Tag tag) {
  return element.tag < tag;
}

bool is_plain_ascii(std::string_view text) {
  // Without the escape of ISO 2022 and '~' and '\', which are other signs in ISO_IR 13.
  return std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<signed char>(c) < 0 || c == '\x1b' || c == '~' || c == '\\';
  });
}

std::string_view without_padding(std::string_view value, const VrInfo& vr) {
  // PS3.5 6.2: leading spaces are significant in the VRs that hold free text.
  const bool free_text = !vr.multi_valued || vr.vr == Vr::UC;
  return free_text ? trim_right(value) : trim(value);
}

// -- one binary value

template <class T>
T value_at(const Element& element, std::size_t index) {
  return load_little_endian<T>(element.value.data() + index * sizeof(T));
}

// Of the VRs whose values are numbers one by one; 0 for bulk data, text and sequences.
std::size_t bytes_of_number(Vr vr) {
  switch (vr) {
    case Vr::AT:
      return 4;
    case Vr::FD:
    case Vr::FL:
    case Vr::SL:
    case Vr::SS:
    case Vr::SV:
    case Vr::UL:
    case Vr::US:
    case Vr::UV:
      return info(vr).unit;
    default:
      return 0;
  }
}

std::string hex_of_tag(const Element& element, std::size_t index) {
  const Tag tag{value_at<std::uint16_t>(element, 2 * index),
                value_at<std::uint16_t>(element, 2 * index + 1)};
  std::string text = to_string(tag);
  text.erase(4, 1);
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return text;
}

std::string text_of_number(const Element& element, std::size_t index) {
  if (element.vr == Vr::AT) return hex_of_tag(element, index);
  std::string text;
  with_number_type(element.vr, [&]<class T>(T) {
    const auto number = value_at<T>(element, index);
    if constexpr (std::is_floating_point_v<T>)
      text = shortest_text(number);
    else
      text = std::to_string(number);
  });
  return text;
}

// A number that the type cannot hold becomes the nearest that it can.
template <class T>
void append_binary(std::string& out, double number) {
  if constexpr (std::is_floating_point_v<T>) {
    append_little_endian(out, static_cast<T>(number));
  } else {
    constexpr auto kMin = static_cast<double>(std::numeric_limits<T>::min());
    constexpr auto kMax = static_cast<double>(std::numeric_limits<T>::max());
    if (std::isnan(number)) number = 0;
    const T held = number >= kMax   ? std::numeric_limits<T>::max()
                   : number <= kMin ? std::numeric_limits<T>::min()
                                    : static_cast<T>(std::round(number));
    append_little_endian(out, held);
  }
}

void append_binary(std::string& out, Vr vr, double number) {
  switch (vr) {
    case Vr::FD:
    case Vr::OD:
      return append_binary<double>(out, number);
    case Vr::FL:
    case Vr::OF:
      return append_binary<float>(out, number);
    case Vr::SL:
      return append_binary<std::int32_t>(out, number);
    case Vr::SS:
      return append_binary<std::int16_t>(out, number);
    case Vr::SV:
      return append_binary<std::int64_t>(out, number);
    case Vr::UL:
    case Vr::OL:
      return append_binary<std::uint32_t>(out, number);
    case Vr::US:
    case Vr::OW:
      return append_binary<std::uint16_t>(out, number);
    case Vr::UV:
    case Vr::OV:
      return append_binary<std::uint64_t>(out, number);
    default:
      return append_binary<std::uint8_t>(out, number);
  }
}

void append_from_text(std::string& out, Vr vr, std::string_view text) {
  if (vr == Vr::AT) {
    const Tag pointed = tag_of(trim(text)).value_or(Tag{});
    append_little_endian(out, pointed.group);
    append_little_endian(out, pointed.element);
  } else if (const auto exact = parse_integer(text); exact && vr == Vr::SV) {
    append_little_endian(out, *exact);
  } else if (const auto natural = parse_whole<std::uint64_t>(trim(text)); natural && vr == Vr::UV) {
    append_little_endian(out, *natural);
  } else {
    append_binary(out, vr, parse_float(text).value_or(0));
  }
}

std::string decimal_of(Vr vr, double number) {
  return vr == Vr::IS && std::abs(number) < 1e15 ? std::to_string(std::llround(number))
                                                 : decimal_text(number);
}

}  // namespace

// -- values of an element

std::vector<std::string> texts_of(const Element& element, const CharacterSet& character_set) {
  std::vector<std::string> texts;
  const VrInfo& vr = info(element.vr);
  if (element.value.empty()) return texts;
  if (!vr.text) {
    const std::size_t count = bytes_of_number(element.vr) == 0 ? 0 : count_values(element);
    texts.reserve(count);
    for (std::size_t i = 0; i < count; ++i) texts.push_back(text_of_number(element, i));
    return texts;
  }
  if (is_plain_ascii(element.value)) {
    texts.emplace_back(without_padding(element.value, vr));
    return texts;
  }
  // Decoded before it is split: '\' can be the second byte of a character (PS3.5 6.1.2.5.3).
  const std::string decoded = vr.character_set ? character_set.to_utf8(element.value, element.vr)
                                               : CharacterSet().to_utf8(element.value, element.vr);
  if (!vr.multi_valued) {
    texts.emplace_back(without_padding(decoded, vr));
    return texts;
  }
  const auto parts = split(decoded, '\\');
  texts.reserve(parts.size());
  for (std::string_view part : parts) texts.emplace_back(without_padding(part, vr));
  return texts;
}

std::optional<double> number_of(const Element& element, std::size_t index) {
  if (element.value.empty()) return std::nullopt;
  if (info(element.vr).text) {
    std::string_view rest = element.value;
    for (; index > 0; --index) {
      const std::size_t separator = rest.find('\\');
      if (separator == std::string_view::npos) return std::nullopt;
      rest.remove_prefix(separator + 1);
    }
    return parse_decimal(rest.substr(0, rest.find('\\')));
  }
  const std::size_t bytes = bytes_of_number(element.vr);
  if (bytes == 0 || index >= element.value.size() / bytes) return std::nullopt;
  std::optional<double> number;  // AT is none
  with_number_type(element.vr,
                   [&]<class T>(T) { number = static_cast<double>(value_at<T>(element, index)); });
  return number;
}

std::size_t count_values(const Element& element) {
  if (element.vr == Vr::SQ) return element.items.size();
  if (element.value.empty()) return 0;
  const VrInfo& vr = info(element.vr);
  if (vr.text) {
    return vr.multi_valued ? 1 + static_cast<std::size_t>(
                                     std::count(element.value.begin(), element.value.end(), '\\'))
                           : 1;
  }
  const std::size_t bytes = bytes_of_number(element.vr);
  return bytes == 0 ? 1 : element.value.size() / bytes;
}

// -- looking

const Element* Dataset::find(Tag tag) const {
  auto it = std::lower_bound(elements_.begin(), elements_.end(), tag, is_before);
  return it != elements_.end() && it->tag == tag ? &*it : nullptr;
}

std::optional<std::string> Dataset::text(Tag tag) const {
  const Element* element = find(tag);
  if (element == nullptr) return std::nullopt;
  std::string joined;
  const auto values = texts_of(*element, character_set);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) joined.push_back('\\');
    joined += values[i];
  }
  return joined;
}

std::string Dataset::text_or(Tag tag, std::string_view otherwise) const {
  auto found = text(tag);
  return found && !found->empty() ? *std::move(found) : std::string(otherwise);
}

std::vector<std::string> Dataset::texts(Tag tag) const {
  const Element* element = find(tag);
  return element != nullptr ? texts_of(*element, character_set) : std::vector<std::string>();
}

std::optional<std::int64_t> Dataset::integer(Tag tag, std::size_t index) const {
  const Element* element = find(tag);
  if (element == nullptr) return std::nullopt;
  if (element->vr == Vr::SV && index < count_values(*element)) {
    return value_at<std::int64_t>(*element, index);
  }
  // 2^63, which is the first double that is too large.
  constexpr double kEnd = 9223372036854775808.0;
  const auto found = number_of(*element, index);
  if (!found || *found != std::trunc(*found) || !(*found >= -kEnd && *found < kEnd)) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(*found);
}

std::optional<double> Dataset::number(Tag tag, std::size_t index) const {
  const Element* element = find(tag);
  return element != nullptr ? number_of(*element, index) : std::nullopt;
}

std::vector<double> Dataset::numbers(Tag tag) const {
  std::vector<double> found;
  const Element* element = find(tag);
  if (element == nullptr) return found;
  if (info(element->vr).text) {
    for (std::string_view part : split(element->value, '\\')) {
      const auto number = parse_decimal(part);
      if (!number) break;
      found.push_back(*number);
    }
    return found;
  }
  for (std::size_t i = 0; const auto number = number_of(*element, i); ++i) {
    found.push_back(*number);
  }
  return found;
}

const Dataset* Dataset::item(Tag sequence, std::size_t index) const {
  const Element* element = find(sequence);
  return element != nullptr && index < element->items.size() ? &element->items[index] : nullptr;
}

// -- changing

Element& Dataset::set(Element element) {
  if (element.tag == tags::SpecificCharacterSet) {
    character_set = CharacterSet::parse(element.value);
  }
  auto it = std::lower_bound(elements_.begin(), elements_.end(), element.tag, is_before);
  if (it != elements_.end() && it->tag == element.tag) {
    *it = std::move(element);
    return *it;
  }
  return *elements_.insert(it, std::move(element));
}

void Dataset::set_text(Tag tag, std::string_view utf8) {
  set_text(tag, vr_of(tag), utf8);
}

void Dataset::set_text(Tag tag, Vr vr, std::string_view utf8) {
  std::string value;
  if (bytes_of_number(vr) == 0 || utf8.empty()) {
    value = utf8;
  } else {
    for (std::string_view part : split(utf8, '\\')) append_from_text(value, vr, part);
  }
  set_bytes(tag, vr, std::move(value));
}

void Dataset::set_numbers(Tag tag, const std::vector<double>& numbers) {
  const Vr vr = vr_of(tag);
  std::string value;
  for (double number : numbers) {
    if (!info(vr).text) {
      append_binary(value, vr, number);
      continue;
    }
    if (!value.empty()) value.push_back('\\');
    value += decimal_of(vr, number);
  }
  set_bytes(tag, vr, std::move(value));
}

void Dataset::set_bytes(Tag tag, Vr vr, std::string bytes) {
  if (bytes.size() % 2 != 0) bytes.push_back(info(vr).padding);  // PS3.5 7.1.1
  Element element;
  element.tag = tag;
  element.vr = vr;
  element.value = std::move(bytes);
  element.length = static_cast<std::int64_t>(element.value.size());
  set(std::move(element));
}

Dataset& Dataset::add_item(Tag sequence) {
  auto it = std::lower_bound(elements_.begin(), elements_.end(), sequence, is_before);
  if (it == elements_.end() || it->tag != sequence) {
    it = elements_.emplace(it);
    it->tag = sequence;
    it->vr = Vr::SQ;
  }
  it->items.emplace_back().character_set = character_set;
  return it->items.back();
}

void Dataset::erase(Tag tag) {
  auto it = std::lower_bound(elements_.begin(), elements_.end(), tag, is_before);
  if (it != elements_.end() && it->tag == tag) elements_.erase(it);
}

std::size_t byte_order_unit(const Element& element, const Dataset& of) {
  const std::size_t unit = info(element.vr).unit;
  if (element.tag != tags::PixelData) return unit;
  const std::int64_t bits = of.integer(tags::BitsAllocated).value_or(0);
  const bool whole_bytes = bits > 0 && bits <= 64 && bits % 8 == 0;
  return whole_bytes ? std::max(unit, static_cast<std::size_t>(bits / 8)) : unit;
}

}  // namespace dcmfs
