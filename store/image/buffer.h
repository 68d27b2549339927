#pragma once
// Memory for pixels that is not set to zero before it is written: resize(n) leaves what was there.
// For those who write all of it, or fail. Decoders of other people's, which may leave holes where a
// codestream is damaged, begin with assign(n, {}): nobody must see what another image left behind.
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace dcmfs {

template <class T>
struct Uninitialised : std::allocator<T> {
  template <class Other>
  struct rebind {
    using other = Uninitialised<Other>;
  };
  Uninitialised() = default;
  template <class Other>
  Uninitialised(const Uninitialised<Other>&) noexcept {}

  template <class Other>
  void construct(Other* at) noexcept {
    ::new (static_cast<void*>(at)) Other;
  }
  template <class Other, class... Arguments>
  void construct(Other* at, Arguments&&... arguments) {
    ::new (static_cast<void*>(at)) Other(std::forward<Arguments>(arguments)...);
  }
};

template <class T>
using Buffer = std::vector<T, Uninitialised<T>>;

}  // namespace dcmfs
