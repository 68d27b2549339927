#pragma once
// Content-Encoding: gzip, RFC 9110 8.4.1.3, both ways.
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "store/result.h"

namespace dcmfs::rest {

// Takes gzip, of one member or several, or zlib apart while it arrives.
class Inflater {
 public:
  // Unpacked bytes for each packed one, behind the first 64 MiB: images stay below 20.
  static constexpr std::int64_t kRatioMax = 200;
  static constexpr std::int64_t kRatioGrace = std::int64_t{64} << 20;
  using Take = std::function<Result<>(std::span<const std::byte>)>;

  Inflater();
  ~Inflater();
  // invalid_argument: no gzip; too_large: a bomb; else what `take` says.
  Result<> take(std::span<const std::byte> packed, const Take& take);
  Result<> finish() const;  // invalid_argument: the end is missing

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string gzipped(std::string_view);

}  // namespace dcmfs::rest
