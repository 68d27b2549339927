#pragma once
// The bytes of a stored file as a Source.
#include "rest/http/message.h"

namespace dcmfs::rest {

class FileSource : public Source {
 public:
  explicit FileSource(FileRange range) : range_(std::move(range)) {}
  Result<std::size_t> read(std::span<std::byte> into) override;

 private:
  FileRange range_;
};

}  // namespace dcmfs::rest
