#pragma once
// Work that may throw, as a Result: there was no memory, or no thread to be had. For what nobody else
// would catch, and what must not end the program: the rounds of a thread, what a callback is given.
#include <exception>
#include <type_traits>

#include "store/result.h"

namespace dcmfs {

namespace detail {
template <class T>
struct AsResult {
  using type = Result<T>;
};
template <class T>
struct AsResult<Result<T>> {
  using type = Result<T>;
};
}  // namespace detail

// What `work` answers, or busy. (The text of what was thrown is about our inside, and to copy it could
// throw again.)
template <class Work>
typename detail::AsResult<decltype(std::declval<Work&>()())>::type guarded(Work&& work) {
  try {
    if constexpr (std::is_void_v<decltype(work())>) {
      work();
      return {};
    } else {
      return work();
    }
  } catch (const std::exception&) {
    return Error{Errc::busy, "out of memory"};
  }
}

}  // namespace dcmfs
