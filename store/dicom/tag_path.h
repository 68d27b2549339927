#pragma once
// Where an attribute is in a data set, in the words of those who edit one:
// "PatientName", "0010,0010", "0010-0010", "00100010", and below sequences
// "OtherPatientIDsSequence[0].PatientID" or, of all items, "...[*].PatientID".
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/dicom/dataset.h"
#include "store/dicom/tag.h"
#include "store/result.h"

namespace dcmfs {

// One attribute, or the same attribute of all items.
struct TagPath {
  struct Step {
    Tag sequence;
    std::optional<std::size_t> item;  // counted from 0; nullopt: every item
    friend bool operator==(const Step&, const Step&) = default;
  };
  std::vector<Step> steps;
  Tag tag;
  // Whose private tags these are (PS3.5 7.8.1). Of a tag (gggg,xxee) then only the group and ee
  // count: which block xx is the creator's, each data set says for itself. "" where nobody told:
  // private tags are meant as they are numbered.
  std::string private_creator;
  friend bool operator==(const TagPath&, const TagPath&) = default;
};

// Errors: invalid_argument, which names the path. Group lengths, groups 0000 and 0002, which are no
// part of a data set, and items are no attributes.
Result<TagPath> parse_tag_path(std::string_view path, std::string_view private_creator = {});
std::string to_string(const TagPath&);  // by keyword where there is one

// Where one attribute stands: in `dataset`, below these items.
struct AttributePlace {
  struct Item {
    const Dataset* around;  // that the sequence is in
    Tag sequence;
    std::size_t item;
  };
  const Dataset& dataset;
  std::span<const Item> above;
  Tag tag;
};

// What somebody wants to have as it is: the attribute with all that is in it, or only some of that.
enum class Keep { nothing, below, whole };
using IsKept = std::function<Keep(const AttributePlace&)>;
// A path to a private creator means all of its attributes; a kept private attribute keeps its creator.
Keep kept_by(const TagPath&, const AttributePlace&);

}  // namespace dcmfs
