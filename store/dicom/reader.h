#pragma once
// From bytes to a data set: any file that real devices write, and a clear
// refusal of what is not DICOM.
//
// Accepts part-10 files, files without preamble or without meta header,
// implicit and explicit VR, both byte orders, deflated, defined and undefined
// lengths, unknown VRs. Memory is bounded by the limits below, whatever the
// size of the file; the time is linear in the number of elements.
#include <cstdint>
#include <memory>
#include <string>

#include "store/dicom/byte_source.h"
#include "store/dicom/dataset.h"
#include "store/dicom/transfer_syntax.h"
#include "store/result.h"

namespace dcmfs {

struct ReadOptions {
  // Longer values stay on disk. Values of text VRs may be 16 times as long.
  std::int64_t value_bytes_max = 64 << 10;
};

struct DicomFile {
  Dataset meta;                            // group 0002; empty where the file has none
  Dataset dataset;                         // everything else
  const TransferSyntax* syntax = nullptr;  // as declared or, without meta header, as found
  std::string syntax_uid;                  // also when the table does not have it
  std::int64_t dataset_offset = 0;         // of the data set in the file
  bool big_endian = false;                 // the order of the bytes of values that stayed on disk
  // The file ends inside an element. What was whole before it is there.
  bool truncated = false;
  // Offsets of elements refer to `content`: the file itself, or its inflated data set.
  std::shared_ptr<ByteSource> content;
};

// `file` must outlive the answer. Errors: not_dicom (does not look like DICOM),
// corrupt (does, but contradicts itself), too_large (over a limit), io.
Result<DicomFile> read_dicom(ByteSource& file, const ReadOptions& = {});

struct BareLimits {
  std::int64_t bytes_max = 16 << 20;  // also of what was deflated
  int elements_max = 250'000;         // items count, too
};

// A data set without a file around it whose transfer syntax is known, all of it in memory (the
// identifier of a DIMSE message, PS3.7 6.3.2). The same for the elements of group 0000 alone,
// which no data set has. Errors: corrupt (what comes is no element, or ends inside one), too_large.
Result<Dataset> read_bare_dataset(std::string_view bytes, const TransferSyntax&,
                                  const BareLimits& = {});
Result<Dataset> read_command_group(std::string_view bytes, const BareLimits& = {});

// The bytes of an element that stayed on disk (or the value itself), at most `bytes_max` of
// them; fewer if the file ends. Binary VRs are little endian then, as in Element::value. Of
// encapsulated data: the items with their headers, whole ones, without the last delimiter.
Result<std::string> read_value(const DicomFile&, const Element&, std::int64_t bytes_max);

// Bytes as they are in `content`, for the items of encapsulated pixel data and single frames.
// Fewer than `length` if the file ends.
Result<std::string> read_bytes(const DicomFile&, std::int64_t offset, std::int64_t length);

}  // namespace dcmfs
