#pragma once
// STORE/derived: what was made of stored files to have it at hand, and can be made of them again. Nothing is
// lost with it, and nothing here is durable: what a crash leaves of a file may be any bytes, so that
// whoever reads one checks it. Thread safe.
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "store/blob.h"
#include "store/ids.h"
#include "store/result.h"

namespace dcmfs {

class DerivedFiles {
 public:
  enum class Kind : std::uint8_t {
    series_metadata,  // by the row of a series
  };

  explicit DerivedFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}

  Result<Blob> open(Kind, RowId) const;  // not_found: there is none
  // Replaces what is there, for readers at once. Errors: no_space, io, denied.
  Result<> put(Kind, RowId, std::string_view bytes);
  Result<> remove(Kind, RowId);                 // removing what is not there is not an error
  Result<std::vector<RowId>> rows(Kind) const;  // which there are, in no order

 private:
  std::filesystem::path folder(Kind) const;
  std::filesystem::path file(Kind, RowId) const;

  std::filesystem::path folder_;
};

}  // namespace dcmfs
