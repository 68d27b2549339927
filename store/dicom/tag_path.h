#pragma once
// Where an attribute is in a data set, in the words of those who edit one:
// "PatientName", "0010,0010", "0010-0010", "00100010", and below sequences
// "OtherPatientIDsSequence[0].PatientID" or, of all items, "...[*].PatientID".
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

}  // namespace dcmfs
