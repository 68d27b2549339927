#pragma once
// From a DICOM file to another one with some attributes changed. The encoding
// of the data set stays, and so do the pixels, which are never in memory: what
// is too long for that is copied from the source when the new file is written.
//
// What is done, in this order; what `keep` names is left as it is by the first three:
//   1. de-identification (store/dicom/deidentify.h)   3. `new_uids`
//   2. private attributes are removed                 4. remove, clear, replace
// Text is encoded in the data set's SpecificCharacterSet if that has all characters; else the data
// set is recoded to ISO_IR 192. Replacing SpecificCharacterSet recodes to that one. Group lengths
// and DataSetTrailingPadding are dropped, the meta header is made anew.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/dicom/dataset.h"
#include "store/dicom/deidentify.h"
#include "store/dicom/file_parts.h"
#include "store/dicom/reader.h"
#include "store/dicom/tag_path.h"
#include "store/dicom/uid_map.h"
#include "store/result.h"

namespace dcmfs {

struct Edit {
  struct Replacement {
    TagPath path;
    Element value;  // its tag does not count; text is UTF-8, in items, too
    // Where only the data set can tell the VR (private and unknown attributes, "US or SS"): the
    // values as text, joined by '\'. `value` is what they are where that does not know it either.
    std::optional<std::string> text;
  };

  std::vector<Replacement> replace;  // where nothing is, it is added, with the sequences above it
  std::vector<TagPath> remove;
  std::vector<TagPath> clear;  // present, but empty; what is absent stays so
  std::vector<TagPath> keep;   // a sequence: with all that is in it
  bool remove_private = false;
  std::optional<Deidentification> deidentify;
  // Other UIDs, wherever they stand (references to other instances, above all): "" if this one stays.
  std::function<std::string(std::string_view uid)> new_uids;
};

// A replacement from JSON: text, a number, null, a list of them, a sequence as a list of objects, a
// PN as {"Alphabetic": ...}, a DICOM JSON attribute {"vr": ..., "Value": [...]}; binary values as
// "data:application/octet-stream;base64,...". What stands there is checked against PS3.5 6.2:
// length, characters, form. Errors: invalid_argument, which names the attribute and never the value.
Result<Edit::Replacement> read_replacement(std::string_view path, std::string_view json,
                                           std::string_view private_creator = {});

// The same for text that is known to be right.
Edit::Replacement replacement(Tag, std::string_view utf8);

// The data set of `source` as it will be; values on disk still refer to `source`.
// Errors: invalid_argument (the edit cannot be done to this data set; names the attribute), corrupt
// (the source ends too early), not_supported (a DICOMDIR; other PixelData in a compressed syntax), too_large.
struct Edited {
  Dataset dataset;
  std::vector<std::string> warnings;  // for a person, without patient data; see Deidentification
};
Result<Edited> apply(const DicomFile& source, const Edit&);

// The file that `dataset` makes, in the transfer syntax of `source`, which must stay as long.
Result<FileParts> encode_with(const DicomFile& source, const Dataset& dataset);

}  // namespace dcmfs
