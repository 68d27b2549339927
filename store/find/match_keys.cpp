#include "store/find/match_keys.h"

#include <algorithm>
#include <utility>

#include "store/dicom/recode.h"
#include "store/dicom/text.h"

namespace dcmfs {
namespace {

constexpr unsigned kBlockShift = 8;
constexpr std::uint16_t kLowByte = 0xff;

// What cannot be matched with a value: bulk data. UN is text that somebody wrote as such.
bool is_bulk(Vr vr) {
  return vr == Vr::OB || vr == Vr::OD || vr == Vr::OF || vr == Vr::OL || vr == Vr::OV ||
         vr == Vr::OW;
}

std::string creator_of(const Dataset& dataset, Tag tag) {
  const Tag block{tag.group, static_cast<std::uint16_t>(tag.element >> kBlockShift)};
  return dataset.text_or(block, "");
}

// Where a data set has the attribute: private ones are in whichever block it gave to the creator.
std::optional<Tag> place_of(const MatchKey& key, const Dataset& dataset) {
  constexpr std::uint16_t kFirstBlock = 0x10;
  if (!key.tag.is_private()) return key.tag;
  for (std::uint16_t block = kFirstBlock; block <= kLowByte; ++block) {
    if (dataset.text_or({key.tag.group, block}, "") != key.creator) continue;
    return Tag{key.tag.group,
               static_cast<std::uint16_t>(block << kBlockShift | (key.tag.element & kLowByte))};
  }
  return std::nullopt;
}

const Element* find_element(const MatchKey& key, const Dataset& dataset) {
  const auto place = place_of(key, dataset);
  return place ? dataset.find(*place) : nullptr;
}

bool item_matches(const MatchKey& key, const Dataset& item) {
  return matches(key.items, item) &&
         std::ranges::all_of(key.item_moments, [&](const MomentKey& moment) {
           return moment.matches([&](Tag tag) { return item.text(tag); });
         });
}

class KeyParser {
 public:
  explicit KeyParser(const MatchRules& rules) : rules_(rules) {}

  Result<std::vector<MatchKey>> parse(const Dataset& keys, int depth) {
    if (depth > kKeyDepthMax)
      return Error{Errc::too_large, "the identifier has too many sequences in sequences"};
    std::vector<MatchKey> parsed;
    for (const Element& element : keys) {
      if (element.tag == tags::SpecificCharacterSet || element.tag.is_group_length()) continue;
      if (++count_ > kKeysMax) return Error{Errc::too_large, "the identifier has too many keys"};
      DCMFS_TRY(auto key, key_of(element, keys, depth));
      parsed.push_back(std::move(key));
    }
    return parsed;
  }

 private:
  Result<MatchKey> key_of(const Element& element, const Dataset& keys, int depth) {
    MatchKey key;
    key.tag = element.tag;
    const Vr known = vr_of(element.tag);
    key.vr = known == Vr::UN ? element.vr : known;
    if (element.tag.is_private_creator()) {
      key.text = keys.text_or(element.tag, "");
      key.is_supported = !key.text.empty();
      return key;
    }
    if (element.tag.is_private()) {
      key.creator = creator_of(keys, element.tag);
      key.is_supported = !key.creator.empty();
    }
    if (key.vr == Vr::SQ) return with_items(std::move(key), element, depth);
    key.is_supported = key.is_supported && !is_bulk(key.vr);
    if (!key.is_supported) return key;
    key.text = text_to_match(keys, element.tag).value_or("");
    key.is_reversed = is_reversed_range(key.vr, key.text);
    if (key.is_reversed) return key;
    DCMFS_TRY(auto matcher, parse_value(key));
    if (!matcher.universal()) key.matcher = std::move(matcher);
    return key;
  }

  Result<Matcher> parse_value(const MatchKey& key) const {
    if (!key.tag.is_private()) return Matcher::parse(key.tag, key.text, rules_);
    auto matcher = Matcher::parse(key.vr, key.text, rules_);
    if (!matcher) return std::move(matcher).error().in(to_string(key.tag));
    return matcher;
  }

  Result<MatchKey> with_items(MatchKey key, const Element& element, int depth) {
    if (element.items.size() > 1)
      return Error{Errc::invalid_argument, "a sequence key has one item"}.in(keyword_of(key.tag));
    if (!element.items.empty()) {
      DCMFS_TRY(key.items, parse(element.items.front(), depth + 1));
    }
    return key;
  }

  const MatchRules& rules_;
  std::size_t count_ = 0;
};

}  // namespace

bool MatchKey::is_universal() const {
  return !matcher && !is_reversed && item_moments.empty() &&
         std::ranges::all_of(items, &MatchKey::is_universal);
}

Result<std::vector<MatchKey>> parse_keys(const Dataset& identifier, const MatchRules& rules) {
  return KeyParser(rules).parse(identifier, 0);
}

Result<> check_matched_alone(const MatchKey& key) {
  if (key.is_reversed)
    return Error{Errc::invalid_argument, "the range ends before it begins"}.in(
        key.tag.is_private() ? to_string(key.tag) : keyword_of(key.tag));
  for (const MatchKey& item : key.items) DCMFS_CHECK(check_matched_alone(item));
  return {};
}

bool matches(const MatchKey& key, const Dataset& dataset) {
  if (key.is_universal()) return true;
  const Element* element = find_element(key, dataset);
  if (key.vr == Vr::SQ) {
    return element != nullptr && std::ranges::any_of(element->items, [&](const Dataset& item) {
             return item_matches(key, item);
           });
  }
  if (element == nullptr) return key.matcher->matches(std::nullopt);
  return key.matcher->matches(text_to_match(dataset, element->tag));
}

bool matches(const std::vector<MatchKey>& keys, const Dataset& dataset) {
  return std::ranges::all_of(keys, [&](const MatchKey& key) { return matches(key, dataset); });
}

Element selected(const MatchKey& key, const Dataset& dataset) {
  const Element* element = find_element(key, dataset);
  if (key.tag.is_private_creator()) {  // those blocks that the key speaks of, not those of the file
    Dataset creator;
    creator.set_text(key.tag, Vr::LO, key.text);
    return *creator.find(key.tag);
  }
  Element answer;
  answer.tag = key.tag;
  answer.vr = key.vr;
  if (element == nullptr || (element->vr == Vr::SQ) != (key.vr == Vr::SQ)) return answer;
  if (key.vr != Vr::SQ || key.items.empty()) {
    answer = in_utf8(*element, dataset.character_set);
    answer.tag = key.tag;
    return answer;
  }
  for (const Dataset& item : element->items)
    if (item_matches(key, item)) answer.items.push_back(selected(key.items, item));
  return answer;
}

Dataset selected(const std::vector<MatchKey>& keys, const Dataset& dataset) {
  Dataset answer;
  for (const MatchKey& key : keys)
    if (key.is_supported) answer.set(selected(key, dataset));
  return answer;
}

}  // namespace dcmfs
