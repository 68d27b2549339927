#pragma once
// The bytes of a data set. Values on disk become ranges of their source between
// them, if the caller can do with that. Private to this folder.
#include <cstdint>
#include <string>
#include <vector>

#include "store/dicom/dataset.h"
#include "store/dicom/transfer_syntax.h"
#include "store/result.h"

namespace dcmfs {

// Stands between bytes in memory: behind the first `after` of them.
struct SourceRange {
  std::size_t after = 0;
  std::int64_t offset = 0, length = 0;  // in the source
};

class DatasetEncoder {
 public:
  enum class OnDisk { refused, as_ranges };

  // `syntax` must stay as long. Ranges are copied as they are: the source is in the same one.
  explicit DatasetEncoder(const TransferSyntax& syntax, OnDisk on_disk = OnDisk::refused)
      : syntax_(syntax), on_disk_(on_disk) {}

  Result<> append(const Dataset&);
  // `of`: the data set that it stands in.
  Result<> append(const Element&, const Dataset& of);

  const std::vector<SourceRange>& ranges() const { return ranges_; }
  std::string take() && { return std::move(out_); }

 private:
  std::int64_t position() const { return static_cast<std::int64_t>(out_.size()) + in_ranges_; }
  Result<> append_sequence(const Element&);
  void append_encapsulated(const Element&);
  void append_range(std::int64_t offset, std::int64_t length);
  bool is_encapsulated(const Element&) const;
  void append_header(Tag, Vr, std::uint32_t length);
  void append_tag(Tag);
  void append16(std::uint16_t);
  void append32(std::uint32_t);

  // A length field, of which the content begins behind it.
  struct Content {
    std::size_t after;      // of `out_`
    std::int64_t position;  // with the ranges
  };
  Content content_from_here() const { return {out_.size(), position()}; }
  void close(const Content&, Tag delimiter);

  const TransferSyntax& syntax_;
  const OnDisk on_disk_;
  std::string out_;
  std::vector<SourceRange> ranges_;
  std::int64_t in_ranges_ = 0;
};

}  // namespace dcmfs
