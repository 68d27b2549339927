#pragma once
// An answer whose pieces of text are made while it is sent: for lists that are too long to be held.
#include <functional>
#include <optional>
#include <string>

#include "rest/http/message.h"

namespace dcmfs::rest {

// nullopt: that was all. An empty piece is none.
using NextText = std::function<Result<std::optional<std::string>>()>;

class TextSource : public Source {
 public:
  explicit TextSource(NextText next) : next_(std::move(next)) {}
  Result<std::size_t> read(std::span<std::byte> into) override;

 private:
  NextText next_;
  std::string piece_;
  std::size_t given_ = 0;
  bool over_ = false;
};

}  // namespace dcmfs::rest
