#pragma once
// A DICOM file in memory, read.
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "store/dicom/reader.h"

namespace dcmfs {

class OpenDicom {
 public:
  explicit OpenDicom(std::string bytes)
      : bytes_(std::make_unique<std::string>(std::move(bytes))), source_(memory_source(*bytes_)) {
    auto read = read_dicom(*source_);
    if (!read) throw std::runtime_error(read.error().message);
    file_ = *std::move(read);
  }
  const DicomFile& operator*() const { return file_; }
  const DicomFile* operator->() const { return &file_; }

 private:
  std::unique_ptr<std::string> bytes_;
  std::unique_ptr<ByteSource> source_;
  DicomFile file_;
};

}  // namespace dcmfs
