#pragma once
// The metadata of instances as JSON, remembered while the program runs: a viewer asks for that of a series
// again whenever somebody opens it, and reading and writing hundreds of headers takes the longest part of that.
// What was asked for last is kept, up to a number of bytes. Thread safe.
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "store/resource.h"

namespace dcmfs::rest {

class MetadataTexts {
 public:
  static constexpr std::size_t kBytesMax = 48 << 20;  // some 4000 instances

  explicit MetadataTexts(std::size_t bytes_max = kBytesMax) : bytes_max_(bytes_max) {}

  // Of the file that is stored now, with URLs below `base`; null if it has to be made.
  std::shared_ptr<const std::string> find(const StoredFile&, std::string_view base);
  void keep(const StoredFile&, std::string_view base, std::shared_ptr<const std::string> text);

 private:
  struct Kept {
    std::string name;
    std::shared_ptr<const std::string> text;  // shared with answers that are being sent
  };
  static std::size_t bytes_of(const Kept& kept) { return kept.name.size() + kept.text->size(); }

  const std::size_t bytes_max_;
  std::mutex mutex_;
  // The rest is guarded by mutex_.
  std::list<Kept> kept_;  // last asked for first
  std::unordered_map<std::string_view, std::list<Kept>::iterator> by_name_;
  std::size_t bytes_ = 0;
};

}  // namespace dcmfs::rest
