#pragma once
// A ZIP archive that is made while it is read, from its beginning to its end: members are deflated, so
// that nobody knows sizes before (zip_file.h does, without compression). Each has ZIP64 fields
// (APPNOTE 4.5.3) and a data descriptor (4.3.9): no limit on size or number. Not thread safe.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "store/result.h"
#include "store/time.h"

namespace dcmfs {

class ZipStream {
 public:
  struct Member {
    std::string name;  // UTF-8, with '/'
    Time modified;
    std::function<Result<std::size_t>(std::span<std::byte>)> read;  // 0: its end
  };
  using Next = std::function<Result<std::optional<Member>>()>;  // nullopt: there are no more

  // `level` from 0 to 9.
  ZipStream(Next, int level);
  ~ZipStream();
  // Fewer bytes than `into` has room for only at the end. Errors: those of the members.
  Result<std::size_t> read(std::span<std::byte> into);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dcmfs
