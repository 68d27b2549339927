#pragma once
// A data set in memory: elements sorted by tag, each with the bytes of its
// value. Values longer than a reader's limit (pixel data, above all) stay on
// disk and are known by offset and length only.
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/dicom/character_set.h"
#include "store/dicom/tag.h"

namespace dcmfs {

class Dataset;

struct Element {
  static constexpr std::int64_t kUndefinedLength = -1;

  Tag tag;
  Vr vr = Vr::UN;
  std::string value;           // as encoded, padding included; binary VRs little endian
  std::vector<Dataset> items;  // of a sequence
  std::int64_t length =
      0;  // of the value in the file; kUndefinedLength: encapsulated, or a sequence
  std::int64_t offset = -1;  // of the value in the reader's byte source; -1: made in memory
  std::int64_t fragment_bytes =
      0;  // of encapsulated data: all fragments together, item headers not counted
  std::int64_t item_bytes =
      0;  // of encapsulated data in the file: from `offset` to its last delimiter

  // The value is in the file but not in `value`.
  bool on_disk() const { return vr != Vr::SQ && value.empty() && offset >= 0 && length != 0; }
};

class Dataset {
 public:
  // Effective for the text of this data set; items inherit it unless they say
  // otherwise (PS3.3 C.12.1.1.2).
  CharacterSet character_set;

  const Element* find(Tag) const;
  bool contains(Tag tag) const { return find(tag) != nullptr; }
  auto begin() const { return elements_.begin(); }
  auto end() const { return elements_.end(); }
  bool empty() const { return elements_.empty(); }
  std::size_t size() const { return elements_.size(); }

  // The whole value as UTF-8, values joined by '\', insignificant padding
  // removed; numbers of binary VRs in decimal. nullopt if absent, "" if empty.
  std::optional<std::string> text(Tag) const;
  std::string text_or(Tag, std::string_view otherwise) const;  // also if empty
  std::vector<std::string> texts(Tag) const;                   // one string per value
  // Value number `index` of an IS, DS or binary number; nullopt if absent, empty or not a number.
  std::optional<std::int64_t> integer(Tag, std::size_t index = 0) const;
  std::optional<double> number(Tag, std::size_t index = 0) const;
  std::vector<double> numbers(Tag) const;
  // First item of a sequence, or nullptr.
  const Dataset* item(Tag sequence, std::size_t index = 0) const;

  // Each replaces what is there. The VR is the dictionary's unless given.
  Element& set(Element);
  void set_text(Tag,
                std::string_view utf8);  // encoded as it is: the data set should say ISO_IR 192
  void set_text(Tag, Vr, std::string_view utf8);
  void set_numbers(Tag, const std::vector<double>&);  // by the dictionary's VR, binary or decimal
  void set_number(Tag tag, double n) { set_numbers(tag, {n}); }
  void set_bytes(Tag, Vr, std::string bytes);
  Dataset& add_item(Tag sequence);  // the new, empty, last item
  void erase(Tag);
  template <class Predicate>
  void erase_if(Predicate is_unwanted) {
    std::erase_if(elements_, is_unwanted);
  }
  // To change values and items where they are; tags and SpecificCharacterSet stay.
  Element* find(Tag tag) { return const_cast<Element*>(std::as_const(*this).find(tag)); }
  std::span<Element> elements() { return elements_; }

 private:
  friend class DatasetReader;
  std::vector<Element> elements_;  // sorted by tag, no tag twice
};

// The value(s) of one element as UTF-8; Dataset::texts without the look-up.
std::vector<std::string> texts_of(const Element&, const CharacterSet&);
std::optional<double> number_of(const Element&, std::size_t index);
std::size_t count_values(const Element&);

// Of how many bytes the order is turned between big and little endian: PS3.5 7.3 says it by VR, OW being words of 16 bits.
// Samples in PixelData that are longer (`of` has their BitsAllocated) are turned as a whole, which is how those files were
// written that exist.
std::size_t byte_order_unit(const Element&, const Dataset& of);

}  // namespace dcmfs
