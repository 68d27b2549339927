#pragma once
// The metadata of the instances of a series in one file, so that a viewer that opens it costs one file
// and not one for each slice. Texts are packed (zstd) by so many instances, because they are much alike.
//
// Of each it is known which bytes it was made of: what was replaced since is not found. The file is a derived one
// (store/derived_files.h), which a crash may have left in any state: each piece of it carries a checksum.
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/blob.h"
#include "store/resource.h"

namespace dcmfs::rest {

// Another number whenever the texts of some data set change: files of the old one are made anew, and ETags differ.
inline constexpr int kMetadataVersion = 1;

class MetadataPack {
 public:
  static constexpr std::size_t kBlockInstances = 64;
  static constexpr std::size_t kInstancesMax = 100'000;
  static constexpr std::size_t kBlockBytesMax = std::size_t{64} << 20;  // of texts

  // corrupt: it is none, of another version, or damaged.
  static Result<MetadataPack> open(Blob);

  // The number of the instance, if its text was made of these bytes.
  std::optional<std::size_t> find(const StoredFile&) const;
  std::size_t block_of(std::size_t number) const { return number / kBlockInstances; }
  // The texts of a block, unpacked. corrupt, io.
  Result<std::string> unpack(std::size_t block) const;
  // The one of an instance in what its block was unpacked to.
  std::string_view text(std::size_t number, std::string_view unpacked) const;

 private:
  struct Instance {
    RowId row{};
    std::array<std::uint8_t, 32> sha256{};
    std::size_t offset = 0, length = 0;  // in its block
  };
  struct Block {
    std::int64_t offset = 0;
    std::size_t packed = 0, unpacked = 0;
  };
  explicit MetadataPack(Blob blob) : blob_(std::move(blob)) {}

  Blob blob_;
  std::vector<Instance> instances_;
  std::vector<Block> blocks_;
  std::unordered_map<RowId, std::size_t> by_row_;
};

// Makes such a file.
class MetadataPackWriter {
 public:
  // False: it has become too large, and no more can be added.
  bool add(const StoredFile&, std::string_view text);
  std::size_t size() const { return count_; }  // instances
  std::string finish();

 private:
  void end_block();

  std::size_t count_ = 0;
  std::string directory_;  // of instances
  std::string sizes_;      // of blocks
  std::string texts_;      // of the block that is being filled
  std::string blocks_;     // packed
};

}  // namespace dcmfs::rest
