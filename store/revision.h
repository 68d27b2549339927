#pragma once
// How often something was overwritten, so that two who change it notice each other.
#include <array>
#include <cstdint>
#include <optional>

namespace dcmfs {

// Begins at 0, and anew when it was removed in between.
enum class Revision : std::int64_t {};
constexpr std::int64_t value(Revision revision) {
  return static_cast<std::int64_t>(revision);
}

// Of a content: what was removed and set again has the same revision, but another of these.
using Md5Sum = std::array<std::uint8_t, 16>;

// What must be there for a change to be made; else it is refused (already_exists).
class Expected {
 public:
  static constexpr Expected any() { return Expected(kAny); }
  static constexpr Expected absent() { return Expected(kAbsent); }
  // Without a sum: whatever its content is.
  static constexpr Expected revision(Revision revision, std::optional<Md5Sum> content = {}) {
    return Expected(value(revision), content);
  }
  // What never was there.
  static constexpr Expected impossible() { return Expected(kImpossible); }

  // `now`: the revision that is there; negative: nothing is.
  constexpr bool allows(std::int64_t now) const {
    return what_ == kAny || (what_ == kAbsent ? now < 0 : now == what_);
  }
  // What that must have as content beside it; nullopt: anything.
  constexpr const std::optional<Md5Sum>& content() const { return content_; }

 private:
  static constexpr std::int64_t kImpossible = -3, kAny = -2, kAbsent = -1;
  constexpr explicit Expected(std::int64_t what, std::optional<Md5Sum> content = {})
      : what_(what), content_(content) {}
  std::int64_t what_;
  std::optional<Md5Sum> content_;
};

}  // namespace dcmfs
