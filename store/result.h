#pragma once
// Result<T>: the value, or the one reason there is none.
//
// Every function that can fail for a reason outside the program returns one.
// A broken assumption of our own is an assert, never an Error.
#include <cassert>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace dcmfs {

// Chosen by what the caller can do about it. Each edge (errno, HTTP status,
// DIMSE status, exit code) translates it in one total switch.
enum class Errc : unsigned char {
  not_found,         // no such resource
  already_exists,    // the same identity is stored with other content
  invalid_argument,  // the request itself makes no sense
  not_dicom,         // the bytes do not even claim to be DICOM
  corrupt,           // the bytes claim to be what they are not
  not_supported,     // right, but this build cannot do it
  too_large,         // over a limit
  no_space,          // the disk is full
  over_quota,        // a configured limit on the store is reached
  denied,            // refused by policy
  io,                // the operating system failed us
  busy,              // someone else holds it; try again
  cancelled,
  timed_out,
};

struct [[nodiscard]] Error {
  Errc code;
  std::string message;  // for a person; never parsed, never patient data

  // The same error, told from further out: "where: message".
  Error in(std::string_view where) && {
    message.insert(0, std::string(where) + ": ");
    return std::move(*this);
  }
};

// Whether the file at hand is the reason, so that trying it again is in vain. Else the next file meets
// the same error: of a full disk, descriptors that are used up, a store that is read only.
bool is_about_the_file(Errc);

// The error of a failed system call. `what` names the thing, without patient data.
Error system_error(int errno_value, std::string_view what);

template <class T = void>
class [[nodiscard]] Result {
  using Value = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

 public:
  using value_type = T;

  Result() requires std::is_void_v<T>
  = default;
  template <class U = Value>
  requires(!std::is_void_v<T> && std::is_constructible_v<Value, U&&> &&
           !std::is_same_v<std::remove_cvref_t<U>, Error> &&
           !std::is_same_v<std::remove_cvref_t<U>, Result>) Result(U&& value)
      : state_(std::in_place_index<0>, std::forward<U>(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  Value& operator*() & { return *value(); }
  const Value& operator*() const& { return *const_cast<Result*>(this)->value(); }
  Value&& operator*() && { return std::move(*value()); }
  Value* operator->() { return value(); }
  const Value* operator->() const { return const_cast<Result*>(this)->value(); }

  const Error& error() const& { return *const_cast<Result*>(this)->failure(); }
  Error&& error() && { return std::move(*failure()); }

 private:
  Value* value() {
    assert(ok());
    return std::get_if<0>(&state_);
  }
  Error* failure() {
    assert(!ok());
    return std::get_if<1>(&state_);
  }

  std::variant<Value, Error> state_;
};

}  // namespace dcmfs

#define DCMFS_CONCAT_(a, b) a##b
#define DCMFS_CONCAT(a, b) DCMFS_CONCAT_(a, b)
#define DCMFS_TRY_(result, declaration, expression) \
  auto result = (expression);                       \
  if (!result) return std::move(result).error();    \
  declaration = *std::move(result)
// DCMFS_TRY(auto row, index.find(level, id));  declares row, or returns the error
#define DCMFS_TRY(declaration, expression) \
  DCMFS_TRY_(DCMFS_CONCAT(dcmfs_result_, __COUNTER__), declaration, expression)
// DCMFS_CHECK(index.commit());  returns the error, if any
#define DCMFS_CHECK_(result, expression)                                       \
  do {                                                                         \
    if (auto result = (expression); !result) return std::move(result).error(); \
  } while (false)
#define DCMFS_CHECK(expression) DCMFS_CHECK_(DCMFS_CONCAT(dcmfs_checked_, __COUNTER__), expression)
