#pragma once
// Reads a file that is in memory.
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "store/dicom/reader.h"
#include "tests/support/ok.h"

namespace dcmfs {

struct ReadText {
  explicit ReadText(std::string file_bytes, const ReadOptions& options = {})
      : bytes(std::make_unique<std::string>(std::move(file_bytes))),
        source(memory_source(*bytes)),
        result(read_dicom(*source, options)) {}

  const DicomFile& operator*() const { return *result; }
  const DicomFile* operator->() const { return &*result; }
  std::string text(Tag tag) const { return result->dataset.text_or(tag, ""); }

  std::unique_ptr<std::string> bytes;  // does not move when this does
  std::unique_ptr<ByteSource> source;
  Result<DicomFile> result;
};

}  // namespace dcmfs
