#pragma once
// The bytes of a data set: the fixed ones, and binary numbers, which are little
// endian in memory and of either order in a file. Private to this folder.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "store/dicom/tag.h"

namespace dcmfs {

// PS3.10 7.1: what a file begins with.
inline constexpr std::size_t kPreambleBytes = 128;
inline constexpr std::string_view kPrefix = "DICM";
// PS3.5 7.1.2: the length field of an element that ends with a delimitation item.
inline constexpr std::uint32_t kUndefined = 0xffffffff;

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "values are kept little endian");

template <class T>
T load_little_endian(const char* bytes) {
  static_assert(std::is_arithmetic_v<T>);
  T number;
  std::memcpy(&number, bytes, sizeof number);
  return number;
}

inline std::uint16_t load16(const char* bytes, bool big_endian) {
  const auto number = load_little_endian<std::uint16_t>(bytes);
  return big_endian ? __builtin_bswap16(number) : number;
}

inline std::uint32_t load32(const char* bytes, bool big_endian) {
  const auto number = load_little_endian<std::uint32_t>(bytes);
  return big_endian ? __builtin_bswap32(number) : number;
}

template <class T>
void append_little_endian(std::string& out, T number) {
  static_assert(std::is_arithmetic_v<T>);
  char bytes[sizeof number];
  std::memcpy(bytes, &number, sizeof number);
  out.append(bytes, sizeof number);
}

// Calls `f` with a number of the type that values of this VR have (PS3.5 6.2). False, and it is not
// called: they are no numbers (AT is none).
template <class F>
bool with_number_type(Vr vr, F&& f) {
  switch (vr) {
    case Vr::FD:
      return f(double{}), true;
    case Vr::FL:
      return f(float{}), true;
    case Vr::SL:
      return f(std::int32_t{}), true;
    case Vr::SS:
      return f(std::int16_t{}), true;
    case Vr::SV:
      return f(std::int64_t{}), true;
    case Vr::UL:
      return f(std::uint32_t{}), true;
    case Vr::US:
      return f(std::uint16_t{}), true;
    case Vr::UV:
      return f(std::uint64_t{}), true;
    default:
      return false;
  }
}

// Reverses the bytes of each `unit` of them; a rest that is no whole unit stays.
inline void swap_bytes(char* bytes, std::size_t size, std::size_t unit) {
  if (unit < 2) return;
  for (char* end = bytes + size / unit * unit; bytes != end; bytes += unit) {
    for (std::size_t i = 0; i < unit / 2; ++i) {
      const char swapped = bytes[i];
      bytes[i] = bytes[unit - 1 - i];
      bytes[unit - 1 - i] = swapped;
    }
  }
}

}  // namespace dcmfs
