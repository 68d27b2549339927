#pragma once
// Keys of dates and times that are matched together or in the time zone of the request, as extended
// negotiation allows: combined date-time matching (PS3.4 C.2.2.2.5.4) and timezone query adjustment
// (C.2.2.2.1.3). All others are each matched alone, by the Matcher.
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/dicom/date_time.h"
#include "store/dicom/tag.h"

namespace dcmfs {

// A date and the time that belongs to it.
struct MomentPair {
  Tag date, time;
};
// nullptr: the attribute is of none.
const MomentPair* find_moment_pair(Tag);

class MomentKey {
 public:
  struct Asked {
    std::string date, time;  // the values of the two keys; "" is universal
    std::string offset;      // TimezoneOffsetFromUTC, if it is to adjust; else ""
    bool combined = false;   // combined matching is negotiated
  };
  // nullopt: they are matched each alone.
  static std::optional<MomentKey> of(const MomentPair&, const Asked&);
  // A DT key in the time zone of the request; nullopt if its ends have their own.
  static std::optional<MomentKey> of(Tag date_time, std::string_view key, std::string_view offset);

  // `value_of`: the stored value of an attribute, nullopt if absent. What has no
  // TimezoneOffsetFromUTC is taken to be in the zone of the request.
  using ValueOf = std::function<std::optional<std::string>(Tag)>;
  bool matches(const ValueOf&) const;

  // A DA key that matches every date whose moment can match; "" : all. For the index to narrow.
  std::string dates() const;

 private:
  MomentPair of_{};
  std::vector<Moments> moments_;  // DT; empty: any
  std::vector<Moments> times_;    // TM in the zone of the request; empty: any
  std::string offset_;            // of the request; "": nothing is adjusted
  std::string dates_;
  bool needs_time_ = false;    // an object without one does not match
  bool is_date_time_ = false;  // the attribute is of_.date alone
};

}  // namespace dcmfs
