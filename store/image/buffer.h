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
  template <class U>
  struct rebind {
    using other = Uninitialised<U>;
  };
  Uninitialised() = default;
  template <class U>
  Uninitialised(const Uninitialised<U>&) noexcept {}

  template <class U>
  void construct(U* at) noexcept {
    ::new (static_cast<void*>(at)) U;
  }
  template <class U, class... Arguments>
  void construct(U* at, Arguments&&... arguments) {
    ::new (static_cast<void*>(at)) U(std::forward<Arguments>(arguments)...);
  }
};

template <class T>
using Buffer = std::vector<T, Uninitialised<T>>;

}  // namespace dcmfs
