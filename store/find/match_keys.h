#pragma once
// The keys of a C-FIND identifier (PS3.4 C.2.2.1): attributes to match, and to answer. Those of
// sequences hold keys of their own (C.2.2.2.6). Decided here for data sets: worklist items, and
// what the index does not keep.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/dicom/dataset.h"
#include "store/dicom/match.h"
#include "store/find/moment_key.h"
#include "store/result.h"

namespace dcmfs {

// Keys of an identifier, those in items included.
inline constexpr std::size_t kKeysMax = 1000;
// Sequences in sequences.
inline constexpr int kKeyDepthMax = 8;

struct MatchKey {
  Tag tag;
  Vr vr = Vr::UN;
  std::string text;                     // the value asked for, UTF-8
  std::string creator;                  // of a private attribute (PS3.5 7.8.1)
  std::optional<Matcher> matcher;       // nullopt: everything matches
  std::vector<MatchKey> items;          // of a sequence: the keys of its one item; none: all of it
  std::vector<MomentKey> item_moments;  // what an item must match beside them

  // A range that ends before it begins: one of times may be a range with dates, one of DTs in the
  // zones of its ends. Its matcher is nullopt; see check_matched_alone().
  bool is_reversed = false;

  // Whether its value can be matched and answered here. If not everything matches, and it is left
  // out of the answer (PS3.4 C.2.2.1.3): bulk data, private attributes whose creator is not said.
  bool is_supported = true;

  bool is_universal() const;
};

// All but SpecificCharacterSet and group lengths, which are never matched. Errors: invalid_argument
// (the value is none that can be matched; a sequence of several items), too_large. They name the
// attribute alone.
Result<std::vector<MatchKey>> parse_keys(const Dataset& identifier, const MatchRules&);

bool matches(const MatchKey&, const Dataset&);
bool matches(const std::vector<MatchKey>&, const Dataset&);

// Of a key that nothing else is matched together with. invalid_argument: it, or one in its items, is
// reversed.
Result<> check_matched_alone(const MatchKey&);

// What the data set has for a key, as UTF-8: of a sequence the items that match, with the
// attributes that the key names. Empty where it has nothing.
Element selected(const MatchKey&, const Dataset&);
Dataset selected(const std::vector<MatchKey>&, const Dataset&);  // of those that are supported

}  // namespace dcmfs
