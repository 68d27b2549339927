#pragma once
// A new instance from attributes that somebody wrote and, if there is one, the
// picture or the document that it is to hold: a Secondary Capture Image or an Encapsulated PDF, unless
// the attributes name another SOP class.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "store/dicom/dataset.h"
#include "store/dicom/pixels.h"
#include "store/dicom/transfer_syntax.h"
#include "store/result.h"

namespace dcmfs {

// {"PatientName": "A^B", "0029,1001": ..., "SomeSequence": [{...}]}: values as read_replacement()
// has them, checked against PS3.5 6.2. Errors: invalid_argument (names an attribute, never a value),
// too_large. The text of the answer is UTF-8.
Result<Dataset> read_new_attributes(std::string_view json, std::string_view private_creator = {});

struct PdfDocument {
  std::string bytes;
};

struct NewInstance {
  enum class Joins : std::uint8_t { nothing, patient, study, series };

  Dataset attributes;  // from read_new_attributes()
  std::variant<std::monostate, Pixels, JpegFrame, PdfDocument> content;
  // An instance of what the new one is to belong to; must stay until the answer.
  const Dataset* sibling = nullptr;
  Joins joins = Joins::nothing;
  // UIDs of study, series and instance, and what comes from the sibling, may be among the attributes.
  bool force = false;
  std::string date, time;  // DA and TM of now
};

// One of the attributes that comes from the sibling, too: create_instance() refuses it unless forced.
std::optional<Tag> inherited_twice(const NewInstance&);

struct Created {
  Dataset dataset;  // pixels and document in memory; encode_file() writes it
  const TransferSyntax* syntax = nullptr;
};
// UIDs are new where nobody gives them, a missing PatientID is a random UUID, what the IOD demands
// (type 2) is there and empty. Errors: invalid_argument (names an attribute).
Result<Created> create_instance(NewInstance);

}  // namespace dcmfs
