#include "store/dicom/dictionary.h"

#include <algorithm>
#include <unordered_map>
#include <vector>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdicent.h>
#include <dcmtk/dcmdata/dcdict.h>

#include "store/dicom/private_names.h"

namespace dcmfs {
namespace {

// DCMTK's own names for what PS3.6 leaves to context.
std::optional<Vr> contextual_vr(DcmEVR vr) {
  switch (vr) {
    case EVR_xs:
      return Vr::US;  // "US or SS"
    case EVR_ox:      // "OB or OW"
    case EVR_px:      // PixelData
    case EVR_lt:
      return Vr::OW;  // "US or OW": tables of a LUT
    case EVR_up:
      return Vr::UL;  // offsets in a DICOMDIR
    default:
      return std::nullopt;
  }
}

DictionaryEntry entry_of(const DcmDictEntry& row) {
  // PS3.6 marks retired attributes beside the keyword, DCMTK inside of it.
  constexpr std::string_view kRetired = "RETIRED_";
  std::string_view keyword = row.getTagName() != nullptr ? row.getTagName() : "";
  if (keyword.starts_with(kRetired)) keyword.remove_prefix(kRetired.size());

  const std::string_view name = DcmVR(row.getEVR()).getVRName();
  std::optional<Vr> vr = contextual_vr(row.getEVR());
  if (!vr && name.size() == 2) vr = parse_vr(name[0], name[1]);
  return {.tag = {row.getGroup(), row.getElement()},
          .vr = vr.value_or(Vr::UN),
          .us_or_ss = row.getEVR() == EVR_xs,
          .keyword = std::string(keyword)};
}

// PS3.6 has groups and elements with x for any digit: a rectangle of tags.
struct RepeatingTags {
  std::uint16_t first_group, last_group, first_element, last_element;
  DictionaryEntry entry;
  bool contains(Tag tag) const {
    return tag.group >= first_group && tag.group <= last_group && tag.element >= first_element &&
           tag.element <= last_element;
  }
};

class Dictionary {
 public:
  Dictionary() {
    const DcmDataDictionary& rows = dcmDataDict.rdlock();
    // The iterators of a dictionary that is only read are not const in DCMTK.
    auto& all = const_cast<DcmDataDictionary&>(rows);
    by_tag_.reserve(static_cast<std::size_t>(all.numberOfNormalTagEntries()));
    for (auto it = all.normalBegin(); it != all.normalEnd(); ++it) add(**it);
    for (auto it = all.repeatingBegin(); it != all.repeatingEnd(); ++it) add_range(**it);
    dcmDataDict.rdunlock();
    for (const auto& [number, entry] : by_tag_) name(entry);
    for (const RepeatingTags& range : ranges_) name(range.entry);
  }

  const DictionaryEntry* find(Tag tag) const {
    if (tag.is_private()) return nullptr;
    if (auto it = by_tag_.find(tag.number()); it != by_tag_.end()) return &it->second;
    if (!may_repeat(tag)) return nullptr;
    auto it = std::find_if(ranges_.begin(), ranges_.end(),
                           [tag](const RepeatingTags& range) { return range.contains(tag); });
    return it != ranges_.end() ? &it->entry : nullptr;
  }

  const DictionaryEntry* find(std::string_view keyword) const {
    auto it = by_keyword_.find(keyword);
    return it != by_keyword_.end() ? it->second : nullptr;
  }

 private:
  // Curves, overlays, variable pixel data and (0020,31xx): saves the scan for everything else.
  static bool may_repeat(Tag tag) {
    const int high = tag.group >> 8;
    return high == 0x50 || high == 0x60 || high == 0x7f || tag.group == 0x0020;
  }

  void add(const DcmDictEntry& row) {
    const Tag tag{row.getGroup(), row.getElement()};
    if (row.getPrivateCreator() != nullptr || tag.is_private()) return;
    by_tag_.emplace(tag.number(), entry_of(row));
  }

  void add_range(const DcmDictEntry& row) {
    const Tag first{row.getGroup(), row.getElement()};
    // Group lengths and private creators are rules in vr_of(), not rows.
    if (row.getPrivateCreator() != nullptr || first.is_private() || first.is_group_length()) return;
    ranges_.push_back(
        {first.group, row.getUpperGroup(), first.element, row.getUpperElement(), entry_of(row)});
  }

  void name(const DictionaryEntry& entry) { by_keyword_.emplace(entry.keyword, &entry); }

  std::unordered_map<std::uint32_t, DictionaryEntry> by_tag_;
  std::vector<RepeatingTags> ranges_;
  std::unordered_map<std::string_view, const DictionaryEntry*> by_keyword_;
};

const Dictionary& dictionary() {
  static const Dictionary loaded;
  return loaded;
}

DictionaryEntry private_entry(Tag tag, const std::string& creator) {
  if (creator.empty()) return {};
  const DcmDataDictionary& rows = dcmDataDict.rdlock();
  const DcmDictEntry* row = rows.findEntry(DcmTagKey(tag.group, tag.element), creator.c_str());
  // DCMTK falls back to its rule for private tags that it does not know.
  const bool is_its = row != nullptr && row->getPrivateCreator() != nullptr;
  DictionaryEntry entry = is_its ? entry_of(*row) : DictionaryEntry{};
  dcmDataDict.rdunlock();
  return entry;
}

}  // namespace

const DictionaryEntry* find_in_dictionary(Tag tag) {
  return dictionary().find(tag);
}
const DictionaryEntry* find_in_dictionary(std::string_view keyword) {
  return dictionary().find(keyword);
}

Vr private_vr_of(Tag tag, const std::string& creator) {
  return private_entry(tag, creator).vr;
}

Vr known_private_vr(Tag tag, const std::string& creator) {
  return private_vr_of(tag, creator);
}

std::string private_name_of(Tag tag, const std::string& creator) {
  return private_entry(tag, creator).keyword;
}

bool dictionary_is_loaded() {
  return dcmDataDict.isDictionaryLoaded();
}

}  // namespace dcmfs
