#pragma once
// Attribute matching, PS3.4 C.2.2.2: the only implementation there is. C-FIND,
// QIDO-RS, /tools/find, dcmfs-find and find/ parse their own syntax into a
// Matcher; the index calls the same Matcher from SQL.
//
// Stored values are UTF-8, multiple values joined by '\'.
//
// Dates and times are compared by their meaning and precision (C.2.2.2.1.3): the key "07" is
// the hour from seven to eight, "0730-" begins at 073000; a stored "07" is 070000. A DT without
// an offset is UTC, and in a DT key "-0500" is an offset. IS, DS and the binary
// VRs are compared as numbers. Of the component groups of a name (PS3.5 6.2.1.1) a key with one
// group is compared with the alphabetic one, or with each if it has letters that are not
// Latin; in a key with several, empty groups and groups "*" do not count.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "store/dicom/date_time.h"
#include "store/dicom/tag.h"
#include "store/result.h"

namespace dcmfs {

class Dataset;

// What a data set says to a key of this attribute; nullopt: it is absent. Private attributes in implicit VR
// are UN; what is searched there is text.
std::optional<std::string> text_to_match(const Dataset&, Tag);

struct MatchRules {
  // PN is compared without case and accents (PS3.4 C.2.2.2.1 lets the SCP choose), the other text VRs
  // as they are; these two are for who wants it otherwise (Orthanc's /tools/find: one of them always).
  bool ignore_case = false;
  bool exact_names = false;  // nothing to fuzzy names
  // Family and given name by their beginnings, in any order (PS3.18 8.3.4.2 fuzzymatching).
  bool fuzzy_names = false;
  // '\' separates alternatives for every VR that has values to separate, not only UI (an extension that
  // many clients rely on; without negotiation the standard leaves it undefined, PS3.4 C.2.2.2.8).
  bool lists = true;
  // Text is what it says: no wildcards, "" in quotation marks is no empty value (nothing to names).
  bool literal = false;
};

class Matcher {
 public:
  // `key` as in a C-FIND identifier, UTF-8. invalid_argument where the VR does
  // not allow it (a range that is not one, letters for a number, a wildcard in a UID, SQ).
  static Result<Matcher> parse(Tag, std::string_view key, MatchRules = {});
  static Result<Matcher> parse(Vr, std::string_view key, MatchRules = {});

  // `stored`: nullopt if the attribute is absent. Any one value may match.
  bool matches(std::optional<std::string_view> stored) const;
  bool universal() const;  // a zero-length key or "*": matches everything

  // A half-open range [low, high) that contains every stored value that can
  // match, for an index to narrow its scan; it decides nothing. `folded` says
  // in which form: fold(value), or the value as stored. nullopt: cannot narrow.
  // True of one value in the form of normalise_value(): where several are stored
  // as one text, an index by that text must not be narrowed.
  struct Bounds {
    std::string low, high;  // high "" : no upper bound
    bool folded = false;
    bool exact = false;  // low is the one value that can match
  };
  std::optional<Bounds> bounds() const;
  // The values of a list of exact ones (UIDs), for an index look-up each; else empty.
  std::vector<std::string> exact_values() const;
  // A literal piece (folded, three letters or more) that every match contains, for a trigram index;
  // only where case does not matter.
  std::optional<std::string> infix() const;

 private:
  struct Universal {};
  struct EmptyValue {};  // "" in quotation marks: present but empty, or absent (PS3.4 C.2.2.2.7)
  struct OneOf {
    std::vector<std::string> values;
  };
  struct Wildcard {
    std::vector<std::string> patterns;
  };
  struct Ranges {
    std::vector<Moments> ranges;
  };
  struct Numbers {
    std::vector<double> numbers;
  };
  struct Fuzzy {
    std::vector<std::vector<std::string>> names;
  };  // each the words of one, as patterns
  using Kind = std::variant<Universal, EmptyValue, OneOf, Wildcard, Ranges, Numbers, Fuzzy>;

  static Result<Kind> parse_kind(Vr, const std::vector<std::string>& keys, const MatchRules&);
  bool matches_value(std::string_view value) const;
  bool matches_text(std::string_view text) const;  // folded, if folds()
  bool folds() const;                              // compares fold(key) with fold(value)
  bool is_found_folded() const;  // narrows by what is folded, whatever decides then

  Vr vr_ = Vr::LO;
  MatchRules rules_;
  Kind kind_;
};

// PS3.4 C.2.2.2.4: '*' any run of characters (also none), '?' one character (not byte).
bool matches_wildcard(std::string_view pattern, std::string_view text);
bool has_wildcard(std::string_view);

// DA, TM and DT as they sort and compare: "1995.09.03" is 19950903, "07:27" is
// 0727. Text that is none of them is returned as it is.
std::string normalise_date(std::string_view);
std::string normalise_time(std::string_view);
// A stored value (or several) in the form to keep in an index: composed (NFC), dates and times as above.
std::string normalise_value(Vr, std::string_view utf8);

}  // namespace dcmfs
