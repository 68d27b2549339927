#pragma once
// How often something was overwritten, so that two who change it notice each other.
#include <cstdint>

namespace dcmfs {

// Begins at 0, and anew when it was removed in between.
enum class Revision : std::int64_t {};
constexpr std::int64_t value(Revision revision) {
  return static_cast<std::int64_t>(revision);
}

// What must be there for a change to be made; else it is refused (already_exists).
class Expected {
 public:
  static constexpr Expected any() { return Expected(kAny); }
  static constexpr Expected absent() { return Expected(kAbsent); }
  static constexpr Expected revision(Revision revision) { return Expected(value(revision)); }

  // `now`: the revision that is there; negative: nothing is.
  constexpr bool allows(std::int64_t now) const {
    return what_ == kAny || (what_ == kAbsent ? now < 0 : now == what_);
  }

 private:
  static constexpr std::int64_t kAny = -2, kAbsent = -1;
  constexpr explicit Expected(std::int64_t what) : what_(what) {}
  std::int64_t what_;
};

}  // namespace dcmfs
