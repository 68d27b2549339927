#pragma once
// The data dictionary (PS3.6) as look-ups that cost a hash each. Private to this
// folder: everybody else asks store/dicom/tag.h. Filled once from DCMTK's
// dictionary and never changed, so any thread may ask.
#include <string>
#include <string_view>

#include "store/dicom/tag.h"

namespace dcmfs {

struct DictionaryEntry {
  Tag tag;  // of a repeating attribute (60xx,3000): the first one, (6000,3000)
  Vr vr = Vr::UN;
  bool us_or_ss = false;  // signed if PixelRepresentation says so
  std::string keyword;
};

// nullptr for private and unknown tags.
const DictionaryEntry* find_in_dictionary(Tag);
const DictionaryEntry* find_in_dictionary(std::string_view keyword);

// The VR of an attribute of a private creator, of those that DCMTK knows; else UN.
Vr private_vr_of(Tag, const std::string& creator);

}  // namespace dcmfs
