#pragma once
// A DICOM file to be: bytes in memory and, between them, ranges of a source that
// stay there until the file is written, so that pixel data of any size passes through little memory.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/dicom/byte_source.h"
#include "store/dicom/encoder.h"
#include "store/result.h"

namespace dcmfs {

class FileParts {
 public:
  using Sink = std::function<Result<>(std::string_view)>;

  // `head` stays as it is; `bytes` with the `ranges` of `source` are the data set, which is deflated
  // on its way (PS3.5 A.5) if the syntax says so.
  enum class Deflated { no, yes };
  FileParts(std::string head, std::string bytes, std::vector<SourceRange> ranges,
            std::shared_ptr<ByteSource> source, Deflated deflated)
      : head_(std::move(head)),
        bytes_(std::move(bytes)),
        ranges_(std::move(ranges)),
        source_(std::move(source)),
        deflated_(deflated) {}

  // nullopt: it will be deflated, only writing tells.
  std::optional<std::int64_t> size() const;
  // All of it, in pieces of at most 1 MiB; may be repeated. One thread at a time, as the source.
  // Errors: those of the sink and the source; corrupt, if the source has become shorter.
  Result<> write(const Sink&) const;

 private:
  Result<> write_plain(const Sink&) const;

  std::string head_, bytes_;
  std::vector<SourceRange> ranges_;
  std::shared_ptr<ByteSource> source_;
  Deflated deflated_ = Deflated::no;
};

}  // namespace dcmfs
