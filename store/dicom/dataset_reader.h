#pragma once
// The element loop: from encoded bytes to a Dataset, and where the limits are.
// Private to this folder; read_dicom() decides where and how to begin.
#include <cstdint>
#include <optional>

#include "store/dicom/dataset.h"
#include "store/dicom/element_header.h"
#include "store/dicom/read_ahead.h"

namespace dcmfs {

class DatasetReader {
 public:
  // Real files nest less than 20 deep.
  static constexpr int kNestingMax = 128;
  // Items count, too. An enhanced image of 20,000 frames has 600,000.
  static constexpr int kElementsMax = 1'000'000;
  static constexpr int kFragmentsMax = 16'000'000;
  // What would be more than this stays on disk.
  static constexpr std::int64_t kMemoryBytesMax = 64 << 20;
  static constexpr int kTextFactor = 16;

  DatasetReader(ReadAhead& bytes, std::int64_t value_bytes_max, int elements_max = kElementsMax)
      : bytes_(bytes), value_bytes_max_(value_bytes_max), elements_max_(elements_max) {}

  // Everything to the end, but for groups 0000 and 0002, which are no part of a data set.
  void read_dataset(Dataset& into, Encoding);
  // The elements of one group, as long as they follow each other.
  void read_group(Dataset& into, Encoding, std::uint16_t group);

  // The bytes ended inside an element, or went on as nothing that could be read.
  bool truncated() const { return truncated_; }
  // Over a limit.
  const std::optional<Error>& refusal() const { return refusal_; }

 private:
  static constexpr std::int64_t kOpenEnd = INT64_MAX;

  // Of the data set or item that is being read; items get a copy.
  struct Scope {
    Encoding encoding;
    std::int64_t end = kOpenEnd;
    int depth = 0;
    bool delimited = false;      // an item of undefined length
    bool signed_pixels = false;  // PixelRepresentation
    std::optional<std::uint16_t> only_group;
  };

  bool running() const { return !truncated_ && !refusal_; }
  bool count_one();
  void truncate() { truncated_ = true; }
  void refuse(std::string message) { refusal_ = Error{Errc::too_large, std::move(message)}; }
  void skip_to(std::int64_t position);

  void read_elements(Dataset& into, Scope scope);
  // Whether the data set goes on behind this item or delimiter.
  bool pass_delimiter(const ElementHeader&, const Scope&);
  void end_of_bytes(std::string_view rest, const Scope&);
  void read_element(Dataset& into, const ElementHeader&, Scope&);
  void read_sequence(Element&, const ElementHeader&, const Dataset& parent, Scope);
  void read_item(Element& sequence, const ElementHeader& item, const Dataset& parent, Scope);
  void read_fragments(Element&, const Scope&);
  // False if the element is not to be kept.
  bool read_value(Element&, const ElementHeader&, const Dataset& into, const Scope&);
  Vr vr_by_content(const ElementHeader&, Vr);
  Encoding encoding_of_unknown();
  static void sort(Dataset&);

  ReadAhead& bytes_;
  const std::int64_t value_bytes_max_;
  const int elements_max_;
  std::int64_t memory_left_ = kMemoryBytesMax;
  int elements_ = 0;
  bool truncated_ = false;
  std::optional<Error> refusal_;
};

}  // namespace dcmfs
