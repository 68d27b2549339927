#pragma once
// Instances that STOW-RS sends as metadata, in JSON or XML, and their bulk data beside it (PS3.18 10.5.1.4): files of them.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rest/dicomweb/store_report.h"
#include "rest/http/message.h"
#include "store/spool.h"
#include "store/store.h"

namespace dcmfs::rest {

// One of them. Without a file: why.
struct SentInstance {
  std::optional<NamedInstance> who;
  std::optional<SpoolFile> file;
  WarningReason warning = WarningReason::none;
  FailureReason failure = FailureReason::none;
};

// The first part is an array of data sets in JSON, or the first ones are a document each; the others are values, each found by its Content-Location (or
// Content-ID) that a BulkDataURI names. Values are little endian. Compressed PixelData has a media type of
// 8.7.3.3: a part for each frame, all of one location. Bulk data of any size stays in the spool.
class SentInstances {
 public:
  // invalid_argument: it does not begin with such metadata, or bulk data has no location.
  static Result<SentInstances> read(Store&, std::vector<Part>&&);
  SentInstances(SentInstances&&) noexcept;
  ~SentInstances();

  std::optional<SentInstance> next();  // nullopt: those were all

 private:
  struct State;
  explicit SentInstances(std::unique_ptr<State>);
  std::unique_ptr<State> state_;
};

}  // namespace dcmfs::rest
